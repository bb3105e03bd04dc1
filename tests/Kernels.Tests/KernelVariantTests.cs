using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Simd;
using ILGPU.Runtime;
using Xunit;

namespace GpuMlp.Kernels.Tests;

public sealed class KernelVariantTests : IDisposable
{
    private readonly CpuDevice _device = new(threads: 2);

    /// <summary>The variants of the catalogue that this machine runs: a new one is tested without a line here.</summary>
    public static TheoryData<KernelOperation, KernelForm, SimdWidth> Supported
    {
        get
        {
            var data = new TheoryData<KernelOperation, KernelForm, SimdWidth>();
            foreach (KernelVariant variant in KernelCatalog.Variants.Where(v => v.IsSupported))
                data.Add(variant.Operation, variant.Form, variant.Width);
            return data;
        }
    }

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(Supported))]
    public void A_kernel_agrees_with_the_double_reference_within_the_rounding_of_its_sums(KernelOperation operation, KernelForm form, SimdWidth width)
    {
        var variant = new KernelVariant(operation, form, AcceleratorType.CPU, width);
        foreach (Shape shape in ShapesOf(operation))
            KernelCases.Run(_device, variant, shape);
    }

    /// <summary>Corrupting has images and shapes of its own and looks at none of a cohort's: one of these runs all of them.</summary>
    internal static Shape[] ShapesOf(KernelOperation operation) => operation == KernelOperation.Corrupt ? Shape.All[..1] : Shape.All;

    [Fact]
    public void Every_operation_has_a_case_and_a_variant_that_runs_here()
    {
        foreach (KernelOperation operation in Enum.GetValues<KernelOperation>())
        {
            Assert.True(KernelCases.Has(operation), $"{operation} has no case");
            Assert.True(KernelCatalog.Of(operation).Any(), $"{operation} has no variant that runs here");
        }
    }

    [Fact]
    public void The_catalogue_lists_no_variant_twice() =>
        Assert.Equal(KernelCatalog.Variants.Count, KernelCatalog.Variants.Distinct().Count());
}
