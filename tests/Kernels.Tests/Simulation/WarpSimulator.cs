using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Tests;

/// <summary>
/// The warps of one group in plain .NET: its 32 threads exchange what they hold exactly as NVIDIA's PTX ISA lays it out.
/// (Parallel Thread Execution ISA 7.8: "Matrix Fragments for mma.m16n8k32", "ldmatrix", "cp.async".)
/// </summary>
/// <remarks>
/// It is stricter than a GPU. A copy leaves rubbish at its target until its thread waits for it, so a read before the wait or
/// the barrier, and a copy into memory that others still read, give wrong numbers. Addresses are checked against the memory's
/// length and for alignment, threads of a warp must come to the same instruction, the rows that ldmatrix reads at once must
/// lie on different banks, and sums must not wrap. An exception would end the process, so the first offence is kept.
/// </remarks>
internal sealed unsafe class WarpSimulator : IWarpSimulator
{
    private const byte Rubbish = 0x5A;

    private readonly Warp32[] _warps;
    private readonly Thread[] _threads;
    private string? _fault;

    public WarpSimulator(int threads)
    {
        _warps = [.. Enumerable.Range(0, threads / MmaWarp.Size).Select(_ => new Warp32())];
        _threads = [.. Enumerable.Range(0, threads).Select(_ => new Thread())];
    }

    private enum Instruction
    {
        LoadMatrix,
        MultiplyAdd,
    }

    /// <summary>The first offence, null when there was none.</summary>
    public string? Fault => _fault;

    /// <summary>Instructions of all threads so far; who expects a kernel to use them looks here.</summary>
    public long Multiplications => _threads.Sum(thread => thread.Multiplications);

    public int SharedAddress(ref byte first, int bytes)
    {
        Thread thread = Own();
        thread.Shared = (byte*)Unsafe.AsPointer(ref first);
        thread.SharedBytes = bytes;
        return 0;
    }

    public void CopyAsync(int shared, ref byte global, int bytes)
    {
        byte* target = At(shared, bytes), source = (byte*)Unsafe.AsPointer(ref global);
        Check((nint)source % bytes == 0, "a copy from an address that is not aligned");
        new Span<byte>(target, bytes).Fill(Rubbish);
        Own().Copies.Add(((nint)target, (nint)source, bytes));
    }

    public void WaitForCopies()
    {
        Thread thread = Own();
        foreach ((nint target, nint source, int bytes) in thread.Copies)
            Buffer.MemoryCopy((byte*)source, (byte*)target, bytes, bytes);
        thread.Copies.Clear();
    }

    public Int4 LoadMatrix(int shared)
    {
        At(shared, 16);
        Operands[] all = Exchange(new Operands(Instruction.LoadMatrix, default, shared, 0));
        int lane = Group.IdxX % MmaWarp.Size;
        int Word(int matrix)
        {
            CheckBanks(all, 8 * matrix);
            return *(int*)At(all[(8 * matrix) + (lane / 4)].B0 + (lane % 4 * 4), 4);
        }
        return new Int4(Word(0), Word(1), Word(2), Word(3));
    }

    public int LoadWord(int shared) => *(int*)At(shared, 4);

    public Int4 MultiplyAdd(Int4 c, Int4 a, int b0, int b1)
    {
        Own().Multiplications++;
        Operands[] all = Exchange(new Operands(Instruction.MultiplyAdd, a, b0, b1));
        int lane = Group.IdxX % MmaWarp.Size, row = lane / 4, column = lane % 4 * 2;
        return new Int4(
            c.X + Dot(all, row, column, c.X), c.Y + Dot(all, row, column + 1, c.Y),
            c.Z + Dot(all, row + 8, column, c.Z), c.W + Dot(all, row + 8, column + 1, c.W));
    }

    // Row of A times column of B. A[row, k] is in lane 4 (row % 8) + k % 16 / 4, in register X, Y, Z or W as row and k are in
    // the low or high half; B[k, column] in lane 4 column + k % 16 / 4.
    private int Dot(Operands[] all, int row, int column, int start)
    {
        long sum = 0;
        for (int k = 0; k < 32; k++)
        {
            Operands left = all[(4 * (row % 8)) + (k % 16 / 4)], right = all[(4 * column) + (k % 16 / 4)];
            int a = (row < 8, k < 16) switch
            {
                (true, true) => left.A.X,
                (false, true) => left.A.Y,
                (true, false) => left.A.Z,
                (false, false) => left.A.W,
            };
            int shift = 8 * (k % 4);
            sum += (long)(byte)(a >> shift) * (sbyte)((k < 16 ? right.B0 : right.B1) >> shift);
        }
        Check(start + sum is >= int.MinValue and <= int.MaxValue, "a sum that leaves 32 bits");
        return (int)sum;
    }

    private Operands[] Exchange(Operands own)
    {
        Thread thread = Own();
        Warp32 warp = _warps[Group.IdxX / MmaWarp.Size];

        // Two tables in turn: who writes the next but one has passed the next barrier, before which all have read this one.
        Operands[] table = warp.Tables[thread.Exchanges++ % 2];
        table[Group.IdxX % MmaWarp.Size] = own;
        warp.Barrier.SignalAndWait();
        Check(table.All(other => other.Instruction == own.Instruction), "threads of a warp at different instructions");
        return table;
    }

    private void CheckBanks(Operands[] all, int first)
    {
        int banks = 0;
        for (int i = 0; i < 8; i++)
            banks |= 1 << (all[first + i].B0 / 16 % 8);
        Check(banks == 0xFF, "eight rows of a matrix on the same banks");
    }

    private byte* At(int shared, int bytes)
    {
        Thread thread = Own();
        bool isInside = shared >= 0 && shared + bytes <= thread.SharedBytes && shared % bytes == 0;
        Check(isInside, $"shared address {shared} of {bytes} bytes in {thread.SharedBytes}");
        return thread.Shared + (isInside ? shared : 0);
    }

    private Thread Own() => _threads[Group.IdxX];

    private void Check(bool holds, string offence)
    {
        if (!holds)
            Interlocked.CompareExchange(ref _fault, offence, null);
    }

    private readonly record struct Operands(Instruction Instruction, Int4 A, int B0, int B1);

    private sealed class Warp32
    {
        public Barrier Barrier { get; } = new(MmaWarp.Size);

        public Operands[][] Tables { get; } = [new Operands[MmaWarp.Size], new Operands[MmaWarp.Size]];
    }

    private sealed class Thread
    {
        public byte* Shared { get; set; }

        public int SharedBytes { get; set; }

        public int Exchanges { get; set; }

        public long Multiplications { get; set; }

        public List<(nint Target, nint Source, int Bytes)> Copies { get; } = [];
    }
}
