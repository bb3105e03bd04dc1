using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU.Runtime;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>Every operation on arrays that lie between guards: it has the bits of the reference and writes nowhere else.</summary>
[Trait("Size", "large")]
public sealed class GuardTests
{
    // Strides of exactly 16 and of an odd width, one image more or fewer than a vector, a band and a chunk, one input.
    private static readonly Shape[] s_shapes =
    [
        new([16], 1, 1, 1),
        new([1, 2], 7, 15, 15),
        new([17, 3, 12], 17, 17, 5),
        new([33, 100, 11, 16, 5], 65, 65, 65),
        new([7, 9, 16, 31], 9, 257, 257),
        new([40, 129, 1], 31, 256, 1000),
        new([5, 20], 19, 1100, 1100),
    ];

    public static TheoryData<string, KernelForm, SimdWidth> Supported => KernelVariantTests.Supported;

    [Theory]
    [MemberData(nameof(Supported))]
    public void A_kernel_neither_writes_nor_reads_outside_its_buffers(string operation, KernelForm form, SimdWidth width)
    {
        using var device = new CpuDevice(threads: 2);
        Run(device, new KernelVariant(KernelVariantTests.Named(operation), form, AcceleratorType.CPU, width));
    }

    /// <summary>Guards that find nothing show nothing.</summary>
    [Theory]
    [InlineData(-1)]
    [InlineData(5)]
    public void A_write_beside_an_array_is_found(int place)
    {
        using var device = new CpuDevice(threads: 1);
        var error = Assert.Throws<VerificationException>(() => MemoryGuards.Use(device, () =>
        {
            using DeviceArray<int> array = device.Zeroed<int>(5);
            unsafe
            {
                BlockPointers.Pointer(array.View)[place] = 1;
            }
        }));
        Assert.Contains("something was written", error.Message);
    }

    /// <summary>The operations of an embedding on so many points.</summary>
    internal static void RunTsne(DeviceKernels kernels, int points, int hidden) => MemoryGuards.Use(kernels.Device, () =>
    {
        foreach (Operation operation in KernelCatalog.Operations.Where(TsneCase.Has))
        {
            KernelCases.Run(
                kernels,
                new KernelVariant(operation, KernelForm.Dense, kernels.Device.Kind, kernels.Width),
                new Shape([hidden], 1, points, points));
        }
    });

    /// <summary>Fails when a kernel writes to the guards, or when what lies in them comes into its results.</summary>
    internal static void Run(ComputeDevice device, KernelVariant variant) => MemoryGuards.Use(device, () =>
    {
        foreach (Shape shape in variant.Operation is CorruptOperation ? s_shapes[..1] : s_shapes)
        {
            KernelCases.Run(device, variant, shape);
            if (KernelCases.HasMasks(variant.Operation))
                KernelCases.Run(device, variant, shape with { IsMasked = true });
        }
    });
}
