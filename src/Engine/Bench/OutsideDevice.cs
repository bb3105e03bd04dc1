using System.Diagnostics;
using GpuMlp.Kernels.Devices;
using ILGPU;
using ILGPU.Algorithms.MatrixOperations;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.OpenCL;
using ILGPU.Util;

namespace GpuMlp.Engine.Bench;

/// <summary>The same device once more, with ILGPU.Algorithms and its sparse kernels loaded.</summary>
internal sealed class OutsideDevice : IDisposable
{
    private readonly Context _context;
    private readonly MemoryBuffer1D<int, Stride1D.Dense> _scratch;
    private (double ResultMs, double ProductMs)? _cost;

    /// <exception cref="NotSupportedException">The device is not found again, or cannot run such kernels.</exception>
    public OutsideDevice(ComputeDevice device)
    {
        // Its kernels work in groups with barriers. On a CPU the smallest group that ILGPU knows is the fastest: two threads.
        _context = device is CpuDevice cpu
            ? Context.Create(builder => builder.CPU(new CPUDevice(2, 1, cpu.Threads)).EnableAlgorithms())
            : Context.Create(builder => builder.AllAccelerators().EnableAlgorithms());
        Device same = _context.Devices
            .FirstOrDefault(d => d.AcceleratorType == device.Kind && (device is CpuDevice || d.Name == device.Name))
            ?? throw new NotSupportedException($"no second context on {device.Name}");

        // PoCL 6 crashes the process when it compiles the scan over a group that the multiplier begins with.
        if (same is CLDevice { PlatformName: { } platform } && platform.Contains("Portable Computing Language", StringComparison.Ordinal))
        {
            _context.Dispose();
            throw new NotSupportedException("PoCL cannot compile the multiplier of ILGPU.Algorithms");
        }
        Accelerator = same is CPUDevice processor
            ? processor.CreateCPUAccelerator(_context, CPUAcceleratorMode.Parallel)
            : same.CreateAccelerator(_context);
        Stream = Accelerator.DefaultStream;
        _scratch = Accelerator.Allocate1D<int>(1);
        Shape = Accelerator.CreateSparseMatrixShapeConverter<float, FloatEpsPredicate<Stride2D.General>, Stride2D.General>(_scratch.View);
        Convert = Accelerator.CreateSparseMatrixConverter<float, Stride2D.General>();
        Multiply = Accelerator
            .CreateSparseTransposedMatrixMultiplierMasked<float, AllElements, Stride2D.General, FloatMaskedSparseMatrixProcessor>();
    }

    public Accelerator Accelerator { get; }

    public AcceleratorStream Stream { get; }

    /// <summary>Finds the non-zeros of a dense matrix.</summary>
    public SparseMatrixShapeConverter<float, FloatEpsPredicate<Stride2D.General>, Stride2D.General> Shape { get; }

    /// <summary>Gathers their values.</summary>
    public SparseMatrixConverter<float, Stride2D.General> Convert { get; }

    /// <summary>Dense [N, D] times the transpose of sparse [C, D].</summary>
    public MaskedSparseMatrixMultiplier<float, AllElements, Stride2D.General> Multiply { get; }

    /// <summary>
    /// Milliseconds of a call, from small products: what each number of the result takes by itself, and each weight of it.
    /// </summary>
    public double ExpectedMs(double results, double products)
    {
        _cost ??= Cost();
        return (results * _cost.Value.ResultMs) + (products * _cost.Value.ProductMs);
    }

    private (double ResultMs, double ProductMs) Cost()
    {
        const int Kept = 256;
        double few = MsOfAResult(1), many = MsOfAResult(Kept), product = Math.Max(0, many - few) / (Kept - 1);
        return (Math.Max(0, few - product), product);
    }

    // Where a column keeps this many weights.
    private double MsOfAResult(int kept)
    {
        const int Rows = 64, Inputs = 256, Columns = 32;
        using MemoryBuffer2D<float, Stride2D.DenseY> left = Accelerator.Allocate2DDenseY<float>((Rows, Inputs));
        using MemoryBuffer2D<float, Stride2D.DenseY> values = Accelerator.Allocate2DDenseY<float>((Columns, kept));
        using MemoryBuffer2D<float, Stride2D.DenseY> product = Accelerator.Allocate2DDenseY<float>((Rows, Columns));
        using MemoryBuffer2D<int, Stride2D.DenseY> places = Accelerator.Allocate2DDenseY<int>((Columns, kept));
        using MemoryBuffer1D<int, Stride1D.Dense> counts = Accelerator.Allocate1D([.. Enumerable.Repeat(kept, Columns)]);
        left.MemSetToZero(Stream);
        values.MemSetToZero(Stream);
        places.MemSetToZero(Stream);
        var shape = new SparseMatrixShapeView<Stride2D.General>(places.View.AsGeneral(), counts.View, Columns, Inputs);
        var weights = new SparseMatrixView<float, Stride2D.General>(values.View.AsGeneral(), shape);
        double best = double.PositiveInfinity;
        for (int call = 0; call < 3; call++)
        {
            long start = Stopwatch.GetTimestamp();
            Multiply(Stream, default, left.View.AsGeneral(), weights, product.View.AsGeneral());
            Stream.Synchronize();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return best / (Rows * Columns);
    }

    public void Dispose()
    {
        _scratch.Dispose();
        Accelerator.Dispose();
        _context.Dispose();
    }
}

/// <summary>Every element of the product is wanted: the cheapest answer to what the multiplier asks of each.</summary>
public readonly struct AllElements : InlineList.IPredicate<Index2D>
{
    public bool Apply(Index2D item) => true;
}
