using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>Products over the pixels that are not 0: the input-sparse form, for the CPUs that OpenCL offers.</summary>
internal sealed class GpuListProducts(GpuDevice device, GpuProductParts parts) : IGpuProducts
{
    private readonly GpuLauncher<HiddenForwardSparseGpu> _forward = new(device, HiddenForwardSparseGpu.Kernel, HiddenForwardSparseGpu.Threads);
    private readonly GpuLauncher<HiddenBackwardSparseGpu> _backward = new(device, HiddenBackwardSparseGpu.Kernel, HiddenBackwardSparseGpu.Threads);

    public void Forward(in BlockArguments arguments, in GpuWeights weights, in GpuImages run, in GpuActivations activations) => _forward.Launch(
        HiddenForwardSparseGpu.Groups(run.Rows, Vectors(arguments.Cohort)),
        new HiddenForwardSparseGpu
        {
            Cohort = arguments.Cohort,
            Weights = weights,
            Starts = arguments.Images.ImageStarts,
            Index = arguments.Images.ImageIndex,
            Value = arguments.Images.ImageValue,
            Activations = activations,
            First = run.First,
            Rows = run.Rows,
        });

    public void Backward(in BlockArguments arguments, in GpuImages run, in GpuActivations activations, ArrayView<long> sums, bool goesOn)
    {
        var job = new HiddenBackwardSparseGpu
        {
            Cohort = arguments.Cohort,
            Starts = arguments.Images.PixelStarts,
            Index = arguments.Images.PixelIndex,
            Value = arguments.Images.PixelValue,
            FirstChunk = run.Chunk,
            Activations = activations,
        };
        int inputs = arguments.Cohort.Inputs, vectors = Vectors(arguments.Cohort);
        parts.Run(run.Rows, sums, goesOn, HiddenBackwardSparseGpu.Groups(inputs, vectors, 1), (dealt, target, adds) =>
            _backward.Launch(
                HiddenBackwardSparseGpu.Groups(inputs, vectors, dealt.Count), job with { Parts = dealt, Sums = target, GoesOn = adds ? 1 : 0 }));
    }

    private static int Vectors(in CohortViews cohort) => cohort.Vectors.IntLength / ColumnLayout.VectorFields;
}
