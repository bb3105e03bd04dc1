using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// The two products over a run of images on a GPU: where kernels of a kind of device find their place. Integers, so all have the same bits.
/// </summary>
internal interface IGpuProducts
{
    /// <summary>Z of all columns from Wq.</summary>
    void Forward(in CohortViews cohort, in GpuWeights weights, in GpuImages run, in GpuActivations activations);

    /// <summary>G from gate q.</summary>
    /// <param name="sums">[D + 1, stride] block after block.</param>
    /// <param name="goesOn">Adds to the sums, as later runs of a batch do.</param>
    void Backward(in CohortViews cohort, in GpuImages run, in GpuActivations activations, ArrayView<long> sums, bool goesOn);
}

/// <summary>What runs of images have in common on a GPU.</summary>
internal static class GpuProducts
{
    /// <summary>The products of the images' form.</summary>
    public static IGpuProducts Of(GpuDevice device, DeviceImages images) => images.Form == KernelForm.InputSparse
        ? new GpuListProducts(device, images.Views)
        : new GpuTileProducts(device);

    /// <summary>Images of a run: whole chunks, as many as there is memory for. No bit depends on it.</summary>
    public static int RowsAtOnce(GpuDevice device, in CohortViews cohort)
    {
        long fit = GpuWorkspace.MostFloats / (ChunkSchedule.ChunkRows * cohort.B1.Length);
        return ChunkSchedule.ChunkRows * (int)Math.Clamp(fit, 1, Math.Min(device.Tuning.MostSegments, 1 << 22));
    }

    /// <summary>Room for Z, then gate q, of so many images.</summary>
    public static GpuActivations Activations(GpuDevice device, in CohortViews cohort, int rows) =>
        new() { Values = device.Workspace.Take<float>("activations", rows * cohort.B1.Length), Capacity = rows };

    /// <summary>Logits from Z.</summary>
    /// <param name="values">[slot, O, stride], from <paramref name="offset"/> on.</param>
    public static void Logits(
        GpuDevice device, in CohortViews cohort, ArrayView<int> failed, in GpuActivations activations, int rows,
        ArrayView<float> values, int stride, int offset)
    {
        var job = new OutputForwardGpu
        {
            Cohort = cohort,
            Activations = activations,
            Failed = failed,
            Values = values,
            ValueStride = stride,
            ValueOffset = offset,
            Rows = rows,
        };
        device.Launch(OutputForwardGpu.Kernel, OutputForwardGpu.Threads, job.Groups, job);
    }
}
