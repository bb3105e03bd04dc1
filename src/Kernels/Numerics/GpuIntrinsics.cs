using System.Reflection;
using ILGPU;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;
using ILGPU.Util;

namespace GpuMlp.Kernels.Numerics;

/// <summary>Tells ILGPU's back ends what the intrinsics of the GPU kernels are: one instruction each.</summary>
internal static class GpuIntrinsics
{
    /// <summary>To be called on the builder of every context that GPU kernels are compiled in.</summary>
    public static void Register(Context.Builder builder)
    {
        IntrinsicImplementationManager manager = builder.GetIntrinsicManager();
        Register(manager, Method(typeof(GpuMath), nameof(GpuMath.Fma)), FmaInPtx, FmaInOpenCl);
        Register(manager, Method(typeof(GpuMath), nameof(GpuMath.Rint)), RintInPtx, RintInOpenCl);
        Register(manager, Method(typeof(GpuMath), nameof(GpuMath.MultiplyAdd)), MultiplyAddInPtx, MultiplyAddInOpenCl);
        Register(manager, Method(typeof(GpuGroup), nameof(GpuGroup.Barrier)), BarrierInPtx, BarrierInOpenCl);
        Register(manager, Method(typeof(GpuGroup), nameof(GpuGroup.Keep), typeof(int)), KeepIntInPtx, KeepInOpenCl);
        Register(manager, Method(typeof(GpuGroup), nameof(GpuGroup.Keep), typeof(long)), KeepLongInPtx, KeepInOpenCl);
        Register(manager, Method(typeof(GpuGroup), nameof(GpuGroup.Keep), typeof(float)), KeepFloatInPtx, KeepInOpenCl);
        MmaWarpPtx.Register(manager);
    }

    private static void Register(
        IntrinsicImplementationManager manager,
        MethodInfo method,
        PTXIntrinsic.Handler inPtx,
        CLIntrinsic.Handler inOpenCl)
    {
        manager.RegisterMethod(method, new PTXIntrinsic(inPtx.Method, IntrinsicImplementationMode.GenerateCode));
        manager.RegisterMethod(method, new CLIntrinsic(inOpenCl.Method, IntrinsicImplementationMode.GenerateCode));
    }

    private static MethodInfo Method(Type type, string name, params Type[] parameters)
    {
        const BindingFlags Static = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;
        return (parameters.Length == 0 ? type.GetMethod(name, Static) : type.GetMethod(name, Static, parameters))
            ?? throw new MissingMethodException(type.Name, name);
    }

    private static void FmaInPtx(PTXBackend backend, PTXCodeGenerator generator, Value value) =>
        MultiplyAddCommand(generator, value, "fma.rn.f32", value[0], value[1], value[2]);

    private static void FmaInOpenCl(CLBackend backend, CLCodeGenerator generator, Value value)
    {
        var a = generator.Load(value[0]);
        var b = generator.Load(value[1]);
        var c = generator.Load(value[2]);
        var target = generator.Allocate(value);
        using var statement = generator.BeginStatement(target);
        statement.AppendCommand("fma");
        statement.BeginArguments();
        statement.AppendArgument(a);
        statement.AppendArgument(b);
        statement.AppendArgument(c);
        statement.EndArguments();
    }

    private static void RintInPtx(PTXBackend backend, PTXCodeGenerator generator, Value value)
        => KeepInPtx(generator, value, "cvt.rni.f32.f32");

    private static void RintInOpenCl(CLBackend backend, CLCodeGenerator generator, Value value)
    {
        var source = generator.Load(value[0]);
        var target = generator.Allocate(value);
        using var statement = generator.BeginStatement(target);
        statement.AppendCommand("rint");
        statement.BeginArguments();
        statement.AppendArgument(source);
        statement.EndArguments();
    }

    private static void MultiplyAddInPtx(PTXBackend backend, PTXCodeGenerator generator, Value value) =>
        MultiplyAddCommand(generator, value, "mad.wide.s32", value[1], value[2], value[0]);

    private static void MultiplyAddCommand(PTXCodeGenerator generator, Value value, string name, Value a, Value b, Value sum)
    {
        var (first, second, third) = (generator.LoadPrimitive(a), generator.LoadPrimitive(b), generator.LoadPrimitive(sum));
        var target = generator.AllocateHardware(value);
        using var command = generator.BeginCommand(name);
        command.AppendArgument(target);
        command.AppendArgument(first);
        command.AppendArgument(second);
        command.AppendArgument(third);
    }

    private static void MultiplyAddInOpenCl(CLBackend backend, CLCodeGenerator generator, Value value)
    {
        var sum = generator.Load(value[0]);
        var a = generator.Load(value[1]);
        var b = generator.Load(value[2]);
        var target = generator.Allocate(value);
        using var statement = generator.BeginStatement(target);
        statement.Append(sum);
        statement.AppendCommand(" + (long)");
        statement.Append(a);
        statement.AppendCommand(" * (long)");
        statement.Append(b);
    }

    private static void BarrierInPtx(PTXBackend backend, PTXCodeGenerator generator, Value value) => generator.Command("bar.sync 0");

    private static void BarrierInOpenCl(CLBackend backend, CLCodeGenerator generator, Value value)
    {
        using var statement = generator.BeginStatement((RawString)"work_group_barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)");
    }

    private static void KeepIntInPtx(PTXBackend backend, PTXCodeGenerator generator, Value value) => KeepInPtx(generator, value, "mov.b32");

    private static void KeepLongInPtx(PTXBackend backend, PTXCodeGenerator generator, Value value)
        => KeepInPtx(generator, value, "mov.b64");

    private static void KeepFloatInPtx(PTXBackend backend, PTXCodeGenerator generator, Value value)
        => KeepInPtx(generator, value, "mov.f32");

    private static void KeepInPtx(PTXCodeGenerator generator, Value value, string move)
    {
        var source = generator.LoadPrimitive(value[0]);
        var target = generator.AllocateHardware(value);
        using var command = generator.BeginCommand(move);
        command.AppendArgument(target);
        command.AppendArgument(source);
    }

    private static void KeepInOpenCl(CLBackend backend, CLCodeGenerator generator, Value value)
    {
        var source = generator.Load(value[0]);
        var target = generator.Allocate(value);
        using var statement = generator.BeginStatement(target);
        statement.Append(source);
    }
}
