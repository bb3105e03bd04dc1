using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>gate q of one chunk in place of Z, on its own.</summary>
public sealed class OutputBackwardOperation : ChunkOperation
{
    public static OutputBackwardOperation Instance { get; } = new();

    public override string Name => "OutputBackward";

    internal override void OnCpu(DeviceKernels kernels, ChunkJob job) => kernels.Launch(
        new OutputBackwardCpu { Cohort = job.Cohort.Cohort, Scratch = job.Cohort.Scratch, Images = job.Images.Views, Chunk = job.Chunk });

    internal override void OnGpu(GpuDevice device, ChunkJob job) => device.Launch(
        OutputBackwardGpu.Kernel,
        OutputBackwardGpu.Threads,
        job.Cohort.Cohort.SlotCount,
        new OutputBackwardGpu
        {
            Cohort = job.Cohort.Cohort,
            Activations = job.Activations,
            Deltas = job.Cohort.Scratch.Logits,
            ValueStride = ChunkSchedule.ChunkRows,
            Rows = job.Place.Rows,
        });
}

/// <summary>How it is called.</summary>
public static class OutputBackwardKernels
{
    /// <summary>gate q (over Z) of one chunk from q and Z.</summary>
    public static void OutputBackward(this DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, int chunk) =>
        kernels.Run(OutputBackwardOperation.Instance, new ChunkJob(cohort, images, chunk));
}

/// <summary>A block of columns an item.</summary>
internal struct OutputBackwardCpu : ICpuJob
{
    public CohortViews Cohort;

    public ScratchViews Scratch;

    public ImageViews Images;

    public int Chunk;

    public readonly int Items => Cohort.BlockCount;

    public readonly void Run<T>(int item)
        where T : unmanaged, ILanes<T>
    {
        var block = new BlockPointers(Cohort, Scratch, item);
        OutputBackwardBody.Numbers<T>(block, new BlockWork(block, 0, withBackward: false).In(block), new ChunkPointers(Images, Chunk).Rows);
    }
}
