using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Training;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>Form and register width of every kernel that trains an epoch on a CPU.</summary>
public static class EpochVariants
{
    public static TheoryData<KernelForm, SimdWidth> All
    {
        get
        {
            var data = new TheoryData<KernelForm, SimdWidth>();
            foreach (KernelVariant variant in KernelCatalog.Of(TrainEpochOperation.Instance))
                data.Add(variant.Form, variant.Width);
            return data;
        }
    }
}
