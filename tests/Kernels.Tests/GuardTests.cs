using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using Xunit;

namespace GpuMlp.Kernels.Tests;

public sealed class GuardTests : IDisposable
{
    private readonly CpuDevice _device = new(threads: 2);

    /// <summary>All that take a cohort's buffers, and the initial weights.</summary>
    public static TheoryData<KernelOperation, KernelForm, SimdWidth> Supported
    {
        get
        {
            var data = new TheoryData<KernelOperation, KernelForm, SimdWidth>();
            foreach (KernelVariant variant in KernelCatalog.Variants.Where(v => v.IsSupported && GuardCase.Has(v.Operation)))
                data.Add(variant.Operation, variant.Form, variant.Width);
            return data;
        }
    }

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(Supported))]
    public void A_kernel_neither_writes_nor_reads_outside_its_buffers(KernelOperation operation, KernelForm form, SimdWidth width) =>
        GuardCase.Run(CohortKernels.Create(_device, width), operation, form);
}
