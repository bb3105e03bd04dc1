using GpuMlp.Kernels.Products;
using ILGPU;

namespace GpuMlp.Kernels.Training;

/// <summary>An epoch's loss and counts: the sum of what the parts of its images have left. A thread a slot.</summary>
public struct TotalsGpu
{
    public const int Threads = 128;

    public GpuTotals Parts;

    public GpuTotals Target;

    /// <summary>Parts.</summary>
    public int Count;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => (Slots + Threads - 1) / Threads;

    private readonly int Slots => Target.Loss.IntLength / 2;

    /// <summary>The ILGPU kernel.</summary>
    public static void Kernel(TotalsGpu job)
    {
        int slot = (Grid.IdxX * Threads) + Group.IdxX;
        if (slot >= job.Slots)
            return;
        for (int sum = 2 * slot; sum < (2 * slot) + 2; sum++)
        {
            long loss = 0;
            for (int part = 0; part < job.Count; part++)
                loss += job.Parts.Loss[(part * 2 * job.Slots) + sum];
            job.Target.Loss[sum] = loss;
        }
        int fields = job.Target.Counts.IntLength / job.Slots;
        for (int sum = fields * slot; sum < fields * (slot + 1); sum++)
        {
            int count = 0;
            for (int part = 0; part < job.Count; part++)
                count += job.Parts.Counts[(part * fields * job.Slots) + sum];
            job.Target.Counts[sum] = count;
        }
    }
}
