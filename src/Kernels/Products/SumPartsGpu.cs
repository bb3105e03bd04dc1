using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>target (+)= sum of the parts, a thread an element.</summary>
public struct SumPartsGpu
{
    public const int Threads = 256;

    /// <summary>Part after part, each as long as the target.</summary>
    public ArrayView<long> Parts;

    public ArrayView<long> Target;

    public int Count;

    /// <summary>1 when the sums go on from what is there.</summary>
    public int GoesOn;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => checked((int)((Target.Length + Threads - 1) / Threads));

    /// <summary>The ILGPU kernel.</summary>
    public static void Kernel(SumPartsGpu job)
    {
        int item = (Grid.IdxX * Threads) + Group.IdxX, length = job.Target.IntLength;
        if (item >= length)
            return;
        long sum = job.GoesOn != 0 ? job.Target[item] : 0;
        for (int part = 0; part < job.Count; part++)
            sum += job.Parts[(part * length) + item];
        job.Target[item] = sum;
    }
}
