using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// Z over the pixels that are not 0: a thread owns one image x 32 columns, whose sums stay in registers. For CPUs that
/// OpenCL offers: neighbouring threads read rows of Wq that lie apart, which caches serve and a GPU's memory does not.
/// </summary>
public struct HiddenForwardSparseGpu
{
    public const int Threads = 64;

    public CohortViews Cohort;

    public GpuWeights Weights;

    /// <summary>As in <see cref="ImageViews"/>.</summary>
    public ArrayView<int> Starts;

    public ArrayView<ushort> Index;

    public ArrayView<byte> Value;

    /// <summary>Z goes here.</summary>
    public GpuActivations Activations;

    /// <summary>The run: images First .. First + Rows - 1.</summary>
    public int First, Rows;

    /// <summary>Groups of a launch.</summary>
    public static int Groups(int rows, int vectors) => checked((rows + Threads - 1) / Threads * ((vectors + 1) / 2));

    /// <summary>The ILGPU kernel.</summary>
    public static void Kernel(HiddenForwardSparseGpu job)
    {
        int runs = (job.Rows + Threads - 1) / Threads, pair = Grid.IdxX / runs, row = ((Grid.IdxX - (pair * runs)) * Threads) + Group.IdxX;
        if (row >= job.Rows)
            return;
        int inputs = job.Cohort.Inputs;
        var columns = new VectorPair(job.Cohort, pair);
        ArrayView<Int4> weights = job.Weights.Values.Cast<Int4>();
        int lowBase = columns.LowBase(inputs + 1), highBase = columns.HighBase(inputs + 1);

        // The constant pixel, which is in no list.
        Hexadec low = default(Hexadec).MultiplyAdd(ExactSums.ConstantPixel, weights, lowBase + (inputs * columns.LowStride));
        Hexadec high = default(Hexadec).MultiplyAdd(ExactSums.ConstantPixel, weights, highBase + (inputs * columns.HighStride));
        int end = job.Starts[job.First + row + 1];
        for (int entry = job.Starts[job.First + row]; entry < end; entry++)
        {
            int value = job.Value[entry], index = job.Index[entry];
            low = low.MultiplyAdd(value, weights, lowBase + (index * columns.LowStride));
            high = high.MultiplyAdd(value, weights, highBase + (index * columns.HighStride));
        }
        Store(job, low, columns.LowBase(job.Activations.Capacity) + (row * columns.LowStride), columns.LowColumn);
        if (columns.HasHigh)
            Store(job, high, columns.HighBase(job.Activations.Capacity) + (row * columns.HighStride), columns.HighColumn);
    }

    private static void Store(HiddenForwardSparseGpu job, Hexadec sums, int place, int column)
    {
        ArrayView<Float4> z = job.Activations.Values.Cast<Float4>();
        z[place] = GpuWeights.Activation(sums.A, job.Weights.Scales(job.Cohort, column));
        z[place + 1] = GpuWeights.Activation(sums.B, job.Weights.Scales(job.Cohort, column + 4));
        z[place + 2] = GpuWeights.Activation(sums.C, job.Weights.Scales(job.Cohort, column + 8));
        z[place + 3] = GpuWeights.Activation(sums.D, job.Weights.Scales(job.Cohort, column + 12));
    }
}
