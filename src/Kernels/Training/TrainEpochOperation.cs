using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Products.Digits;
using GpuMlp.Kernels.Training.Losses;
using GpuMlp.Kernels.Training.Optimisers;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Training;

/// <summary>A whole epoch: forward, loss, backward and update of every batch.</summary>
public sealed class TrainEpochOperation : Operation<TrainEpochJob>
{
    public static TrainEpochOperation Instance { get; } = new();

    public override string Name => "TrainEpoch";

    public override IReadOnlyList<KernelForm> Forms(AcceleratorType accelerator) => OperationForms.OfPixels(accelerator);

    internal override ComputeDevice? DeviceOf(TrainEpochJob job) => job.Cohort.Device;

    internal override void Check(TrainEpochJob job)
    {
        Fit.Check(job.Cohort.Layout, job.Images);
        Fit.CheckTrainable(job.Images);
        Fit.CheckLabels(job.Cohort.Layout, job.Images);
        Fit.CheckEpoch(job.Epoch);
        Optimiser.Check(job.Cohort);
    }

    internal override void OnCpu(DeviceKernels kernels, TrainEpochJob job)
    {
        job.Cohort.BeginSteps(job.Images.Batches);
        foreach (OptimiserRange range in job.Cohort.Layout.Ranges)
            Optimiser.All[range.Optimiser].Epoch(kernels, job, range);
    }

    internal override void OnGpu(GpuDevice device, TrainEpochJob job)
    {
        job.Cohort.BeginSteps(job.Images.Batches);
        var epoch = new GpuEpoch<LogisticLoss>(device, job.Cohort, job.Epoch);
        if (job.Cohort.Outputs > 1)
            epoch.Run(job.Images);
        else if (job.Images.SmallBatch is { } rows)
            epoch.Run(job.Images, rows);
        else if (!job.Cohort.Drops && job.Images.Digits is { } digits && DigitProducts.Fits(job.Cohort.Cohort, digits))
            epoch.Run(job.Images, digits);
        else
            epoch.Run(job.Images);
    }
}

/// <summary>What it is given; totals of loss and counts are left in the cohort.</summary>
/// <param name="Epoch">From 0; which units are dropped depends on it.</param>
public readonly record struct TrainEpochJob(DeviceCohort Cohort, DeviceImages Images, int Epoch);

/// <summary>How it is called.</summary>
public static class TrainEpochKernels
{
    /// <summary>One epoch over the images' schedule; totals of loss and counts are left in the cohort.</summary>
    /// <param name="epoch">From 0, below 2^24; which units are dropped depends on it.</param>
    public static void TrainEpoch(this DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, int epoch = 0) =>
        kernels.Run(TrainEpochOperation.Instance, new TrainEpochJob(cohort, images, epoch));
}

/// <summary>
/// A whole epoch in one launch: for each chunk forward, loss and backward while it is in L2, and the update with the last chunk
/// of each batch. A thread takes its block through all of it, so there is nothing to wait for and a mini-batch costs no launch.
/// </summary>
internal unsafe struct TrainEpochCpu<TLoss, TOptimiser> : ICpuJob
    where TLoss : struct, ILoss
    where TOptimiser : struct, IOptimiser
{
    public CohortViews Cohort;

    public ScratchViews Scratch;

    public ImageViews Images;

    public int Epoch;

    public OptimiserRange Range;

    public readonly int Items => Range.Blocks;

    public readonly void Run<T>(int item)
        where T : unmanaged, ILanes<T>
    {
        var block = new BlockPointers(Cohort, Scratch, Range.FirstBlock + item);
        MaskBody.Weights<T>(block);
        new Span<long>(block.Loss, 2 * block.Slots).Clear();
        new Span<int>(block.Counts, ClassCounts.Fields(block.Outputs) * block.Slots).Clear();
        new Span<int>(block.Failed, block.Slots).Clear();
        var images = new PairPointers(Images.Pairs);
        var work = new BlockWork(block, images.Places, withBackward: true);
        QuantiseBody.All<T>(block, work, images);
        int chunks = Images.ChunkCount, step = 0;
        for (int index = 0; index < chunks; index++)
        {
            var chunk = new ChunkPointers(Images, index);
            HiddenForwardBody.Run<T>(block, work, images, chunk);
            if (Cohort.Learning.Drops != 0)
                DropoutBody.Run(Cohort.Learning, block, work, chunk, Epoch);
            OutputForwardBody.Logits<T>(block, work, chunk.Rows);
            if (block.Outputs == 1)
            {
                OutputForwardBody.LossAndDelta<T, TLoss>(block, work, chunk);
                OutputBackwardBody.Digits<T>(block, work, images.Partners(index), chunk.Rows, gated: false);
            }
            else
            {
                ClassOutputBody.LossAndDelta<T>(block, work, chunk);
                ClassOutputBody.Numbers<T>(block, work, chunk);
                ClassOutputBody.Digits<T>(block, work, images.Partners(index), chunk.Rows);
            }
            if (!chunk.IsLast)
            {
                HiddenBackwardBody.Accumulate<T>(block, work, images, chunk);
                continue;
            }
            UpdateBody<TOptimiser>.Open(block, step++);
            UpdateBody<TOptimiser>.Batch<T>(block, work, images, chunk);
            if (index + 1 < chunks)
                QuantiseBody.Changed<T>(block, work, images);
        }
    }
}
