using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>What <see cref="CorruptGpu{TPixels}"/> does, an image an item, for the CPU: without checked views.</summary>
internal unsafe struct CorruptCpu<TPixels> : ICpuJob
    where TPixels : struct, ICorruptedPixels<TPixels>
{
    public CorruptArguments Arguments;

    public int Items { get; init; }

    public readonly void Run<T>(int item)
        where T : unmanaged, ILanes<T>
    {
        int inputs = Arguments.Rows * Arguments.Columns, number = BlockPointers.Pointer(Arguments.Numbers)[item];

        // Fewer than 2^31 pixels in all.
        int first = item * inputs;
        var source = new ReadOnlySpan<byte>(BlockPointers.Pointer(Arguments.Source) + first, inputs);
        TPixels.Image(Arguments, first, number, source, new Span<byte>(BlockPointers.Pointer(Arguments.Target) + first, inputs));
    }
}
