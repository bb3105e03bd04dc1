using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Reference;

namespace GpuMlp.Kernels.Verification;

/// <summary>Corrupted images beside the double reference.</summary>
internal static class CorruptCase
{
    public static readonly Corruption[] Corruptions =
    [
        new(CorruptionKind.Gaussian, 0.1), new(CorruptionKind.Gaussian, 0.5), new(CorruptionKind.Gaussian, 10),
        new(CorruptionKind.Occlusion, 1), new(CorruptionKind.Occlusion, 7), new(CorruptionKind.Occlusion, 256),
        new(CorruptionKind.SaltPepper, 0.02), new(CorruptionKind.SaltPepper, 1),
        new(CorruptionKind.Blur, 0.1), new(CorruptionKind.Blur, 1), new(CorruptionKind.Blur, 2.5), new(CorruptionKind.Blur, 10),
        new(CorruptionKind.Rotation, 1), new(CorruptionKind.Rotation, 30), new(CorruptionKind.Rotation, 90), new(CorruptionKind.Rotation, 180),
        new(CorruptionKind.Translation, 1), new(CorruptionKind.Translation, 5), new(CorruptionKind.Translation, 200),
    ];

    // Squares, rectangles, single rows and pixels, sizes that four does not divide, the widest there are.
    public static readonly (int Rows, int Columns, int Images)[] Shapes =
        [(28, 28, 40), (1, 1, 9), (1, 7, 5), (5, 3, 17), (9, 31, 3), (33, 2, 4), (256, 3, 2), (3, 256, 2)];

    /// <summary>All kinds on all shapes against the double reference: for the catalogue.</summary>
    public static void Compare(DeviceKernels kernels)
    {
        foreach ((int rows, int columns, int images) in Shapes)
        {
            byte[] pixels = Pixels(rows, columns, images);
            using CorruptionSource source = Source(kernels.Device, rows, columns, images);
            foreach (Corruption corruption in Corruptions)
            {
                byte[] actual = kernels.Corrupt(source, corruption);
                for (int n = 0; n < images; n++)
                {
                    Range image = (n * rows * columns)..((n + 1) * rows * columns);
                    double[] expected = ReferenceCorruption.Apply(pixels.AsSpan(image), rows, columns, Number(n), corruption);
                    Check.Near($"{rows} x {columns}, image {n}: {corruption}", expected, [.. actual[image].Select(value => (double)value)], [Bound(corruption)]);
                }
            }
        }
    }

    // Half a grey level for the last rounding, and what fixed point leaves out.
    private static double Bound(Corruption corruption) => corruption.Kind switch
    {
        // The table's error, and sigma to 2^-17 grey levels times the largest normal number.
        CorruptionKind.Gaussian => 0.5 + (255 * corruption.Severity * GaussianTable.LargestError) + 1e-4,

        // Two axes, each with the error of its rounded weights.
        CorruptionKind.Blur => 0.5 + (255 * 2 * WeightError(corruption.Severity)) + 1e-6,

        // Two axes, each place to 2^-12 pixel, and sine and cosine to 2^-21 times a coordinate.
        CorruptionKind.Rotation => 0.5 + (255 * 2 * ((1.0 / (1 << 12)) + (256.0 * 2 / (1 << 21)))),
        _ => 0,
    };

    private static double WeightError(double sigma)
    {
        int[] rounded = CorruptTables.BlurWeights(sigma);
        double[] exact = [.. rounded.Select((_, d) => sigma == 0 ? 1 : Math.Exp(-d * d / (2 * sigma * sigma)))];
        double sum = exact[0] + (2 * exact.Skip(1).Sum());
        double error = rounded.Select((weight, d) => (d == 0 ? 1 : 2) * Math.Abs((weight / 4096.0) - (exact[d] / sum))).Sum();
        Check.True(error < 0.01, $"weights of a blur of {sigma} pixels are off by {error}");
        return error;
    }

    public static CorruptionSource Source(ComputeDevice device, int rows, int columns, int images) =>
        new(device, Pixels(rows, columns, images), rows, columns, [.. Enumerable.Range(0, images).Select(Number)]);

    public static int Number(int image) => 59_999 - (7 * image);

    public static byte[] Pixels(int rows, int columns, int images) => Samples.Pixels(images, rows * columns, seed: rows);
}
