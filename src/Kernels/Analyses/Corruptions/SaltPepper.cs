using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>Random pixels set to 0 or to 1, with equal chances. Severity: their expected share, 0..1.</summary>
internal sealed class SaltPepper : CorruptionKind<SaltPepper.Pixels>
{
    public override string Name => "salt-pepper";

    public override string Unit => "share of the pixels";

    public override string Axis => "share of the pixels";

    public override double Largest => 1;

    public override IReadOnlyList<double> Tried => [0.02, 1];

    internal override int Key => 3;

    internal override void Set(ref CorruptArguments arguments, double severity) => arguments.Threshold = CorruptTables.Threshold(severity);

    internal struct Pixels : ICorruptedPixels<Pixels>
    {
        public static byte Pixel(in CorruptArguments a, int first, int number, int pixel) => CorruptMath.SaltPepper(
            a.Source[first + pixel], CorruptMath.Word(CorruptMath.Words(pixel / 4, number, a), pixel % 4), a.Threshold);

        // A draw serves four pixels.
        public static void Image(in CorruptArguments a, int first, int number, ReadOnlySpan<byte> source, Span<byte> target)
        {
            PhiloxBlock words = default;
            for (int pixel = 0; pixel < source.Length; pixel++)
            {
                if (pixel % 4 == 0)
                    words = CorruptMath.Words(pixel / 4, number, a);
                target[pixel] = CorruptMath.SaltPepper(source[pixel], CorruptMath.Word(words, pixel % 4), a.Threshold);
            }
        }
    }
}
