using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// G = X^T (gate q) over the pixels that are not 0: a thread owns one pixel x 32 columns of a part of the images. For CPUs
/// that OpenCL offers.
/// </summary>
public struct HiddenBackwardSparseGpu
{
    public const int Threads = 64;

    public CohortViews Cohort;

    /// <summary>As in <see cref="ImageViews"/>.</summary>
    public ArrayView<int> Starts;

    public ArrayView<ushort> Index;

    public ArrayView<byte> Value;

    /// <summary>The chunk that the run begins with; the run's other chunks follow it.</summary>
    public int FirstChunk;

    /// <summary>gate q.</summary>
    public GpuActivations Activations;

    /// <summary>G, [D + 1, stride] block after block, part after part.</summary>
    public ArrayView<long> Sums;

    public GpuParts Parts;

    /// <summary>1 when the sums go on from what is there.</summary>
    public int GoesOn;

    /// <summary>Groups of a launch.</summary>
    public static int Groups(int inputs, int vectors, int parts) => checked((inputs + Threads) / Threads * ((vectors + 1) / 2) * parts);

    /// <summary>The ILGPU kernel.</summary>
    public static void Kernel(HiddenBackwardSparseGpu job)
    {
        // The constant pixel has a list like the others.
        int pixels = job.Cohort.Inputs + 1, runs = (pixels + Threads - 1) / Threads;
        int pairs = ((job.Cohort.Vectors.IntLength / ColumnLayout.VectorFields) + 1) / 2;
        int group = Grid.IdxX / runs, pixel = ((Grid.IdxX - (group * runs)) * Threads) + Group.IdxX, part = group / pairs;
        if (pixel >= pixels)
            return;
        var columns = new VectorPair(job.Cohort, group - (part * pairs));
        ArrayView<Float4> deltas = job.Activations.Values.Cast<Float4>();
        int lowBase = columns.LowBase(job.Activations.Capacity), highBase = columns.HighBase(job.Activations.Capacity);
        var (low, high) = (default(Hexadec), default(Hexadec));
        int last = job.Parts.First(part + 1);
        for (int first = job.Parts.First(part); first < last; first += ChunkSchedule.ChunkRows)
        {
            // A chunk's lists have one start more than there are pixels.
            int start = ((job.FirstChunk + (first / ChunkSchedule.ChunkRows)) * (pixels + 1)) + pixel, end = job.Starts[start + 1];
            for (int entry = job.Starts[start]; entry < end; entry++)
            {
                int value = job.Value[entry], image = first + job.Index[entry];
                low = low.MultiplyAdd(value, deltas, lowBase + (image * columns.LowStride));
                high = high.MultiplyAdd(value, deltas, highBase + (image * columns.HighStride));
            }
        }
        int partial = part * (pixels * job.Cohort.B1.IntLength / 4);
        Store(job, low, partial + columns.LowBase(pixels) + (pixel * columns.LowStride));
        if (columns.HasHigh)
            Store(job, high, partial + columns.HighBase(pixels) + (pixel * columns.HighStride));
    }

    private static void Store(HiddenBackwardSparseGpu job, Hexadec sums, int place)
    {
        Store(job, sums.A, place);
        Store(job, sums.B, place + 1);
        Store(job, sums.C, place + 2);
        Store(job, sums.D, place + 3);
    }

    private static void Store(HiddenBackwardSparseGpu job, Long4 sums, int place)
    {
        ArrayView<Long4> all = job.Sums.Cast<Long4>();
        all[place] = job.GoesOn != 0 ? all[place].Add(sums) : sums;
    }
}
