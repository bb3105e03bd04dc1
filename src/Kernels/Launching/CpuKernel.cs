using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Numerics;
using ILGPU;
using ILGPU.IR.Intrinsics;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Launching;

/// <summary>What a CPU kernel is given, views and numbers only, and its body for one of the items that it is cut into.</summary>
internal interface ICpuJob
{
    /// <summary>Independent pieces of work, 1 or more; no bit depends on which thread takes which.</summary>
    int Items { get; }

    /// <summary>Items that a thread takes at once: more than one where an item is little more than taking it.</summary>
    static virtual int AtOnce => 1;

    /// <summary>One item, in registers of any width.</summary>
    void Run<T>(int item)
        where T : unmanaged, ILanes<T>;
}

/// <summary>
/// A kernel on ILGPU's CPU accelerator: each thread takes the next items until none is left. ILGPU launches the body but never
/// reads it, so that it is free to use SIMD registers and pointers.
/// </summary>
internal sealed class CpuKernel<TJob>
    where TJob : struct, ICpuJob
{
    private readonly CpuDevice _device;
    private readonly Action<KernelConfig, ArrayView<int>, int, int, int, TJob> _launch;

    public CpuKernel(CpuDevice device)
    {
        _device = device;
        _launch = device.Accelerator.LoadStreamKernel<ArrayView<int>, int, int, int, TJob>(Kernel);
    }

    /// <summary>
    /// Runs all items; returns when they are done (a launch on the CPU accelerator blocks). What a body throws comes out here,
    /// once all threads have ended; other items may then be done or not.
    /// </summary>
    public void Launch(in TJob job, SimdWidth width)
    {
        int items = job.Items, turns = (items + TJob.AtOnce - 1) / TJob.AtOnce;
        _device.NextItem.MemSetToZero();
        _launch(new KernelConfig(Math.Min(_device.Threads, turns), 1), _device.NextItem.View, items, _device.Number, (int)width, job);
        CpuFaults.ThrowOf(_device.Number);
    }

    private static void Kernel(ArrayView<int> next, int items, int device, int width, TJob job)
        => TakeItems(next, items, device, width, job);

    /// <summary>Marked so that ILGPU does not read it; it has no try blocks either.</summary>
    [IntrinsicImplementation]
    private static void TakeItems(ArrayView<int> next, int items, int device, int width, TJob job)
    {
        ref int counter = ref next[0];
        try
        {
            switch ((SimdWidth)width)
            {
                case SimdWidth.V512: TakeItems<Lanes512>(ref counter, items, job); break;
                case SimdWidth.V256: TakeItems<Lanes256>(ref counter, items, job); break;
                default: TakeItems<Lanes128>(ref counter, items, job); break;
            }
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

    private static void TakeItems<T>(ref int counter, int items, in TJob job)
        where T : unmanaged, ILanes<T>
    {
        for (int first = Next(ref counter); first < items; first = Next(ref counter))
        {
            int end = Math.Min(first + TJob.AtOnce, items);
            for (int item = first; item < end; item++)
                job.Run<T>(item);
        }
    }

    private static int Next(ref int counter) => Interlocked.Add(ref counter, TJob.AtOnce) - TJob.AtOnce;
}
