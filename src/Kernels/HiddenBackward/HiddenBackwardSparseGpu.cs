using GpuMlp.Kernels.Gpu;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Update;
using ILGPU;

namespace GpuMlp.Kernels.HiddenBackward;

/// <summary>
/// dW1 = X^T d1 over the pixels that are not 0: a thread owns one pixel x 32 columns of one segment of images, which it takes
/// in ascending order, so the bits are those of <see cref="HiddenBackwardGpu"/>. For CPUs that OpenCL offers.
/// </summary>
public struct HiddenBackwardSparseGpu
{
    public const int Threads = 64;

    private const int ChunksOfSegment = HiddenBackwardGpu.Segment / ChunkSchedule.ChunkRows;

    public CohortViews Cohort;

    public GpuCompressed Images;

    /// <summary>d1.</summary>
    public GpuActivations Activations;

    /// <summary>As W1: the gradient, or the partial sums of one segment after the other.</summary>
    public ArrayView<float> Gradient;

    /// <summary>Images of the run.</summary>
    public int Rows;

    /// <summary>1 when the sums go on from the gradient; for one segment.</summary>
    public int GoesOn;

    /// <summary>1 for the last segment of a batch alone: W1 -= rate * sums, and the gradient is not written.</summary>
    public int Updates;

    /// <summary>Groups of a launch.</summary>
    public static int Groups(int inputs, int vectors, int segments) => checked((inputs + Threads - 1) / Threads * ((vectors + 1) / 2) * segments);

    /// <summary>The ILGPU kernel.</summary>
    public static void Kernel(HiddenBackwardSparseGpu job)
    {
        int inputs = job.Cohort.Inputs, runs = (inputs + Threads - 1) / Threads;
        int pairs = ((job.Cohort.Vectors.IntLength / ColumnLayout.VectorFields) + 1) / 2;
        int group = Grid.IdxX / runs, pixel = ((Grid.IdxX - (group * runs)) * Threads) + Group.IdxX, segment = group / pairs;
        if (pixel >= inputs)
            return;
        var columns = new VectorPair(job.Cohort, group - (segment * pairs));
        ArrayView<Float4> deltas = job.Activations.Values.Cast<Float4>();
        int lowBase = columns.LowBase(job.Activations.Capacity), highBase = columns.HighBase(job.Activations.Capacity);
        Hexadec low = default, high = default;
        for (int part = 0; part < ChunksOfSegment; part++)
        {
            int first = (segment * HiddenBackwardGpu.Segment) + (part * ChunkSchedule.ChunkRows);
            if (first >= job.Rows)
                break;
            int chunk = (job.Images.FirstChunk + (first / ChunkSchedule.ChunkRows)) * ChunkSchedule.ChunkFields;
            int chunkRows = job.Images.Chunks[chunk + 1], starts = job.Images.Chunks[chunk + 5] + pixel;
            for (int band = 0; band < chunkRows; band += SparseImages.ImageBand, starts += inputs + 1)
            {
                int end = job.Images.Starts[starts + 1];
                for (int entry = job.Images.Starts[starts]; entry < end; entry++)
                {
                    float value = job.Images.Value[entry];
                    int image = first + job.Images.Index[entry];
                    low = low.Fma(value, deltas, lowBase + (image * columns.LowStride));
                    high = high.Fma(value, deltas, highBase + (image * columns.HighStride));
                }
            }
        }
        int partial = segment * (job.Cohort.W1.IntLength / 4);
        Store(job, low, partial, columns.LowBase(inputs) + (pixel * columns.LowStride), columns.LowColumn / 4);
        if (columns.HasHigh)
            Store(job, high, partial, columns.HighBase(inputs) + (pixel * columns.HighStride), columns.HighColumn / 4);
    }

    private static void Store(HiddenBackwardSparseGpu job, Hexadec sums, int partial, int place, int column)
    {
        ArrayView<Float4> gradient = job.Gradient.Cast<Float4>(), weights = job.Cohort.W1.Cast<Float4>();
        if (job.GoesOn != 0)
            sums = Hexadec.Load(gradient, place).Add(sums);
        if (job.Updates == 0)
        {
            sums.Store(gradient, partial + place);
            return;
        }
        ArrayView<Float4> rates = job.Cohort.ColumnRates.Cast<Float4>();
        float decay = job.Cohort.WeightDecay;
        weights[place] = UpdateGpu.Step(rates[column], sums.A, weights[place], decay);
        weights[place + 1] = UpdateGpu.Step(rates[column + 1], sums.B, weights[place + 1], decay);
        weights[place + 2] = UpdateGpu.Step(rates[column + 2], sums.C, weights[place + 2], decay);
        weights[place + 3] = UpdateGpu.Step(rates[column + 3], sums.D, weights[place + 3], decay);
    }
}
