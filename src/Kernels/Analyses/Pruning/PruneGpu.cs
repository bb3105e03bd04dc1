using GpuMlp.Kernels.Memory;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Pruning;

/// <summary>target = rank below k ? 0 : weight, for W1 and w2 of each slot with their own k; b1 and b2 are copied.
/// A target with a mask gets it too: 0 where a weight went.</summary>
public struct PruneGpu
{
    public const int Threads = 128;

    // Rows of W1 that a group goes through; a last run of each slot does the rest of its parameters.
    private const int Rows = 64;

    public CohortViews Cohort, Target;

    public PruneViews Ranks;

    /// <summary>Groups of a launch.</summary>
    public static int Groups(int slots, int inputs) => checked(slots * (((inputs + Rows - 1) / Rows) + 1));

    /// <summary>The ILGPU kernel.</summary>
    public static void Kernel(PruneGpu job)
    {
        int inputs = job.Cohort.Inputs, runs = ((inputs + Rows - 1) / Rows) + 1;
        int index = Grid.IdxX / runs, run = Grid.IdxX - (index * runs);
        var slot = new GpuSlot(job.Cohort, index);
        if (run == runs - 1)
        {
            Rest(job, slot, index);
            return;
        }
        int first = run * Rows, items = Math.Min(Rows, inputs - first) * slot.Hidden, count = job.Ranks.Counts[2 * index];
        for (int item = Group.IdxX; item < items; item += Threads)
        {
            int row = item / slot.Hidden, place = slot.Row(inputs, first + row) + item - (row * slot.Hidden);
            if (job.Target.HasMask != 0)
                job.Target.MaskW1[place] = job.Ranks.RanksW1[place] < count ? 0f : 1f;
            job.Target.W1[place] = job.Ranks.RanksW1[place] < count ? 0f : job.Cohort.W1[place];
        }
    }

    private static void Rest(PruneGpu job, GpuSlot slot, int index)
    {
        int count = job.Ranks.Counts[(2 * index) + 1];
        for (int unit = Group.IdxX; unit < slot.Hidden; unit += Threads)
        {
            int column = slot.Column + unit;
            for (int place = column; place < job.Cohort.W2.IntLength; place += job.Cohort.B1.IntLength)
            {
                if (job.Target.HasMask != 0)
                    job.Target.MaskW2[place] = job.Ranks.RanksW2[place] < count ? 0f : 1f;
                job.Target.W2[place] = job.Ranks.RanksW2[place] < count ? 0f : job.Cohort.W2[place];
            }
            job.Target.B1[column] = job.Cohort.B1[column];
        }
        for (int k = Group.IdxX; k < job.Cohort.Outputs; k += Threads)
            job.Target.B2[(index * job.Cohort.Outputs) + k] = job.Cohort.B2[(index * job.Cohort.Outputs) + k];
    }
}
