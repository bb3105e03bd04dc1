using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

using PtxRegister = ILGPU.Backends.RegisterAllocator<ILGPU.Backends.PTX.PTXRegisterKind>;

namespace GpuMlp.Kernels.Numerics;

/// <summary>What the instructions of <see cref="MmaWarp"/> are in PTX; most need sm_80.</summary>
internal static class MmaWarpPtx
{
    /// <summary>To be called on the builder of every context that kernels with them are compiled in.</summary>
    public static void Register(IntrinsicImplementationManager manager)
    {
        void Add(string name, PTXIntrinsic.Handler handler) =>
            manager.RegisterMethod(
                typeof(MmaWarp).GetMethod(name)!, new PTXIntrinsic(handler.Method, IntrinsicImplementationMode.GenerateCode));
        Add(nameof(MmaWarp.SharedAddress), SharedAddress);
        Add(nameof(MmaWarp.CopyAsync16), CopyAsync16);
        Add(nameof(MmaWarp.CopyAsync8), CopyAsync8);
        Add(nameof(MmaWarp.WaitForCopies), WaitForCopies);
        Add(nameof(MmaWarp.LoadMatrix), LoadMatrix);
        Add(nameof(MmaWarp.LoadWord), LoadWord);
        Add(nameof(MmaWarp.MultiplyAdd), MultiplyAdd);
        Add(nameof(MmaWarp.SpreadSigns), SpreadSigns);
        Add(nameof(MmaWarp.DotAdd), DotAdd);
        Add(nameof(MmaWarp.Round), Round);
    }

    // ILGPU has addresses of shared memory in shared space already, as 64 bits; the instructions take the low 32.
    private static void SharedAddress(PTXBackend backend, PTXCodeGenerator generator, Value value) =>
        Convert(generator, value, "cvt.u32.u64");

    private static void Round(PTXBackend backend, PTXCodeGenerator generator, Value value) =>
        Convert(generator, value, "cvt.rni.s64.f32");

    private static void CopyAsync16(PTXBackend backend, PTXCodeGenerator generator, Value value) =>
        Copy(generator, value, "cp.async.cg.shared.global", 16);

    // Copies of less than 16 bytes go through L1.
    private static void CopyAsync8(PTXBackend backend, PTXCodeGenerator generator, Value value) =>
        Copy(generator, value, "cp.async.ca.shared.global", 8);

    private static void WaitForCopies(PTXBackend backend, PTXCodeGenerator generator, Value value) =>
        generator.Command("cp.async.wait_all");

    private static void LoadMatrix(PTXBackend backend, PTXCodeGenerator generator, Value value)
    {
        string address = Name(generator, value[0]);
        generator.Command($"ldmatrix.sync.aligned.m8n8.x4.shared.b16 {Names(generator, generator.Allocate(value))}, [{address}]");
    }

    private static void LoadWord(PTXBackend backend, PTXCodeGenerator generator, Value value)
    {
        PtxRegister.HardwareRegister address = generator.LoadHardware(value[0]), target = generator.AllocateHardware(value);
        using var command = generator.BeginCommand("ld.shared.b32");
        command.AppendArgument(target);
        command.AppendArgumentValue(address);
    }

    private static void MultiplyAdd(PTXBackend backend, PTXCodeGenerator generator, Value value)
    {
        string sums = Names(generator, generator.Load(value[0])), a = Names(generator, generator.Load(value[1]));
        string b = $"{{{Name(generator, value[2])}, {Name(generator, value[3])}}}", target = Names(generator, generator.Allocate(value));
        generator.Command($"mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32 {target}, {a}, {b}, {sums}");
    }

    private static void SpreadSigns(PTXBackend backend, PTXCodeGenerator generator, Value value)
    {
        // Selector 8 + i is the sign of byte i, eight times.
        const int SignsOfBytes = 0xBA98;
        PtxRegister.HardwareRegister source = generator.LoadHardware(value[0]), target = generator.AllocateHardware(value);
        using var command = generator.BeginCommand("prmt.b32");
        command.AppendArgument(target);
        command.AppendArgument(source);
        command.AppendConstant(0);
        command.AppendConstant(SignsOfBytes);
    }

    private static void DotAdd(PTXBackend backend, PTXCodeGenerator generator, Value value)
    {
        PtxRegister.HardwareRegister c = generator.LoadHardware(value[0]), a = generator.LoadHardware(value[1]);
        PtxRegister.HardwareRegister b = generator.LoadHardware(value[2]), target = generator.AllocateHardware(value);
        using var command = generator.BeginCommand("dp4a.u32.s32");
        command.AppendArgument(target);
        command.AppendArgument(a);
        command.AppendArgument(b);
        command.AppendArgument(c);
    }

    private static void Convert(PTXCodeGenerator generator, Value value, string conversion)
    {
        PtxRegister.HardwareRegister source = generator.LoadHardware(value[0]), target = generator.AllocateHardware(value);
        using var command = generator.BeginCommand(conversion);
        command.AppendArgument(target);
        command.AppendArgument(source);
    }

    private static void Copy(PTXCodeGenerator generator, Value value, string copy, int bytes)
    {
        PtxRegister.HardwareRegister shared = generator.LoadHardware(value[0]), global = generator.LoadHardware(value[1]);
        using var command = generator.BeginCommand(copy);
        command.AppendArgumentValue(shared);
        command.AppendArgumentValue(global);
        command.AppendConstant(bytes);
    }

    // The registers of a structure, as PTX lists them.
    private static string Names(PTXCodeGenerator generator, PtxRegister.Register register) =>
        $"{{{string.Join(", ", ((PtxRegister.CompoundRegister)register).Children.Select(
            child => Text(generator.EnsureHardwareRegister((PtxRegister.PrimitiveRegister)child))))}}}";

    private static string Name(PTXCodeGenerator generator, Value value) => Text(generator.LoadHardware(value));

    private static string Text(PtxRegister.HardwareRegister register) => "%" + PTXRegisterAllocator.GetStringRepresentation(register);
}
