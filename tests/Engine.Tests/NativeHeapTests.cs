using System.Runtime.InteropServices;

namespace GpuMlp.Engine.Tests;

public sealed class NativeHeapTests
{
    private const int Count = 512;

    private static readonly byte[] s_block = [.. Enumerable.Repeat((byte)1, 100_000)];

    [Fact]
    public void What_was_freed_goes_back_to_the_system()
    {
        Assert.SkipUnless(File.Exists("/lib64/ld-linux-x86-64.so.2"), "needs glibc, whose heap keeps blocks");

        // Other tests take and return memory meanwhile.
        Assert.Contains(Enumerable.Range(0, 5).Select(_ => Returned()), returned => returned > Count * (long)s_block.Length / 4);
    }

    private static long Returned()
    {
        nint[] blocks = new nint[Count], between = new nint[Count];
        for (int i = 0; i < Count; i++)
        {
            blocks[i] = Marshal.AllocHGlobal(s_block.Length);
            Marshal.Copy(s_block, 0, blocks[i], s_block.Length);

            // Keeps its neighbours from being the end of the heap, which is returned in any case.
            between[i] = Marshal.AllocHGlobal(5_000);
        }

        foreach (nint block in blocks)
            Marshal.FreeHGlobal(block);
        long kept = Resident();
        NativeHeap.ReturnFreed();
        long returned = kept - Resident();
        foreach (nint block in between)
            Marshal.FreeHGlobal(block);
        return returned;
    }

    // In pages: size, then what is in memory.
    private static long Resident() => Environment.SystemPageSize * long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1]);
}
