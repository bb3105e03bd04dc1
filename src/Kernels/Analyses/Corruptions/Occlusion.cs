namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>One square, wholly inside and at a random place, set to 0. Severity: its side in pixels.</summary>
internal sealed class Occlusion : CorruptionKind<Occlusion.Pixels>
{
    public override string Name => "occlusion";

    public override string Unit => "side of the square in pixels";

    public override string Axis => "side of the black square (pixels)";

    public override double Largest => 256;

    public override bool IsWhole => true;

    public override int Directions => 1;

    public override IReadOnlyList<double> Tried => [1, 7, 256];

    internal override int Key => 2;

    internal override void Set(ref CorruptArguments arguments, double severity) => arguments.Size = (int)severity;

    internal struct Pixels : ICorruptedPixels<Pixels>
    {
        public static byte Pixel(in CorruptArguments a, int first, int number, int pixel)
        {
            int row = pixel / a.Columns, column = pixel % a.Columns;
            int height = a.Size < a.Rows ? a.Size : a.Rows, width = a.Size < a.Columns ? a.Size : a.Columns;
            int top = CorruptMath.Lot(a.Rows - height + 1, 0, number, a), left = CorruptMath.Lot(a.Columns - width + 1, 1, number, a);
            bool hidden = row >= top && row < top + height && column >= left && column < left + width;
            return hidden ? (byte)0 : a.Source[first + pixel];
        }

        public static void Image(in CorruptArguments a, int first, int number, ReadOnlySpan<byte> source, Span<byte> target)
        {
            int height = Math.Min(a.Size, a.Rows), width = Math.Min(a.Size, a.Columns);
            int top = CorruptMath.Lot(a.Rows - height + 1, 0, number, a), left = CorruptMath.Lot(a.Columns - width + 1, 1, number, a);
            source.CopyTo(target);
            for (int row = top; row < top + height; row++)
                target.Slice((row * a.Columns) + left, width).Clear();
        }
    }
}
