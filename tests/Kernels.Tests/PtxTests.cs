using System.Reflection;
using System.Text.RegularExpressions;
using GpuMlp.Kernels.Launching;
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
        Assert.False(
            LocalMemory().IsMatch(kernel.Text),
            $"{name} uses local memory: {string.Join("; ", LocalMemory().Matches(kernel.Text).Take(3))}");
    }

    /// <summary>Exact sums: 64-bit multiply-adds, and nothing but the nearest integer and the nearest float, ties to even.</summary>
    [Theory]
    [InlineData("QuantiseGpu", "cvt.rni.f32.f32")]
    [InlineData("HiddenForwardGpu", "mad.wide.s32")]
    [InlineData("HiddenForwardGpu", "cvt.rn.f32.s64")]
    [InlineData("HiddenBackwardGpu", "mad.wide.s32")]
    [InlineData("OutputPassGpu<LogisticLoss>", "cvt.rni.f32.f32")]
    [InlineData("OutputPassGpu<LogisticLoss>", "cvt.rn.f32.s64")]
    [InlineData("GradientGpu<GradientDescent>", "cvt.rn.f32.s64")]
    [InlineData("DigitForward.Mma", "cvt.rn.f32.s64")]
    [InlineData("DigitForward.Mma", "cvt.rni.s64.f32")]
    [InlineData("DigitForward.Dp4a", "cvt.rn.f32.s64")]
    [InlineData("DigitOutput<LogisticLoss>", "cvt.rn.f32.s64")]
    public void What_rounds_is_named_in_the_text(string name, string instruction)
    {
        string text = PtxCompiler.Compile(MethodOf(name)).Text;
        Assert.Contains(instruction, text);
        Assert.DoesNotMatch(OtherRounding(), text);
    }

    /// <summary>
    /// 32 bytes of k of a warp's tile, 64 x 32 x 3, are 48 products and 10 loads of fragments, whether gates are applied or not;
    /// a stage is 10 copies, before the loop and in it, and one of gates. Groups add to each other's sums by atomics.
    /// </summary>
    [Theory]
    [InlineData("DigitForward.Mma", 48, 10, 20, 0)]
    [InlineData("DigitBackward.Mma", 48, 10, 20, 2)]
    [InlineData("DigitForward.Dp4a", 0, 0, 0, 0)]
    [InlineData("DigitBackward.Dp4a", 0, 0, 0, 0)]
    public void Products_in_bytes_are_the_instructions_that_were_meant(string name, int products, int loads, int copies, int gates)
    {
        string text = PtxCompiler.Compile(MethodOf(name)).Text;
        int Count(string instruction) => text.Split('\t' + instruction).Length - 1;
        Assert.Equal(products, Count("mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32 "));
        Assert.Equal(loads, Count("ldmatrix.sync.aligned.m8n8.x4.shared.b16 "));
        Assert.Equal(copies, Count("cp.async.cg.shared.global"));
        Assert.Equal(gates, Count("cp.async.ca.shared.global"));
        Assert.Equal(products > 0 ? 0 : 192, Count("dp4a.u32.s32"));
        Assert.NotEqual(0, Count("red.add.global.u64") + Count("atom.add.global.u64"));
        Assert.Contains(".shared .align 16", text);
    }

    /// <summary>A list that is read from the code knows a kernel as soon as something can launch it.</summary>
    [Fact]
    public void Every_method_that_is_loaded_as_a_kernel_is_in_the_list_or_of_the_CPU()
    {
        // A kernel with a type argument is loaded open where the code that loads it has the argument too.
        static (Module, int) Key(MethodBase method) => (method.Module, method.MetadataToken);
        MethodBase[] loaded = [.. LoadedMethods.Of(typeof(PtxCompiler).Assembly).DistinctBy(Key)];
        string[] forgotten =
        [
            .. loaded.ExceptBy(PtxCompiler.Kernels.Select(Key), Key).Where(method => !IsOfCpu(method))
                .Select(method => $"{method.DeclaringType}.{method.Name}"),
        ];
        Assert.True(forgotten.Length == 0, $"not compiled to PTX by any test: {string.Join(", ", forgotten)}");
        Assert.True(loaded.Any(IsOfCpu), "the CPU's own kernels were not found: the reader of instructions finds nothing");

        // And the other way round: what is listed is launched somewhere.
        Assert.Empty(PtxCompiler.Kernels.ExceptBy(loaded.Select(Key), Key).Select(PtxCompiler.NameOf));
    }

    // Loaders of CPU kernels are generic over the operation, and what ILGPU does not read is marked so.
    private static bool IsOfCpu(MethodBase method) =>
        PtxCompiler.IsOfCpu(method.DeclaringType!);

    private static MethodInfo MethodOf(string name) => PtxCompiler.Kernels.Single(kernel => PtxCompiler.NameOf(kernel) == name);

    [GeneratedRegex(@"(?m)^.*\.local\b.*$")]
    private static partial Regex LocalMemory();

    [GeneratedRegex(@"cvt\.r[zmp]\.f32|\.ftz|\.approx")]
    private static partial Regex OtherRounding();
}
