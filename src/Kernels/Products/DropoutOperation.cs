using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>Units of one chunk that training drops, on its own; training does it between Z and the logits.</summary>
public sealed class DropoutOperation : Operation<DropoutJob>
{
    public static DropoutOperation Instance { get; } = new();

    public override string Name => "Dropout";

    public override bool HasWidths => false;

    internal override ComputeDevice? DeviceOf(DropoutJob job) => job.Chunk.Cohort.Device;

    internal override void Check(DropoutJob job)
    {
        Fit.Check(job.Chunk.Cohort.Layout, job.Chunk.Images);
        Fit.Check(job.Chunk.Images, job.Chunk.Chunk);
        Fit.CheckTrainable(job.Chunk.Images);
        Fit.CheckEpoch(job.Epoch);
    }

    internal override void OnCpu(DeviceKernels kernels, DropoutJob job)
    {
        if (job.Chunk.Cohort.Drops)
        {
            kernels.Launch(new DropoutCpu
            {
                Cohort = job.Chunk.Cohort.Cohort,
                Scratch = job.Chunk.Cohort.Scratch,
                Images = job.Chunk.Images.Views,
                Chunk = job.Chunk.Chunk,
                Epoch = job.Epoch,
            });
        }
    }

    internal override void OnGpu(GpuDevice device, DropoutJob job) =>
        Run(device, job.Chunk.Cohort.Cohort, job.Chunk.Run, job.Chunk.Activations, job.Epoch);

    /// <summary>Starts it where any model drops units.</summary>
    internal static void Run(GpuDevice device, in CohortViews cohort, in GpuImages run, in GpuActivations activations, int epoch)
    {
        if (cohort.Learning.Drops == 0)
            return;
        var dropout = new DropoutGpu { Cohort = cohort, Images = run, Activations = activations, Epoch = epoch };
        device.Launch(DropoutGpu.Kernel, DropoutGpu.Threads, dropout.Groups, dropout);
    }
}

/// <summary>What it is given.</summary>
/// <param name="Chunk">Z lies in the cohort's scratch.</param>
/// <param name="Epoch">From 0.</param>
public readonly record struct DropoutJob(ChunkJob Chunk, int Epoch);

/// <summary>How it is called.</summary>
public static class DropoutKernels
{
    /// <summary>Z of one chunk as a step of training in an epoch has it, in the cohort's scratch.</summary>
    /// <param name="epoch">0 to 2^24 - 1.</param>
    public static void Dropout(this DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, int chunk, int epoch) =>
        kernels.Run(DropoutOperation.Instance, new DropoutJob(new ChunkJob(cohort, images, chunk), epoch));
}

/// <summary>A block of columns an item.</summary>
internal struct DropoutCpu : ICpuJob
{
    public CohortViews Cohort;

    public ScratchViews Scratch;

    public ImageViews Images;

    public int Chunk, Epoch;

    public readonly int Items => Cohort.BlockCount;

    public readonly void Run<T>(int item)
        where T : unmanaged, ILanes<T>
    {
        var block = new BlockPointers(Cohort, Scratch, item);
        BlockWork work = new BlockWork(block, 0, withBackward: false).In(block);
        QuantiseBody.Exponents<T>(block, work);
        DropoutBody.Run(Cohort.Learning, block, work, new ChunkPointers(Images, Chunk), Epoch);
    }
}
