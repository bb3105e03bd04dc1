using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// One row's part of the divergence, sum p (ln(p (1 + d^2)) + ln Z), as a sum of two floats, since not every device has
/// double; see <see cref="TsneDivergence"/>. A group owns a row; each thread sums every 128th column, then a fixed tree.
/// </summary>
public struct TsneDivergenceGpu
{
    public const int Threads = 128;

    // A term of a smaller p is below 1e-28 nats.
    private const float Least = 1e-30f;

    /// <summary>[N, stride].</summary>
    public ArrayView<float> Joint;

    /// <summary>[2, stride].</summary>
    public ArrayView<float> Places;

    /// <summary>[N, 2].</summary>
    public ArrayView<float> Divergence;

    public int Points, Stride;

    /// <summary>ln Z as a sum of two.</summary>
    public float LogTotalHigh, LogTotalLow;

    /// <summary>The ILGPU kernel; a group a row.</summary>
    public static void Kernel(TsneDivergenceGpu job)
    {
        ArrayView<float> highs = SharedMemory.Allocate<float>(Threads), lows = SharedMemory.Allocate<float>(Threads);
        int row = Grid.IdxX, thread = Group.IdxX;
        float x = job.Places[row], y = job.Places[job.Stride + row];
        var logTotal = new FloatPair(job.LogTotalHigh, job.LogTotalLow);
        var sum = default(FloatPair);
        for (int j = thread; j < job.Points; j += Threads)
        {
            float p = job.Joint[(row * job.Stride) + j];
            if (p > Least)
            {
                float dx = x - job.Places[j], dy = y - job.Places[job.Stride + j];
                float product = GpuMath.Product(p, GpuMath.Fma(dy, dy, GpuMath.Fma(dx, dx, 1f)));
                sum = FloatPair.Add(sum, FloatPair.Times(FloatPair.Add(FloatPair.Log(product), logTotal), p));
            }
        }
        highs[thread] = sum.High;
        lows[thread] = sum.Low;
        GpuGroup.Barrier();
        for (int half = Threads / 2; half > 0; half /= 2)
        {
            if (thread < half)
            {
                sum = FloatPair.Add(sum, new FloatPair(highs[thread + half], lows[thread + half]));
                highs[thread] = sum.High;
                lows[thread] = sum.Low;
            }
            GpuGroup.Barrier();
        }
        if (thread == 0)
        {
            job.Divergence[2 * row] = sum.High;
            job.Divergence[(2 * row) + 1] = sum.Low;
        }
    }
}
