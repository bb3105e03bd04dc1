using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>Products over the pixels that are not 0: the input-sparse form, for the CPUs that OpenCL offers.</summary>
/// <param name="images">Of a set in that form.</param>
internal sealed class GpuListProducts(GpuDevice device, ImageViews images) : IGpuProducts
{
    public void Forward(in CohortViews cohort, in GpuWeights weights, in GpuImages run, in GpuActivations activations) => device.Launch(
        HiddenForwardSparseGpu.Kernel,
        HiddenForwardSparseGpu.Threads,
        HiddenForwardSparseGpu.Groups(run.Rows, cohort.VectorCount),
        new HiddenForwardSparseGpu
        {
            Cohort = cohort,
            Weights = weights,
            Starts = images.ImageStarts,
            Index = images.ImageIndex,
            Value = images.ImageValue,
            Activations = activations,
            First = run.First,
            Rows = run.Rows,
        });

    public void Backward(in CohortViews cohort, in GpuImages run, in GpuActivations activations, ArrayView<long> sums, bool goesOn)
    {
        var job = new HiddenBackwardSparseGpu
        {
            Cohort = cohort,
            Starts = images.PixelStarts,
            Index = images.PixelIndex,
            Value = images.PixelValue,
            FirstChunk = run.Chunk,
            Activations = activations,
        };
        int inputs = cohort.Inputs, vectors = cohort.VectorCount;
        GpuProductParts.Run(device, run.Rows, sums, goesOn, HiddenBackwardSparseGpu.Groups(
            inputs,
            vectors,
            1), (dealt, target, adds) => device.Launch(
            HiddenBackwardSparseGpu.Kernel,
            HiddenBackwardSparseGpu.Threads,
            HiddenBackwardSparseGpu.Groups(inputs, vectors, dealt.Count),
            job with { Parts = dealt, Sums = target, GoesOn = adds ? 1 : 0 }));
    }
}
