using System.Diagnostics;
using GpuMlp.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Peak;

/// <summary>The two roofs of a GPU, or of whatever OpenCL takes for one: float32 multiply-adds in registers, and bytes of its memory.</summary>
public static class GpuPeak
{
    private const int Chains = 8, Steps = 1024, Group = 256, GroupsAUnit = 64, Runs = 10;

    private const long CopyFloats = 1L << 26;

    /// <summary>GFLOP/s: the best of nine runs.</summary>
    public static double Gflops(ComputeDevice device)
    {
        int groups = GroupsAUnit * Math.Max(1, device.Accelerator.NumMultiprocessors);
        using MemoryBuffer1D<float, Stride1D.Dense> output = device.Accelerator.Allocate1D<float>((long)groups * Group);
        Action<AcceleratorStream, KernelConfig, ArrayView<float>, float, float> kernel =
            device.Accelerator.LoadKernel<ArrayView<float>, float, float>(MultiplyAdd);
        double seconds = Best(device, () => kernel(device.Stream, new KernelConfig(groups, Group), output.View, 0.999f, 1e-3f));
        return 2.0 * Chains * Steps * groups * Group / seconds / 1e9;
    }

    /// <summary>GB/s (1e9 bytes) of a copy within the device's memory, reads and writes counted: the best of nine runs.</summary>
    public static double GigabytesPerSecond(ComputeDevice device)
    {
        using MemoryBuffer1D<float, Stride1D.Dense> from = device.Accelerator.Allocate1D<float>(CopyFloats), to = device.Accelerator.Allocate1D<float>(CopyFloats);
        from.MemSetToZero(device.Stream);
        double seconds = Best(device, () => from.View.BaseView.CopyTo(device.Stream, to.View.BaseView));
        return 2.0 * sizeof(float) * CopyFloats / seconds / 1e9;
    }

    private static double Best(ComputeDevice device, Action launch)
    {
        double best = double.PositiveInfinity;
        for (int run = 0; run < Runs; run++)
        {
            device.Stream.Synchronize();
            long start = Stopwatch.GetTimestamp();
            launch();
            device.Stream.Synchronize();

            // The first run compiles.
            if (run > 0)
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return best;
    }

    // Eight independent chains a thread hide the latency of a multiply-add; the sum is stored so that nothing is left out.
    private static void MultiplyAdd(ArrayView<float> output, float x, float y)
    {
        int thread = Grid.GlobalIndex.X;
        float a = thread, b = a + 1, c = a + 2, d = a + 3, e = a + 4, f = a + 5, g = a + 6, h = a + 7;
        for (int step = 0; step < Steps; step++)
        {
            a = (a * x) + y;
            b = (b * x) + y;
            c = (c * x) + y;
            d = (d * x) + y;
            e = (e * x) + y;
            f = (f * x) + y;
            g = (g * x) + y;
            h = (h * x) + y;
        }
        output[thread] = a + b + c + d + e + f + g + h;
    }
}
