using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Bench;

/// <summary>Models and images that all forms of a measurement share.</summary>
/// <param name="Kernels">Of the device that is measured.</param>
/// <param name="Cohort">Holds the pruned parameters on that device.</param>
/// <param name="Models">The same on the host.</param>
/// <param name="Images">Those of the batch.</param>
internal sealed record BenchProblem(DeviceKernels Kernels, DeviceCohort Cohort, IReadOnlyList<ModelParameters> Models, BenchImages Images)
{
    public ComputeDevice Device => Kernels.Device;

    public int Inputs => Cohort.Layout.Inputs;
}
