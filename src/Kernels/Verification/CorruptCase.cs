using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Reference;

namespace GpuMlp.Kernels.Verification;

/// <summary>Corrupted images beside the double reference.</summary>
internal static class CorruptCase
{
    public static readonly Corruption[] Corruptions =
        [.. CorruptionKind.All.SelectMany(kind => kind.Tried.Select(severity => new Corruption(kind, severity)))];

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
                    Check.Near(
                        $"{rows} x {columns}, image {n}: {corruption}",
                        expected,
                        [.. actual[image].Select(value => (double)value)],
                        [ReferenceCorruption.Bound(corruption)]);
                }
            }
        }
    }

    public static CorruptionSource Source(ComputeDevice device, int rows, int columns, int images) =>
        new(device, Pixels(rows, columns, images), rows, columns, [.. Enumerable.Range(0, images).Select(Number)]);

    public static int Number(int image) => 59_999 - (7 * image);

    public static byte[] Pixels(int rows, int columns, int images) => Samples.Pixels(images, rows * columns, seed: rows);
}
