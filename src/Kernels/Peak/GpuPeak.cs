using System.Diagnostics;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Peak;

/// <summary>
/// The two roofs of a GPU, or of whatever OpenCL takes for one: float32 multiply-adds in registers, and bytes of its memory.
/// </summary>
public static class GpuPeak
{
    private const int GroupsAUnit = 64, Runs = 10;

    private const long CopyFloats = 1L << 26;

    /// <summary>GFLOP/s: the best of nine runs.</summary>
    public static double Gflops(GpuDevice device)
    {
        int groups = GroupsAUnit * Math.Max(1, device.Accelerator.NumMultiprocessors);
        using DeviceArray<float> output = device.Room<float>((long)groups * MultiplyAddGpu.Threads);
        var job = new MultiplyAddGpu { Output = output.View, X = 0.999f, Y = 1e-3f };
        double seconds = Best(device, () => device.Launch(MultiplyAddGpu.Kernel, MultiplyAddGpu.Threads, groups, job));
        return 2.0 * MultiplyAddGpu.Chains * MultiplyAddGpu.Steps * groups * MultiplyAddGpu.Threads / seconds / 1e9;
    }

    /// <summary>GB/s (1e9 bytes) of a copy within the device's memory, reads and writes counted: the best of nine runs.</summary>
    public static double GigabytesPerSecond(GpuDevice device)
    {
        using DeviceArray<float> from = device.Zeroed<float>(CopyFloats), to = device.Room<float>(CopyFloats);
        double seconds = Best(device, () => from.View.CopyTo(device.Stream, to.View));
        return 2.0 * sizeof(float) * CopyFloats / seconds / 1e9;
    }

    private static double Best(GpuDevice device, Action launch)
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
}
