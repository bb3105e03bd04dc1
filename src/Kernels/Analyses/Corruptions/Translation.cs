namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>Moved up, down, left or right at random; what comes in is 0. Severity: pixels.</summary>
internal sealed class Translation : CorruptionKind<Translation.Pixels>
{
    public override string Name => "translation";

    public override string Unit => "pixels";

    public override string Axis => "shift (pixels)";

    public override double Largest => 256;

    public override bool IsWhole => true;

    public override int Directions => 2;

    public override IReadOnlyList<double> Tried => [1, 5, 200];

    internal override int Key => 6;

    internal override void Set(ref CorruptArguments arguments, double severity) => arguments.Size = (int)severity;

    internal struct Pixels : ICorruptedPixels<Pixels>
    {
        public static byte Pixel(in CorruptArguments a, int first, int number, int pixel)
        {
            (int rows, int columns) = CorruptMath.Shift(CorruptMath.Lot(4, 0, number, a), a.Size);
            return CorruptMath.At(a, first, (pixel / a.Columns) - rows, (pixel % a.Columns) - columns);
        }

        // The direction is drawn once.
        public static void Image(in CorruptArguments a, int first, int number, ReadOnlySpan<byte> source, Span<byte> target)
        {
            (int rows, int columns) = CorruptMath.Shift(CorruptMath.Lot(4, 0, number, a), a.Size);
            for (int row = 0, pixel = 0; row < a.Rows; row++)
            {
                for (int column = 0; column < a.Columns; column++, pixel++)
                    target[pixel] = CorruptMath.At(a, source, row - rows, column - columns);
            }
        }
    }
}
