using GpuMlp.Kernels.Gpu;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
using ILGPU;

namespace GpuMlp.Kernels.HiddenForward;

/// <summary>
/// Z = X W1 + b1 over the pixels that are not 0: a thread owns one image x 32 columns, whose sums stay in registers. Pixels in
/// ascending order, one fused multiply-add each, so the bits are those of <see cref="HiddenForwardGpu"/>. For CPUs that
/// OpenCL offers: neighbouring threads read rows of W1 that lie apart, which caches serve and a GPU's memory does not.
/// </summary>
public struct HiddenForwardSparseGpu
{
    public const int Threads = 64;

    public CohortViews Cohort;

    public GpuCompressed Images;

    /// <summary>Z goes here.</summary>
    public GpuActivations Activations;

    /// <summary>Images of the run.</summary>
    public int Rows;

    /// <summary>Groups of a launch.</summary>
    public static int Groups(int rows, int vectors) => checked((rows + Threads - 1) / Threads * ((vectors + 1) / 2));

    /// <summary>The ILGPU kernel.</summary>
    public static void Kernel(HiddenForwardSparseGpu job)
    {
        int runs = (job.Rows + Threads - 1) / Threads, pair = Grid.IdxX / runs, row = ((Grid.IdxX - (pair * runs)) * Threads) + Group.IdxX;
        if (row >= job.Rows)
            return;
        int inputs = job.Cohort.Inputs, chunk = (job.Images.FirstChunk + (row / ChunkSchedule.ChunkRows)) * ChunkSchedule.ChunkFields;
        int chunkRows = job.Images.Chunks[chunk + 1], starts = job.Images.Chunks[chunk + 4] + (row % ChunkSchedule.ChunkRows);
        var columns = new VectorPair(job.Cohort, pair);
        ArrayView<Float4> weights = job.Cohort.W1.Cast<Float4>(), biases = job.Cohort.B1.Cast<Float4>();
        Hexadec low = Hexadec.Load(biases, columns.LowColumn / 4), high = Hexadec.Load(biases, columns.HighColumn / 4);
        int lowBase = columns.LowBase(inputs), highBase = columns.HighBase(inputs);
        for (int pixel = 0; pixel < inputs; pixel += SparseImages.PixelBand, starts += chunkRows + 1)
        {
            int end = job.Images.Starts[starts + 1];
            for (int entry = job.Images.Starts[starts]; entry < end; entry++)
            {
                float value = job.Images.Value[entry];
                int index = job.Images.Index[entry];
                low = low.Fma(value, weights, lowBase + (index * columns.LowStride));
                high = high.Fma(value, weights, highBase + (index * columns.HighStride));
            }
        }
        ArrayView<Float4> z = job.Activations.Values.Cast<Float4>();
        low.Store(z, columns.LowBase(job.Activations.Capacity) + (row * columns.LowStride));
        if (columns.HasHigh)
            high.Store(z, columns.HighBase(job.Activations.Capacity) + (row * columns.HighStride));
    }
}
