using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Numerics;
using ILGPU;
using ILGPU.Runtime.CPU;

namespace GpuMlp.Kernels.Tests;

/// <summary>
/// A CUDA device of one processor on ILGPU's CPU accelerator: groups of up to 256 threads, a thread of the system each, with
/// warps of 32 that <see cref="WarpSimulator"/> plays. Kernels and launchers run as they are. One can exist at a time.
/// </summary>
internal static class SimulatedGpu
{
    private const int Threads = 256;

    private static readonly Lock s_one = new();

    /// <summary>Runs a test on it; the kernels must not have offended against what a GPU asks.</summary>
    public static void Use(DigitSupport support, Action<GpuDevice> test)
    {
        lock (s_one)
        {
            var context = Context.Create(builder =>
            {
                GpuDevice.Configure(builder);
                builder.CPU(new CPUDevice(MmaWarp.Size, Threads / MmaWarp.Size, 1));
            });
            var simulator = new WarpSimulator(Threads);
            MmaWarp.Simulator = simulator;
            try
            {
                using var device = new GpuDevice(context, context.CreateCPUAccelerator(0, CPUAcceleratorMode.Parallel), support);
                test(device);
            }
            finally
            {
                MmaWarp.Simulator = null;
            }
            Check.True(simulator.Fault is null, simulator.Fault ?? "");
            bool usesTensorCores = support == DigitSupport.TensorCores;
            Check.True(simulator.Multiplications > 0 == usesTensorCores, $"{simulator.Multiplications} tensor-core instructions");
        }
    }
}
