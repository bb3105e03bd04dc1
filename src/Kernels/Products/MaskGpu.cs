using GpuMlp.Kernels.Memory;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>value = mask above 0 ? value : 0 over W1 and w2, or over their gradients. A thread owns one element.</summary>
public struct MaskGpu
{
    public const int Threads = 128;

    public CohortViews Cohort;

    /// <summary>As W1 and as w2.</summary>
    public ArrayView<float> First, Second;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => checked((int)((First.Length + Second.Length + Threads - 1) / Threads));

    /// <summary>The ILGPU kernel.</summary>
    public static void Kernel(MaskGpu job)
    {
        int item = (Grid.IdxX * Threads) + Group.IdxX, first = job.First.IntLength;
        if (item < first)
        {
            if (!(job.Cohort.MaskW1[item] > 0f))
                job.First[item] = 0f;
        }
        else if (item - first < job.Second.IntLength && !(job.Cohort.MaskW2[item - first] > 0f))
        {
            job.Second[item - first] = 0f;
        }
    }
}
