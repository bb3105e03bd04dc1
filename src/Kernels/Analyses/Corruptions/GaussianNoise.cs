using System.Numerics;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>Normal noise on every pixel, clipped to 0..1. Severity: its standard deviation on the scale 0..1.</summary>
internal sealed class GaussianNoise : CorruptionKind<GaussianNoise.Pixels>
{
    public override string Name => "gaussian";

    public override string Unit => "standard deviation on the scale 0..1";

    public override string Axis => "sigma of the noise (white = 1)";

    public override double Largest => 10;

    public override IReadOnlyList<double> Tried => [0.1, 0.5, 10];

    internal override int Key => 1;

    internal override int[] Table(double severity) => GaussianTable.Create();

    internal override void Set(ref CorruptArguments arguments, double severity) => arguments.Scale = CorruptTables.Sigma(severity);

    internal struct Pixels : ICorruptedPixels<Pixels>
    {
        public static byte Pixel(in CorruptArguments a, int first, int number, int pixel) => CorruptMath.AddNoise(
            a.Source[first + pixel],
            NormalPlace.Fixed(CorruptMath.Word(CorruptMath.Words(pixel / 4, number, a), pixel % 4), a.Table),
            a.Scale);

        // A draw serves four pixels.
        public static unsafe void Image(in CorruptArguments a, int first, int number, ReadOnlySpan<byte> source, Span<byte> target)
        {
            int* table = BlockPointers.Pointer(a.Table);
            for (int pixel = 0; pixel < source.Length; pixel++)
            {
                PhiloxBlock words = CorruptMath.Words(pixel / 4, number, a);
                for (int end = Math.Min(pixel + 4, source.Length), word = 0; ; word++)
                {
                    uint bits = CorruptMath.Word(words, word);
                    int z = NormalPlace.Of(bits, BitOperations.LeadingZeroCount(NormalPlace.Tail(bits))).Value(table);
                    target[pixel] = CorruptMath.AddNoise(source[pixel], z, a.Scale);
                    if (pixel + 1 == end)
                        break;
                    pixel++;
                }
            }
        }
    }
}
