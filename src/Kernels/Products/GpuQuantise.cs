using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>The weights of a cohort as integers, on a GPU; see <see cref="QuantiseGpu"/>.</summary>
internal static class GpuQuantise
{
    /// <summary>Where they go.</summary>
    /// <param name="failed">One flag a slot.</param>
    public static GpuWeights Room(GpuDevice device, in CohortViews cohort, ArrayView<int> failed) => new()
    {
        Values = device.Workspace.Take<int>("quantised weights", (cohort.Inputs + 1L) * cohort.B1.Length),
        Exponents = device.Workspace.Take<int>("exponents", cohort.B1.Length),
        BackExponents = device.Workspace.Take<int>("back exponents", cohort.Outputs == 1 ? 1 : cohort.B1.IntLength),
        Failed = failed,
    };

    /// <summary>Wq, and a flag for each model that is out of range; flags that are set stay.</summary>
    public static void Run(GpuDevice device, in CohortViews cohort, in GpuWeights weights) =>
        device.Launch(QuantiseGpu.Kernel, QuantiseGpu.Threads, cohort.VectorCount, new QuantiseGpu { Cohort = cohort, Weights = weights });

    /// <summary>Wq of the cohort as it is now, and which of its models are out of range; for operations outside an epoch.</summary>
    public static GpuWeights Now(GpuDevice device, in CohortViews cohort)
    {
        GpuWeights weights = Room(device, cohort, device.Workspace.Take<int>("failed", cohort.SlotCount));
        Mask(device, cohort);
        ClearGpu.Run(device, weights.Failed);
        Run(device, cohort, weights);
        return weights;
    }

    /// <summary>Weights under a mask become 0.</summary>
    public static void Mask(GpuDevice device, in CohortViews cohort)
    {
        if (cohort.HasMask == 0)
            return;
        var job = new MaskGpu { Cohort = cohort, First = cohort.W1, Second = cohort.W2 };
        device.Launch(MaskGpu.Kernel, MaskGpu.Threads, job.Groups, job);
    }
}
