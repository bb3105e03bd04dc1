using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>Products over all pixels, in tiles: plain 64-bit integers, on any GPU.</summary>
internal sealed class GpuTileProducts(GpuDevice device, GpuProductParts parts) : IGpuProducts
{
    // A forward product of at most so many images and so few tiles leaves processors idle, and is cut finer.
    private const int SmallRows = 128, FewGroups = GpuProductParts.EnoughGroups / 8;

    private readonly GpuLauncher<HiddenForwardGpu> _forward = new(device, HiddenForwardGpu.Kernel, TileProduct.Threads);
    private readonly GpuLauncher<HiddenForwardSmallGpu> _forwardSmall = new(device, HiddenForwardSmallGpu.Kernel, HiddenForwardSmallGpu.Threads);
    private readonly GpuLauncher<HiddenBackwardGpu> _backward = new(device, HiddenBackwardGpu.Kernel, TileProduct.Threads);

    /// <summary>False computes small batches in large tiles; no bit depends on it.</summary>
    public bool SplitsSmall { get; set; } = true;

    public void Forward(in BlockArguments arguments, in GpuWeights weights, in GpuImages run, in GpuActivations activations)
    {
        int vectors = Vectors(arguments.Cohort), groups = TileProduct.Groups(run.Rows, vectors, parts: 1);
        if (run.Rows <= SmallRows && groups < FewGroups && SplitsSmall)
        {
            _forwardSmall.Launch(
                HiddenForwardSmallGpu.Groups(run.Rows, vectors),
                new HiddenForwardSmallGpu { Cohort = arguments.Cohort, Weights = weights, Images = run, Activations = activations });
            return;
        }
        _forward.Launch(groups, new HiddenForwardGpu { Cohort = arguments.Cohort, Weights = weights, Images = run, Activations = activations });
    }

    public void Backward(in BlockArguments arguments, in GpuImages run, in GpuActivations activations, ArrayView<long> sums, bool goesOn)
    {
        var job = new HiddenBackwardGpu { Cohort = arguments.Cohort, Images = run, Activations = activations };
        int rows = job.RowCount, vectors = Vectors(arguments.Cohort);
        parts.Run(run.Rows, sums, goesOn, TileProduct.Groups(rows, vectors, 1), (dealt, target, adds) =>
            _backward.Launch(TileProduct.Groups(rows, vectors, dealt.Count), job with { Parts = dealt, Sums = target, GoesOn = adds ? 1 : 0 }));
    }

    private static int Vectors(in CohortViews cohort) => cohort.Vectors.IntLength / ColumnLayout.VectorFields;
}
