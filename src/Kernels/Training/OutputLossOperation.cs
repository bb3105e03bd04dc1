using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Training.Losses;

namespace GpuMlp.Kernels.Training;

/// <summary>Logits, loss, counts and q of one chunk from Z, on its own.</summary>
public sealed class OutputLossOperation : ChunkOperation
{
    public static OutputLossOperation Instance { get; } = new();

    public override string Name => "OutputLoss";

    internal override void OnCpu(DeviceKernels kernels, ChunkJob job) => kernels.Launch(
        new OutputLossCpu<LogisticLoss>
        {
            Cohort = job.Cohort.Cohort,
            Scratch = job.Cohort.Scratch,
            Images = job.Images.Views,
            Chunk = job.Chunk
        });

    internal override void OnGpu(GpuDevice device, ChunkJob job)
    {
        CohortViews cohort = job.Cohort.Cohort;
        if (cohort.Outputs > 1)
        {
            ClassPassGpu classes = ClassPassGpu.Of(job, GpuQuantise.Now(device, cohort));
            classes.Losses = 1;
            device.Launch(ClassPassGpu.Kernel, ClassPassGpu.Threads, classes.Groups, classes);
            return;
        }
        var pass = new OutputPassGpu<LogisticLoss>
        {
            Cohort = cohort,
            Images = job.Run,
            Activations = job.Activations,
            Failed = GpuQuantise.Now(device, cohort).Failed,
            Totals = GpuTotals.Of(job.Cohort.Scratch),
            Parts = GpuParts.Of(job.Place.Rows, 1),
            Values = job.Cohort.Scratch.Logits,
            ValueStride = ChunkSchedule.ChunkRows,
            OpensBatch = job.Place.IsFirst ? 1 : 0,
        };
        device.Launch(OutputPassGpu<LogisticLoss>.Kernel, OutputPassGpu<LogisticLoss>.Threads, pass.Groups, pass);
    }
}

/// <summary>How it is called.</summary>
public static class OutputLossKernels
{
    /// <summary>Logits, loss, counts and q of one chunk from Z, into the cohort's scratch.</summary>
    public static void OutputLoss(this DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, int chunk) =>
        kernels.Run(OutputLossOperation.Instance, new ChunkJob(cohort, images, chunk));
}

/// <summary>A block of columns an item.</summary>
internal struct OutputLossCpu<TLoss> : ICpuJob
    where TLoss : struct, ILoss
{
    public CohortViews Cohort;

    public ScratchViews Scratch;

    public ImageViews Images;

    public int Chunk;

    public readonly int Items => Cohort.BlockCount;

    public readonly unsafe void Run<T>(int item)
        where T : unmanaged, ILanes<T>
    {
        var block = new BlockPointers(Cohort, Scratch, item);
        BlockWork work = new BlockWork(block, new PairPointers(Images.Pairs).Places, withBackward: false).In(block);
        QuantiseBody.Exponents<T>(block, work);
        var chunk = new ChunkPointers(Images, Chunk);
        OutputForwardBody.Logits<T>(block, work, chunk.Rows);
        int sums = block.Slots * block.Outputs;
        new ReadOnlySpan<long>(block.DeltaSums, sums).CopyTo(new Span<long>(work.DeltaSums, sums));
        if (block.Outputs == 1)
            OutputForwardBody.LossAndDelta<T, TLoss>(block, work, chunk);
        else
            ClassOutputBody.LossAndDelta<T>(block, work, chunk);
        new ReadOnlySpan<long>(work.DeltaSums, sums).CopyTo(new Span<long>(block.DeltaSums, sums));
    }
}
