using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;

namespace GpuMlp.Kernels.Analyses.Pruning;

/// <summary>target = rank &lt; k ? 0 : weight, for W1 and w2 of each slot with their own k; b1 and b2 are copied.
/// A target with a mask gets it too: 0 where a weight went.</summary>
public sealed class PruneOperation : Operation<PruneJob>
{
    public static PruneOperation Instance { get; } = new();

    public override string Name => "Prune";

    public override bool HasWidths => false;

    internal override ComputeDevice? DeviceOf(PruneJob job) => job.Cohort.Device;

    internal override void Check(PruneJob job)
    {
        if (ReferenceEquals(job.Cohort, job.Target))
            throw new ArgumentException("a cohort cannot be pruned into itself: its next level needs the weights", nameof(job));
        Fit.CheckSame(job.Cohort.Layout, job.Ranks.Layout, "ranks");
        Fit.CheckSame(job.Cohort.Layout, job.Target.Layout, "target");
        job.Ranks.CheckRanked();
        if (job.Counts.Count != job.Cohort.Layout.Slots.Count)
            throw new ArgumentException($"counts of {job.Counts.Count} models for {job.Cohort.Layout.Slots.Count}", nameof(job));
    }

    internal override void OnCpu(DeviceKernels kernels, PruneJob job)
    {
        job.Ranks.SetCounts(job.Counts);
        kernels.Launch(new PruneCpu { Cohort = job.Cohort.Cohort, Target = job.Target.Cohort, Ranks = job.Ranks.Views });
    }

    internal override void OnGpu(GpuDevice device, PruneJob job)
    {
        job.Ranks.SetCounts(job.Counts);
        CohortViews cohort = job.Cohort.Cohort;
        device.Launch(
            PruneGpu.Kernel,
            PruneGpu.Threads,
            PruneGpu.Groups(cohort.SlotCount, cohort.Inputs),
            new PruneGpu { Cohort = cohort, Target = job.Target.Cohort, Ranks = job.Ranks.Views });
    }
}

/// <summary>What it is given.</summary>
/// <param name="Cohort">Not changed.</param>
/// <param name="Ranks">Which weights go first, by <see cref="PruneRankOperation"/> of this cohort or of another one of its layout.</param>
/// <param name="Counts">How many go, a model each, in the caller's order; 0 copies.</param>
/// <param name="Target">Of the same layout, another one; its gradients and scratch are not touched.</param>
public readonly record struct PruneJob(
    DeviceCohort Cohort, PruneRanks Ranks, IReadOnlyList<PruneCounts> Counts, DeviceCohort Target);

/// <summary>How it is called.</summary>
public static class PruneKernels
{
    /// <summary>Writes the parameters of all models, without a share of their weights, into another cohort.</summary>
    /// <param name="sparsity">Share of the weights that go, 0..1; 0 copies.</param>
    /// <exception cref="ArgumentException">Another layout, nothing ranked yet, or the target is the cohort itself.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Sparsity outside 0..1.</exception>
    /// <inheritdoc cref="PruneJob" path="/param"/>
    public static void Prune(this DeviceKernels kernels, DeviceCohort cohort, PruneRanks ranks, double sparsity, DeviceCohort target) =>
        kernels.Prune(cohort, ranks, ranks.Counts(sparsity), target);

    /// <summary>The same without so many weights of each model.</summary>
    /// <exception cref="ArgumentException">
    /// Another layout or number of models, nothing ranked yet, or the target is the cohort itself.
    /// </exception>
    /// <inheritdoc cref="PruneJob" path="/param"/>
    public static void Prune(
        this DeviceKernels kernels, DeviceCohort cohort, PruneRanks ranks, IReadOnlyList<PruneCounts> counts, DeviceCohort target) =>
        kernels.Run(PruneOperation.Instance, new PruneJob(cohort, ranks, counts, target));
}

/// <summary>A block of columns an item.</summary>
internal unsafe struct PruneCpu : ICpuJob
{
    public CohortViews Cohort, Target;

    public PruneViews Ranks;

    public readonly int Items => Cohort.BlockCount;

    public readonly void Run<T>(int item)
        where T : unmanaged, ILanes<T>
    {
        var source = new BlockPointers(Cohort, item);
        var target = new BlockPointers(Target, item);
        int* ranksW1 = BlockPointers.Pointer(Ranks.RanksW1) + ((long)source.Inputs * source.FirstColumn);
        int* ranksW2 = BlockPointers.Pointer(Ranks.RanksW2) + source.FirstColumn;
        int* counts = BlockPointers.Pointer(Ranks.Counts) + (2 * source.FirstSlot);
        for (int slot = 0; slot < source.Slots; slot++)
        {
            int column = source.Column(slot), hidden = source.Hidden(slot);
            for (int d = 0; d < source.Inputs; d++)
            {
                long row = ((long)d * source.Stride) + column;
                Row(source.W1 + row, ranksW1 + row, hidden, counts[2 * slot], target.W1 + row);
                if (target.IsMasked)
                    MaskRow(ranksW1 + row, hidden, counts[2 * slot], target.MaskW1 + row);
            }
            for (int k = 0; k < source.Outputs; k++)
            {
                long row = ((long)k * source.OutputPitch) + column;
                Row(source.W2 + row, ranksW2 + row, hidden, counts[(2 * slot) + 1], target.W2 + row);
                if (target.IsMasked)
                    MaskRow(ranksW2 + row, hidden, counts[(2 * slot) + 1], target.MaskW2 + row);
            }
            new ReadOnlySpan<float>(source.B1 + column, hidden).CopyTo(new Span<float>(target.B1 + column, hidden));
            for (int output = slot * source.Outputs; output < (slot + 1) * source.Outputs; output++)
                target.B2[output] = source.B2[output];
        }
    }

    private static void MaskRow(int* ranks, int hidden, int count, float* mask)
    {
        for (int h = 0; h < hidden; h++)
            mask[h] = ranks[h] < count ? 0f : 1f;
    }

    private static void Row(float* weights, int* ranks, int hidden, int count, float* target)
    {
        for (int h = 0; h < hidden; h++)
            target[h] = ranks[h] < count ? 0f : weights[h];
    }
}
