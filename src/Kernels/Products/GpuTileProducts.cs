using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>Products over all pixels, in tiles: plain 64-bit integers, on any GPU.</summary>
internal sealed class GpuTileProducts(GpuDevice device) : IGpuProducts
{
    // A forward product of at most so many images and so few tiles leaves processors idle, and is cut finer.
    private const int SmallRows = 128, FewGroups = GpuProductParts.EnoughGroups / 8;

    public void Forward(in CohortViews cohort, in GpuWeights weights, in GpuImages run, in GpuActivations activations)
    {
        int vectors = cohort.VectorCount, groups = TileProduct.Groups(run.Rows, vectors, parts: 1);
        if (run.Rows <= SmallRows && groups < FewGroups && device.Tuning.SplitsSmall)
        {
            device.Launch(
                HiddenForwardSmallGpu.Kernel,
                HiddenForwardSmallGpu.Threads,
                HiddenForwardSmallGpu.Groups(run.Rows, vectors),
                new HiddenForwardSmallGpu { Cohort = cohort, Weights = weights, Images = run, Activations = activations });
            return;
        }
        device.Launch(
            HiddenForwardGpu.Kernel,
            TileProduct.Threads,
            groups,
            new HiddenForwardGpu { Cohort = cohort, Weights = weights, Images = run, Activations = activations });
    }

    public void Backward(in CohortViews cohort, in GpuImages run, in GpuActivations activations, ArrayView<long> sums, bool goesOn)
    {
        var job = new HiddenBackwardGpu { Cohort = cohort, Images = run, Activations = activations };
        int rows = job.RowCount, vectors = cohort.VectorCount;
        GpuProductParts.Run(device, run.Rows, sums, goesOn, TileProduct.Groups(rows, vectors, 1), (dealt, target, adds) => device.Launch(
            HiddenBackwardGpu.Kernel,
            TileProduct.Threads,
            TileProduct.Groups(rows, vectors, dealt.Count),
            job with { Parts = dealt, Sums = target, GoesOn = adds ? 1 : 0 }));
    }
}
