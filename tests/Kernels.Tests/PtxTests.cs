using System.Reflection;
using System.Text.RegularExpressions;
using GpuMlp.Kernels.Gpu;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>CUDA without a GPU: every kernel compiles to PTX, and needs no memory of a thread's own beside its registers.</summary>
public sealed partial class PtxTests
{
    public static TheoryData<string> Kernels => [.. PtxCompiler.Kernels.Select(PtxCompiler.NameOf)];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void A_kernel_compiles_to_ptx_for_sm_90_and_keeps_its_values_in_registers(string name)
    {
        PtxKernel kernel = PtxCompiler.Compile(MethodOf(name));
        Assert.Contains(".visible .entry", kernel.Text);
        Assert.False(LocalMemory().IsMatch(kernel.Text), $"{name} uses local memory: {string.Join("; ", LocalMemory().Matches(kernel.Text).Take(3))}");
    }

    /// <summary>A list that is read from the code knows a kernel as soon as something can launch it.</summary>
    [Fact]
    public void Every_method_that_is_loaded_as_a_kernel_is_in_the_list_or_of_the_CPU()
    {
        IReadOnlyList<MethodBase> loaded = LoadedMethods.Of(typeof(PtxCompiler).Assembly);
        string[] forgotten = [.. loaded.Except(PtxCompiler.Kernels).Where(method => !IsOfCpu(method)).Select(method => $"{method.DeclaringType}.{method.Name}")];
        Assert.True(forgotten.Length == 0, $"not compiled to PTX by any test: {string.Join(", ", forgotten)}");
        Assert.True(loaded.Count(IsOfCpu) >= 3, "the CPU's own kernels were not found: the reader of instructions finds nothing");

        // And the other way round: what is listed is launched somewhere.
        Assert.Empty(PtxCompiler.Kernels.Where(kernel => !loaded.Contains(kernel)).Select(PtxCompiler.NameOf));
    }

    // Loaders of CPU kernels are generic over the operation, and what ILGPU does not read is marked so.
    private static bool IsOfCpu(MethodBase method) =>
        method.DeclaringType!.IsGenericType || PtxCompiler.IsOfCpu(method.DeclaringType);

    private static MethodInfo MethodOf(string name) => PtxCompiler.Kernels.Single(kernel => PtxCompiler.NameOf(kernel) == name);

    [GeneratedRegex(@"(?m)^.*\.local\b.*$")]
    private static partial Regex LocalMemory();
}
