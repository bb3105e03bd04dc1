using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Analyses.Similarity;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Reference;

namespace GpuMlp.Kernels.Verification;

/// <summary>Comparisons of maps of every kind beside the reference, in double within bounds and in integers exactly.</summary>
internal static class SimilarityCase
{
    // Levels have 15 bits and products of them 26, where the reference has float64.
    private const double SsimTolerance = 2e-5;

    // MNIST's, smaller than a window, one row, one pixel, around a vector of sixteen, the widest.
    public static readonly (int Rows, int Columns)[] Shapes =
        [(28, 28), (7, 7), (5, 13), (1, 9), (1, 1), (2, 30), (16, 16), (9, 17), (33, 8), (3, 256)];

    private static readonly Remembered<(int Rows, int Columns), Expected[]> s_expected = new(shape => Expect(shape.Rows, shape.Columns));

    public static void Compare(DeviceKernels kernels)
    {
        foreach ((int rows, int columns) in Shapes)
            Compare(kernels, rows, columns);
    }

    private static void Compare(DeviceKernels kernels, int rows, int columns)
    {
        Expected[] expected = s_expected.Of((rows, columns));
        MapComparison[] actual = Run(kernels, rows, columns, Pairs(rows, columns), out MapSimilarity[][] similarities);
        for (int i = 0; i < expected.Length; i++)
        {
            string name = $"{rows} x {columns}, pair {i}";
            if (expected[i].Exact is not { } exact)
            {
                Check.Equal(MapSimilarity.NotANumber, similarities[0][i]);
                continue;
            }
            Check.Equal(exact, actual[i]);
            Check.Near($"{name}: Spearman", expected[i].Similarity.Spearman, similarities[0][i].Spearman, 1e-12);
            Check.Near($"{name}: SSIM", expected[i].Similarity.Ssim, similarities[0][i].Ssim, SsimTolerance);
            Check.Near($"{name}: top", expected[i].Similarity.TopIou, similarities[0][i].TopIou, 1e-15);
        }
    }

    private static Expected[] Expect(int rows, int columns) => AllCores.Each(Pairs(rows, columns), pair =>
    {
        (float[] a, float[] b) = pair;
        return a.Concat(b).All(float.IsFinite)
            ? new Expected(
                ReferenceSimilarity.Exact(a, b, rows, columns),
                ReferenceSimilarity.Of(Check.Widen(a), Check.Widen(b), rows, columns))
            : new Expected(null, MapSimilarity.NotANumber);
    });

    /// <summary>One model, an image a pair.</summary>
    public static MapComparison[] Run(
        DeviceKernels kernels, int rows, int columns, (float[] First, float[] Second)[] pairs, out MapSimilarity[][] similarities)
    {
        ComputeDevice device = kernels.Device;
        var layout = ColumnLayout.Create([1], rows * columns, device.LayoutWays);
        using var maps = new SaliencyBuffer(device, layout, pairs.Length);
        using var ranked = new RankedMaps(device, layout, pairs.Length, rows, columns);
        device.Write<float>(maps.Maps, [.. pairs.SelectMany(pair => pair.First)]);
        kernels.RankMaps(maps, ranked);
        device.Write<float>(maps.Maps, [.. pairs.SelectMany(pair => pair.Second)]);
        kernels.CompareMaps(maps, ranked);
        similarities = ranked.Download();
        return ranked.DownloadPairs();
    }

    // From all different to nearly all tied, zeros among them; flat, tiny and huge; one pixel far above all others; not finite.
    private static (float[] First, float[] Second)[] Pairs(int rows, int columns)
    {
        var random = new Random(rows);
        int inputs = rows * columns;
        float[] Map(int kinds) => [.. Enumerable.Range(0, inputs).Select(_ => (random.Next(2 * kinds) - kinds) / (float)kinds)];
        float[] Times(float[] map, float factor) => [.. map.Select(value => value * factor)];
        float[] With(float[] map, int place, float value) => [.. map.Select((old, i) => i == place % inputs ? value : old)];
        float[] many = Map(1_000_000), others = Map(1_000_000), few = Map(3), zero = new float[inputs];
        float[] flat = [.. Enumerable.Repeat(-0.3f, inputs)], near = [.. many.Zip(others, (x, y) => x + (y / 3))];
        return
        [
            (many, others), (many, near), (Map(100), Map(100)), (few, Map(2)), (Map(1), few), (many, Times(many, -4)), (few, few),
            (Times(few, 1e-38f), Times(few, -3e38f)), (Times(many, 1e-44f), many), (zero, zero), (zero, few), (flat, zero), (many, flat),
            (flat, Times(flat, -7)), (With(Times(many, 1e-6f), 40, 1), near), (With(few, 3, float.NaN), few),
            (few, With(many, 5, float.NegativeInfinity)), (With(many, 0, float.PositiveInfinity), few),
        ];
    }

    // Exact is null where a map is not finite.
    private sealed record Expected(MapComparison? Exact, MapSimilarity Similarity);
}
