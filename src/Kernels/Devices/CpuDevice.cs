using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

namespace GpuMlp.Kernels.Devices;

/// <summary>
/// ILGPU's CPU accelerator with one operating system thread a core. Launches on it block, one at a time; the object
/// belongs to one thread at a time.
/// </summary>
public sealed class CpuDevice : ComputeDevice
{
    private readonly Context _context;

    /// <param name="threads">Worker threads, 1 to 1,024.</param>
    /// <exception cref="ArgumentOutOfRangeException">threads out of range.</exception>
    public CpuDevice(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, MostThreads);
        Threads = threads;

        // A warp of 64 makes ILGPU start a multiprocessor's threads lazily: with groups of one there is exactly one each.
        _context = Context.Create(builder => builder.CPU(new CPUDevice(64, 1, threads)));
        Accelerator = _context.CreateCPUAccelerator(0, CPUAcceleratorMode.Parallel);
        NextItem = Accelerator.Allocate1D<int>(1);
    }

    /// <summary>The most threads a device can have; a larger machine uses that many of its cores.</summary>
    public const int MostThreads = 1024;

    public int Threads { get; }

    public override Accelerator Accelerator { get; }

    public override AcceleratorStream Stream => Accelerator.DefaultStream;

    /// <summary>A thread takes a block at a time.</summary>
    public override int LayoutWays => Threads;

    /// <summary>Under which <see cref="CpuFaults"/> knows it.</summary>
    internal int Number { get; } = CpuFaults.NewDevice();

    /// <summary>The counter from which the threads of a launch take their next item.</summary>
    internal MemoryBuffer1D<int, Stride1D.Dense> NextItem { get; }

    protected override void Dispose(bool disposing)
    {
        NextItem.Dispose();
        Accelerator.Dispose();
        _context.Dispose();
    }
}
