using GpuMlp.Kernels.Memory;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>The two products over a run of images on a GPU: where kernels of a kind of device find their place. Integers, so all have the same bits.</summary>
internal interface IGpuProducts
{
    /// <summary>Z of all columns from Wq.</summary>
    void Forward(in BlockArguments arguments, in GpuWeights weights, in GpuImages run, in GpuActivations activations);

    /// <summary>G from gate q.</summary>
    /// <param name="sums">[D + 1, stride] block after block.</param>
    /// <param name="goesOn">Adds to the sums, as later runs of a batch do.</param>
    void Backward(in BlockArguments arguments, in GpuImages run, in GpuActivations activations, ArrayView<long> sums, bool goesOn);
}
