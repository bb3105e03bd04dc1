using ILGPU;

namespace GpuMlp.Kernels.Numerics;

/// <summary>One number of all threads of a group of <see cref="GroupSort.Threads"/>, for all of them.</summary>
internal static class GroupSums
{
    /// <param name="shared">A number a thread.</param>
    public static long Sum(ArrayView<long> shared, int thread, long value)
    {
        shared[thread] = value;
        GpuGroup.Barrier();
        for (int distance = GroupSort.Threads / 2; distance > 0; distance /= 2)
        {
            if (thread < distance)
                shared[thread] = GpuGroup.Keep(shared[thread]) + shared[thread + distance];
            GpuGroup.Barrier();
        }
        long sum = GpuGroup.Keep(shared[0]);
        GpuGroup.Barrier();
        return sum;
    }

    /// <summary>The largest one.</summary>
    /// <inheritdoc cref="Sum"/>
    public static int Largest(ArrayView<int> shared, int thread, int value)
    {
        shared[thread] = value;
        GpuGroup.Barrier();
        for (int distance = GroupSort.Threads / 2; distance > 0; distance /= 2)
        {
            if (thread < distance)
                shared[thread] = Math.Max(GpuGroup.Keep(shared[thread]), shared[thread + distance]);
            GpuGroup.Barrier();
        }
        int largest = GpuGroup.Keep(shared[0]);
        GpuGroup.Barrier();
        return largest;
    }
}
