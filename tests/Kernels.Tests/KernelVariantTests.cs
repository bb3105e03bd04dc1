using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Training;
using GpuMlp.Kernels.Training.Optimisers;
using ILGPU.Runtime;
using Xunit;

namespace GpuMlp.Kernels.Tests;

public sealed class KernelVariantTests : IDisposable
{
    private readonly CpuDevice _device = new(threads: 2);

    /// <summary>The variants of the catalogue that this machine runs: a new one is tested without a line here.</summary>
    public static TheoryData<string, KernelForm, SimdWidth> Supported
    {
        get
        {
            var data = new TheoryData<string, KernelForm, SimdWidth>();
            foreach (KernelVariant variant in KernelCatalog.Variants.Where(v => v.IsSupported))
                data.Add(variant.Operation.Name, variant.Form, variant.Width);
            return data;
        }
    }

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(Supported))]
    public void A_kernel_agrees_with_the_double_reference_within_the_rounding_of_its_sums(
        string operation,
        KernelForm form,
        SimdWidth width)
    {
        var variant = new KernelVariant(Named(operation), form, AcceleratorType.CPU, width);
        foreach (Shape shape in KernelCases.Shapes(variant.Operation))
            KernelCases.Run(_device, variant, shape);
    }

    [Fact]
    public void Every_operation_has_a_case_and_a_variant_that_runs_here()
    {
        foreach (Operation operation in KernelCatalog.Operations)
        {
            Assert.True(KernelCases.Has(operation), $"{operation} has no case");
            Assert.True(KernelCatalog.Of(operation).Any(), $"{operation} has no variant that runs here");
        }
    }

    /// <summary>What a new operation is forgotten in: the list is written by hand, once.</summary>
    [Fact]
    public void The_catalogue_lists_every_operation_there_is()
    {
        Type[] all = [.. typeof(Operation).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Operation)) && !type.IsAbstract)];
        Assert.Equal(all.Select(type => type.Name).Order(), KernelCatalog.Operations.Select(operation => operation.GetType().Name).Order());
        Assert.Equal(all.Length, KernelCatalog.Operations.Select(operation => operation.Name).Distinct().Count());
    }

    [Fact]
    public void The_list_of_optimisers_has_every_one_there_is()
    {
        Type[] all = [.. typeof(IOptimiser).Assembly.GetTypes().Where(type => type.IsValueType && type.IsAssignableTo(typeof(IOptimiser)))];
        Assert.Equal(all.Select(type => type.Name).Order(), Optimiser.All.Select(optimiser => optimiser.Formula.Name).Order());
    }

    internal static Operation Named(string name) => KernelCatalog.Operations.Single(operation => operation.Name == name);

    [Fact]
    public void The_catalogue_lists_no_variant_twice() =>
        Assert.Equal(KernelCatalog.Variants.Count, KernelCatalog.Variants.Distinct().Count());
}
