using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Products;

namespace GpuMlp.Kernels.Analyses.Similarity;

/// <summary>
/// Makes maps ready to be compared: ranks of their magnitudes, ties averaged, and magnitudes on the scale of the largest one. With
/// <see cref="SimilarityJob.IsComparison"/> it compares them with maps that are: maps never leave the device, only integers do.
/// </summary>
public sealed class SimilarityOperation : Operation<SimilarityJob>
{
    public static SimilarityOperation Instance { get; } = new();

    public override string Name => "Similarity";

    internal override void Check(SimilarityJob job)
    {
        Fit.CheckSame(job.Maps.Layout, job.Ranked.Layout, "ranked maps");
        job.Maps.Check(job.Ranked.Layout, job.Ranked.Images);
    }

    internal override void OnCpu(DeviceKernels kernels, SimilarityJob job) => kernels.Launch(new SimilarityCpu
    {
        Maps = job.Maps.Maps,
        Ranked = job.Ranked.Views,
        MapCount = job.Ranked.Maps,
        IsComparison = job.IsComparison ? 1 : 0,
    });

    // As many maps at once as there is memory for.
    internal override void OnGpu(GpuDevice device, SimilarityJob job)
    {
        RankedViews ranked = job.Ranked.Views;
        int all = job.Ranked.Maps, inputs = ranked.Shape.Inputs;
        int atOnce = (int)Math.Clamp(GpuWorkspace.MostFloats / (4L * inputs + ranked.Shape.Ints), 1, all);
        RankedViews beside = ranked;
        if (job.IsComparison)
        {
            beside.Words = device.Workspace.Take<int>("compared maps", (long)atOnce * ranked.Shape.Ints);
            beside.Facts = device.Workspace.Take<MapFacts>("compared maps' facts", atOnce);
        }
        for (int first = 0; first < all; first += atOnce)
        {
            int maps = Math.Min(atOnce, all - first);
            device.Launch(RankMapsGpu.Kernel, RankMapsGpu.Threads, maps, new RankMapsGpu
            {
                Maps = job.Maps.Maps,
                Ranked = beside,
                Keys = device.Workspace.Take<uint>("keys", 2L * atOnce * inputs),
                Indices = device.Workspace.Take<int>("key indices", 2L * atOnce * inputs),
                First = first,
                FirstRanked = job.IsComparison ? 0 : first,
            });
            if (!job.IsComparison)
                continue;
            device.Launch(CompareMapsGpu.Kernel, CompareMapsGpu.Threads, maps, new CompareMapsGpu
            {
                Ranked = ranked,
                Beside = beside,
                First = first,
                C1 = SimilarityMath.First(ranked.Shape.Height * ranked.Shape.Width),
                C2 = SimilarityMath.Second(ranked.Shape.Height * ranked.Shape.Width),
            });
        }
    }
}

/// <summary>What it is given.</summary>
public readonly record struct SimilarityJob(SaliencyBuffer Maps, RankedMaps Ranked, bool IsComparison);

/// <summary>How it is called.</summary>
public static class SimilarityKernels
{
    /// <summary>Takes maps in, to be compared with others later.</summary>
    /// <exception cref="ArgumentException">The maps are of another layout or number of images.</exception>
    public static void RankMaps(this DeviceKernels kernels, SaliencyBuffer maps, RankedMaps ranked) =>
        kernels.Run(SimilarityOperation.Instance, new SimilarityJob(maps, ranked, IsComparison: false));

    /// <summary>Compares maps with those that were taken in, each with that of its model and image.</summary>
    /// <inheritdoc cref="RankMaps(DeviceKernels, SaliencyBuffer, RankedMaps)"/>
    public static void CompareMaps(this DeviceKernels kernels, SaliencyBuffer maps, RankedMaps ranked) =>
        kernels.Run(SimilarityOperation.Instance, new SimilarityJob(maps, ranked, IsComparison: true));
}
