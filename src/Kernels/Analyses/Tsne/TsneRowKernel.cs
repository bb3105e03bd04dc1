using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Numerics;
using ILGPU;
using ILGPU.IR.Intrinsics;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// A CPU operation on one point's row. <see cref="Run"/> must carry ILGPU's <c>[IntrinsicImplementation]</c>: then ILGPU
/// launches it but never reads its body, which is free to use SIMD registers and pointers.
/// </summary>
internal interface ITsneOperation
{
    static abstract void Run(TsneArguments arguments, int row);
}

/// <summary>The body of such an operation, written once for all register widths.</summary>
internal interface ITsneBody
{
    static abstract void Run<T>(in TsneArguments arguments, int row)
        where T : unmanaged, ILanes<T>;
}

/// <summary>Launches an operation on the CPU accelerator: each thread takes the next few rows until none is left.</summary>
internal sealed class TsneRowKernel<TOperation>
    where TOperation : struct, ITsneOperation
{
    // A row of 2,300 points is about a microsecond of work; taking one costs a twentieth of that.
    private const int RowsAtOnce = 8;

    private readonly CpuDevice _device;
    private readonly Action<KernelConfig, ArrayView<int>, TsneArguments, int, int> _launch;

    public TsneRowKernel(CpuDevice device)
    {
        _device = device;
        _launch = device.Accelerator.LoadStreamKernel<ArrayView<int>, TsneArguments, int, int>(Kernel);
    }

    /// <summary>Runs rows 0 .. <paramref name="rows"/> - 1; returns when they are done, or throws what a body threw.</summary>
    public void Launch(in TsneArguments arguments, int rows)
    {
        _device.NextItem.MemSetToZero();
        int items = (rows + RowsAtOnce - 1) / RowsAtOnce;
        _launch(new KernelConfig(Math.Min(_device.Threads, items), 1), _device.NextItem.View, arguments, rows, _device.Number);
        CpuFaults.ThrowOf(_device.Number);
    }

    /// <summary>Body for one width, chosen at run time.</summary>
    public static void Dispatch<TBody>(in TsneArguments arguments, int row)
        where TBody : struct, ITsneBody
    {
        switch ((SimdWidth)arguments.Width)
        {
            case SimdWidth.V512: TBody.Run<Lanes512>(arguments, row); break;
            case SimdWidth.V256: TBody.Run<Lanes256>(arguments, row); break;
            default: TBody.Run<Lanes128>(arguments, row); break;
        }
    }

    private static void Kernel(ArrayView<int> next, TsneArguments arguments, int rows, int device) => TakeRows(next, arguments, rows, device);

    /// <summary>Never read by ILGPU, which has no try blocks.</summary>
    [IntrinsicImplementation]
    private static void TakeRows(ArrayView<int> next, TsneArguments arguments, int rows, int device)
    {
        ref int counter = ref next[0];
        try
        {
            for (int first = Interlocked.Add(ref counter, RowsAtOnce) - RowsAtOnce; first < rows; first = Interlocked.Add(ref counter, RowsAtOnce) - RowsAtOnce)
            {
                int end = Math.Min(first + RowsAtOnce, rows);
                for (int row = first; row < end; row++)
                    TOperation.Run(arguments, row);
            }
        }
#pragma warning disable CA1031 // All of them are thrown again where the kernel was launched.
        catch (Exception error)
#pragma warning restore CA1031
        {
            // The other threads find nothing more to do.
            Volatile.Write(ref counter, rows);
            CpuFaults.Keep(device, error);
        }
    }
}
