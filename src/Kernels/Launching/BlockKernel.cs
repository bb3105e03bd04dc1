using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;
using ILGPU.IR.Intrinsics;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Launching;

/// <summary>
/// A CPU operation on one item: a block of columns, or what <see cref="BlockArguments.Items"/> counts. <see cref="Run"/> must carry ILGPU's <c>[IntrinsicImplementation]</c>: then
/// ILGPU launches it but never reads its body, which is free to use SIMD registers and pointers.
/// </summary>
internal interface IBlockOperation
{
    static abstract void Run(BlockArguments arguments, int item);
}

/// <summary>The body of a block operation, written once for all register widths.</summary>
internal interface IBlockBody
{
    static abstract void Run<T>(in BlockArguments arguments, in BlockPointers block)
        where T : unmanaged, ILanes<T>;
}

/// <summary>Launches a block operation on the CPU accelerator: each thread takes the next item until none is left.</summary>
internal sealed class BlockKernel<TOperation>
    where TOperation : struct, IBlockOperation
{
    private readonly CpuDevice _device;
    private readonly Action<KernelConfig, ArrayView<int>, int, int, BlockArguments> _launch;

    public BlockKernel(CpuDevice device)
    {
        _device = device;
        _launch = device.Accelerator.LoadStreamKernel<ArrayView<int>, int, int, BlockArguments>(Kernel);
    }

    /// <summary>
    /// Runs all items; returns when they are done (a launch on the CPU accelerator blocks). What a body throws comes out here,
    /// once all threads have ended; other items may then be done or not.
    /// </summary>
    public void Launch(in BlockArguments arguments)
    {
        int items = arguments.Items > 0 ? arguments.Items : arguments.Cohort.Blocks.IntLength / 4;
        _device.NextItem.MemSetToZero();
        _launch(new KernelConfig(Math.Min(_device.Threads, items), 1), _device.NextItem.View, items, _device.Number, arguments);
        CpuFaults.ThrowOf(_device.Number);
    }

    /// <summary>Body for one width, chosen at run time.</summary>
    public static void Dispatch<TBody>(in BlockArguments arguments, int block)
        where TBody : struct, IBlockBody
    {
        var pointers = new BlockPointers(arguments.Cohort, arguments.Scratch, block);
        switch ((SimdWidth)arguments.Width)
        {
            case SimdWidth.V512: TBody.Run<Lanes512>(arguments, pointers); break;
            case SimdWidth.V256: TBody.Run<Lanes256>(arguments, pointers); break;
            default: TBody.Run<Lanes128>(arguments, pointers); break;
        }
    }

    private static void Kernel(ArrayView<int> next, int items, int device, BlockArguments arguments) => TakeItems(next, items, device, arguments);

    /// <summary>Never read by ILGPU, which has no try blocks.</summary>
    [IntrinsicImplementation]
    private static void TakeItems(ArrayView<int> next, int items, int device, BlockArguments arguments)
    {
        ref int counter = ref next[0];
        try
        {
            for (int item = Interlocked.Increment(ref counter) - 1; item < items; item = Interlocked.Increment(ref counter) - 1)
                TOperation.Run(arguments, item);
        }
#pragma warning disable CA1031 // All of them are thrown again where the kernel was launched.
        catch (Exception error)
#pragma warning restore CA1031
        {
            // The other threads find nothing more to do.
            Volatile.Write(ref counter, items);
            CpuFaults.Keep(device, error);
        }
    }
}
