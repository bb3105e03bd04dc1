using System.Reflection;
using GpuMlp.Kernels.Devices;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.IR.Intrinsics;
using ILGPU.Runtime.Cuda;

namespace GpuMlp.Kernels.Launching;

/// <summary>A GPU kernel as the CUDA driver would be given it.</summary>
/// <param name="Name">Its type and, where that has several, its method.</param>
/// <param name="Text">PTX.</param>
internal sealed record PtxKernel(string Name, string Text);

/// <summary>Compiles the GPU kernels for CUDA on machines without a CUDA device.</summary>
internal static class PtxCompiler
{
    /// <summary>
    /// All GPU kernels there are: static methods that take a job of their own type, or ILGPU's index first, in types without
    /// parts for CPUs alone; those with type arguments, such as a loss, once for each there is. A new kernel is found without a line here.
    /// </summary>
    public static IReadOnlyList<MethodInfo> Kernels { get; } =
    [
        .. from type in typeof(PtxCompiler).Assembly.GetTypes().SelectMany(Closed)
           where !IsOfCpu(type)
           from method in type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly)
           where method.ReturnType == typeof(void) && (IsJob(method) || IsIndexed(method))
           orderby NameOf(method)
           select method,
    ];

    /// <summary>Compiles one kernel with the options that a device's context has.</summary>
    /// <exception cref="Exception">ILGPU's own, when something in the kernel has no PTX.</exception>
    public static PtxKernel Compile(MethodInfo kernel)
    {
        using var context = Context.Create(GpuDevice.Configure);
        using var backend = new PTXBackend(context, CudaArchitecture.SM_90, CudaInstructionSet.ISA_78, null!);
        EntryPointDescription entry = IsIndexed(kernel)
            ? EntryPointDescription.FromImplicitlyGroupedKernel(kernel)
            : EntryPointDescription.FromExplicitlyGroupedKernel(kernel);
        var compiled = (PTXCompiledKernel)backend.Compile(entry, default);
        return new PtxKernel(NameOf(kernel), compiled.PTXAssembly);
    }

    /// <summary>For tables.</summary>
    public static string NameOf(MethodInfo kernel) =>
        kernel.Name == "Kernel" ? NameOf(kernel.DeclaringType!) : $"{NameOf(kernel.DeclaringType!)}.{kernel.Name}";

    // OutputPassGpu<LogisticLoss>
    private static string NameOf(Type type) => type.IsGenericType
        ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}"
            + $"<{string.Join(",", type.GetGenericArguments().Select(NameOfPart))}>"
        : type.Name;

    private static string NameOfPart(Type part) => part.DeclaringType is { } owner ? $"{owner.Name}.{part.Name}" : part.Name;

    // A type with its parameters replaced by each structure that their interfaces have in this assembly, in every combination.
    private static IEnumerable<Type> Closed(Type type)
    {
        if (!type.IsGenericTypeDefinition)
            return [type];
        IEnumerable<Type[]> all = [[]];
        foreach (Type parameter in type.GetGenericArguments())
        {
            Type[] parts = [.. PartsFor(parameter)];
            all = [.. all.SelectMany(chosen => parts.Select(part => (Type[])[.. chosen, part]))];
        }

        return all.Select(chosen => type.MakeGenericType(chosen));
    }

    private static IEnumerable<Type> PartsFor(Type parameter)
    {
        Type[] interfaces = [.. parameter.GetGenericParameterConstraints().Where(constraint => constraint.IsInterface).Select(Open)];
        return interfaces.Length == 0 ? [] : typeof(PtxCompiler).Assembly.GetTypes()
            .Where(
                part => part.IsValueType && !part.IsGenericTypeDefinition && !interfaces.Except(part.GetInterfaces().Select(Open)).Any());
    }

    // ICorruptedPixels<TSelf> is met by whatever implements it of itself.
    private static Type Open(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;

    // ILGPU never reads a method that is marked so; there is SIMD in it.
    internal static bool IsOfCpu(Type type) =>
        type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
            .Any(method => method.IsDefined(typeof(IntrinsicImplementationAttribute)));

    private static bool IsJob(MethodInfo method) => method.GetParameters() is [var only] && only.ParameterType == method.DeclaringType;

    private static bool IsIndexed(MethodInfo method) => method.GetParameters() is [var first, ..] && first.ParameterType == typeof(Index1D);
}
