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

    private static MethodInfo MethodOf(string name) => PtxCompiler.Kernels.Single(kernel => PtxCompiler.NameOf(kernel) == name);

    [GeneratedRegex(@"(?m)^.*\.local\b.*$")]
    private static partial Regex LocalMemory();
}
