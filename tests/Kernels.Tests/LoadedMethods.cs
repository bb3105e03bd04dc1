using System.Reflection;
using System.Reflection.Emit;
using GpuMlp.Kernels.Launching;

namespace GpuMlp.Kernels.Tests;

/// <summary>What the code of an assembly hands to ILGPU as kernels, read from its instructions.</summary>
internal static class LoadedMethods
{
    private static readonly Dictionary<short, OpCode> s_codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    /// <summary>Static methods whose address is taken by a method that calls one of ILGPU's loaders or launches.</summary>
    public static IReadOnlyList<MethodBase> Of(Assembly assembly)
    {
        const BindingFlags All = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic
            | BindingFlags.DeclaredOnly;
        List<MethodBase> found = [];
        foreach (MethodBase method in assembly.GetTypes()
            .SelectMany(type => type.GetMethods(All).Concat<MethodBase>(type.GetConstructors(All))))
        {
            (OpCode Code, MethodBase? Target)[] calls = [.. Calls(method)];
            if (calls.Any(call => call.Target is { } target && Loads(target)))
                found.AddRange(calls.Where(call => call.Code == OpCodes.Ldftn && call.Target!.IsStatic).Select(call => call.Target!));
        }
        return [.. found.Distinct()];
    }

    private static bool Loads(MethodBase method) =>
        (method.DeclaringType?.Namespace?.StartsWith("ILGPU", StringComparison.Ordinal) == true
            && method.Name.StartsWith("Load", StringComparison.Ordinal) && method.Name.EndsWith("Kernel", StringComparison.Ordinal))
        || (method.DeclaringType == typeof(GpuLaunch) && method.Name == nameof(GpuLaunch.Launch));

    // Instructions that name a method.
    private static IEnumerable<(OpCode Code, MethodBase? Target)> Calls(MethodBase method)
    {
        byte[] code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        Type[]? ofType = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;
        Type[]? ofMethod = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (int at = 0; at < code.Length;)
        {
            OpCode op = s_codes[code[at] == 0xFE ? (short)(0xFE00 | code[at + 1]) : code[at]];
            at += op.Size;
            if (op.OperandType == OperandType.InlineMethod)
                yield return (op, method.Module.ResolveMethod(BitConverter.ToInt32(code, at), ofType, ofMethod));
            at += op.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }
}
