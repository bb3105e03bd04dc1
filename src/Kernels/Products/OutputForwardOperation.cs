using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>Logits of one chunk from Z, on its own.</summary>
public sealed class OutputForwardOperation : ChunkOperation
{
    public static OutputForwardOperation Instance { get; } = new();

    public override string Name => "OutputForward";

    internal override void OnCpu(DeviceKernels kernels, ChunkJob job) => kernels.Launch(
        new OutputForwardCpu { Cohort = job.Cohort.Cohort, Scratch = job.Cohort.Scratch, Images = job.Images.Views, Chunk = job.Chunk });

    internal override void OnGpu(GpuDevice device, ChunkJob job)
    {
        CohortViews cohort = job.Cohort.Cohort;
        ArrayView<int> failed = GpuQuantise.Now(device, cohort).Failed;
        GpuProducts.Logits(device, cohort, failed, job.Activations, job.Place.Rows, job.Cohort.Scratch.Logits, ChunkSchedule.ChunkRows, 0);
    }
}

/// <summary>How it is called.</summary>
public static class OutputForwardKernels
{
    /// <summary>Logits of one chunk, into the cohort's scratch.</summary>
    public static void OutputForward(this DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, int chunk) =>
        kernels.Run(OutputForwardOperation.Instance, new ChunkJob(cohort, images, chunk));
}

/// <summary>A block of columns an item.</summary>
internal struct OutputForwardCpu : ICpuJob
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
        BlockWork work = new BlockWork(block, new PairPointers(Images.Pairs).Places, withBackward: false).In(block);
        QuantiseBody.Exponents<T>(block, work);
        OutputForwardBody.Logits<T>(block, work, new ChunkPointers(Images, Chunk).Rows);
    }
}
