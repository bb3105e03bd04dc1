namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>
/// Every pixel moved towards the image's mean grey level, as in the benchmark of Hendrycks and Dietterich (2019): mean + (1 - severity)
/// (pixel - mean). Severity: the share of the contrast that is lost, 0..1; at 1 the image is flat.
/// </summary>
internal sealed class Contrast : CorruptionKind<Contrast.Pixels>
{
    public override string Name => "contrast";

    public override string Unit => "share of the contrast that is lost";

    public override string Axis => "contrast lost";

    public override double Largest => 1;

    public override IReadOnlyList<double> Tried => [0.1, 0.75, 1];

    internal override int Key => 7;

    internal override void Set(ref CorruptArguments arguments, double severity) =>
        arguments.Scale = (int)Math.Round((1 - severity) * Pixels.One);

    internal struct Pixels : ICorruptedPixels<Pixels>
    {
        /// <summary>The whole contrast.</summary>
        public const int One = 1 << 16;

        // The sum is that of all threads of the image: up to 65,536 loads, for most images 784, which the cache serves.
        public static byte Pixel(in CorruptArguments a, int first, int number, int pixel)
        {
            int inputs = a.Rows * a.Columns, sum = 0;
            for (int i = 0; i < inputs; i++)
                sum += a.Source[first + i];
            return Flatten(a.Source[first + pixel], sum, inputs, a.Scale);
        }

        public static void Image(in CorruptArguments a, int first, int number, ReadOnlySpan<byte> source, Span<byte> target)
        {
            int sum = 0;
            foreach (byte pixel in source)
                sum += pixel;
            for (int pixel = 0; pixel < source.Length; pixel++)
                target[pixel] = Flatten(source[pixel], sum, source.Length, a.Scale);
        }

        // Over 2^16 times the pixels: at most 255 * 2^32 before the quotient, which is rounded once, half a level up.
        private static byte Flatten(int pixel, int sum, int inputs, int keep)
        {
            long whole = (long)One * inputs, value = ((long)keep * pixel * inputs) + ((long)(One - keep) * sum);
            return (byte)((value + (whole / 2)) / whole);
        }
    }
}
