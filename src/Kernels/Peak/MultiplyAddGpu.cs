using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Peak;

/// <summary>Multiply-adds in registers: eight independent chains a thread, which hide an instruction's latency.</summary>
public struct MultiplyAddGpu
{
    public const int Threads = 256, Chains = 8, Steps = 1024;

    /// <summary>An element a thread; it is stored so that nothing is left out.</summary>
    public ArrayView<float> Output;

    public float X, Y;

    /// <summary>The ILGPU kernel.</summary>
    public static void Kernel(MultiplyAddGpu job)
    {
        int thread = (Grid.IdxX * Threads) + Group.IdxX;
        float x = job.X, y = job.Y;
        float a = thread, b = a + 1, c = a + 2, d = a + 3, e = a + 4, f = a + 5, g = a + 6, h = a + 7;
        for (int step = 0; step < Steps; step++)
        {
            a = GpuMath.Fma(a, x, y);
            b = GpuMath.Fma(b, x, y);
            c = GpuMath.Fma(c, x, y);
            d = GpuMath.Fma(d, x, y);
            e = GpuMath.Fma(e, x, y);
            f = GpuMath.Fma(f, x, y);
            g = GpuMath.Fma(g, x, y);
            h = GpuMath.Fma(h, x, y);
        }
        job.Output[thread] = a + b + c + d + e + f + g + h;
    }
}
