namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>Turned about the centre, clockwise or not at random, bilinear; what comes in is 0. Severity: degrees.</summary>
internal sealed class Rotation : CorruptionKind<Rotation.Pixels>
{
    public override string Name => "rotation";

    public override string Unit => "degrees";

    public override string Axis => "angle (degrees)";

    public override double Largest => 180;

    public override int Directions => 2;

    public override IReadOnlyList<double> Tried => [1, 30, 90, 180];

    internal override int Key => 5;

    internal override void Set(ref CorruptArguments arguments, double severity) =>
        (arguments.Scale, arguments.Cosine) = CorruptTables.Angle(severity);

    internal struct Pixels : ICorruptedPixels<Pixels>
    {
        public static byte Pixel(in CorruptArguments a, int first, int number, int pixel)
        {
            int sine = CorruptMath.Lot(2, 0, number, a) == 0 ? a.Scale : -a.Scale;
            (int y, int x, int rowFraction, int columnFraction) =
                CorruptMath.Turned(pixel / a.Columns, pixel % a.Columns, a.Rows, a.Columns, sine, a.Cosine);
            return CorruptMath.Between(
                CorruptMath.At(a, first, y, x),
                CorruptMath.At(a, first, y, x + 1),
                CorruptMath.At(a, first, y + 1, x),
                CorruptMath.At(a, first, y + 1, x + 1),
                rowFraction,
                columnFraction);
        }

        // The sense is drawn once.
        public static void Image(in CorruptArguments a, int first, int number, ReadOnlySpan<byte> source, Span<byte> target)
        {
            int sine = CorruptMath.Lot(2, 0, number, a) == 0 ? a.Scale : -a.Scale;
            for (int row = 0, pixel = 0; row < a.Rows; row++)
            {
                for (int column = 0; column < a.Columns; column++, pixel++)
                {
                    (int y, int x, int rowFraction, int columnFraction) = CorruptMath.Turned(
                        row,
                        column,
                        a.Rows,
                        a.Columns,
                        sine,
                        a.Cosine);
                    target[pixel] = CorruptMath.Between(
                        CorruptMath.At(a, source, y, x),
                        CorruptMath.At(a, source, y, x + 1),
                        CorruptMath.At(a, source, y + 1, x),
                        CorruptMath.At(a, source, y + 1, x + 1),
                        rowFraction,
                        columnFraction);
                }
            }
        }
    }
}
