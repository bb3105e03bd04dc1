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

    internal override void OnGpu(GpuDevice device, ChunkJob job)
    {
        CohortViews cohort = job.Cohort.Cohort;
        if (cohort.Outputs > 1)
        {
            ClassPassGpu classes = ClassPassGpu.Of(job, GpuQuantise.Now(device, cohort));
            classes.Backs = 1;
            device.Launch(ClassPassGpu.Kernel, ClassPassGpu.Threads, classes.Groups, classes);
            return;
        }
        var backward = new OutputBackwardGpu
        {
            Cohort = cohort,
            Activations = job.Activations,
            Deltas = job.Cohort.Scratch.Logits,
            ValueStride = ChunkSchedule.ChunkRows,
            Rows = job.Place.Rows,
        };
        device.Launch(OutputBackwardGpu.Kernel, OutputBackwardGpu.Threads, cohort.SlotCount, backward);
    }
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
        BlockWork work = new BlockWork(block, 0, withBackward: false).In(block);
        var chunk = new ChunkPointers(Images, Chunk);
        if (block.Outputs == 1)
        {
            OutputBackwardBody.Numbers<T>(block, work, chunk.Rows);
            return;
        }
        QuantiseBody.Exponents<T>(block, work);
        ClassOutputBody.Numbers<T>(block, work, chunk);
    }
}
