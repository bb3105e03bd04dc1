using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// One step of gradient descent; arithmetic and so the bits are those of the CPU's. One group does all, thread t
/// the points t, t + 256, ...; sums over points are integers.
/// </summary>
internal partial struct TsneStep
{
    public const int Threads = 256;

    /// <summary>The ILGPU kernel.</summary>
    public static void Kernel(TsneStep job)
    {
        ArrayView<long> sums = SharedMemory.Allocate<long>(2 * Threads);
        int thread = Group.IdxX;
        long total = 0;
        for (int i = thread; i < job.Points; i += Threads)
            total += TsneMove.Fixed(job.Forces[i], job.Points, job.KernelScale);
        sums[thread] = total;
        Tree(sums, 0, thread);
        float share = GpuGroup.Keep(TsneMove.Share(sums[0], job.KernelUnit));
        GpuGroup.Barrier();
        sums[thread] = Move(job, 0, share, thread);
        sums[Threads + thread] = Move(job, 1, share, thread);
        Tree(sums, 0, thread);
        Tree(sums, Threads, thread);
        float meanX = TsneMove.Mean(sums[0], job.PlaceUnit, job.Points), meanY = TsneMove.Mean(sums[Threads], job.PlaceUnit, job.Points);
        for (int i = thread; i < job.Points; i += Threads)
        {
            job.Places[i] = GpuGroup.Keep(job.Places[i]) - meanX;
            job.Places[job.Stride + i] = GpuGroup.Keep(job.Places[job.Stride + i]) - meanY;
        }
    }

    // x or y of this thread's points; the sum of where they are then.
    private static long Move(TsneStep job, int axis, float share, int thread)
    {
        int first = axis * job.Stride, gains = (2 + axis) * job.Stride, attract = (1 + axis) * job.Stride, repel = (3 + axis) * job.Stride;
        long sum = 0;
        for (int i = thread; i < job.Points; i += Threads)
        {
            float gradient = TsneMove.Gradient(job.Exaggeration, job.Forces[attract + i], share, job.Forces[repel + i]);
            float velocity = GpuGroup.Keep(job.Motion[first + i]);
            float gain = GpuGroup.Keep(TsneMove.Gain(GpuGroup.Keep(job.Motion[gains + i]), gradient, velocity));
            velocity = GpuGroup.Keep(TsneMove.Velocity(job.Momentum, velocity, job.Rate, gain, gradient));
            float place = GpuGroup.Keep(GpuGroup.Keep(job.Places[first + i]) + velocity);
            job.Motion[gains + i] = gain;
            job.Motion[first + i] = velocity;
            job.Places[first + i] = place;
            sum += TsneMove.Fixed(place, TsneMove.Farthest, job.PlaceScale);
        }
        return sum;
    }

    // Leaves the sum of 256 in the first of them, for everyone to see.
    private static void Tree(ArrayView<long> sums, int first, int thread)
    {
        GpuGroup.Barrier();
        for (int half = Threads / 2; half > 0; half /= 2)
        {
            if (thread < half)
                sums[first + thread] += sums[first + thread + half];
            GpuGroup.Barrier();
        }
    }
}
