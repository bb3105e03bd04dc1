using GpuMlp.Kernels.Gpu;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.OutputForward;
using ILGPU;

namespace GpuMlp.Kernels.OutputBackward;

/// <summary>
/// From d2: dw2 = relu(Z)^T d2, d1 = d2 w2 [Z > 0] in place of Z, db1 = sum of d1 over images. A group owns a model;
/// sixteen threads share a column, each takes every sixteenth image, and their sums are added in ascending order.
/// </summary>
public struct OutputBackwardGpu
{
    /// <summary>Sixteen columns times sixteen shares of the images.</summary>
    public const int Threads = 256;

    private const int Columns = 16, Shares = 16;

    public CohortViews Cohort;

    public GpuActivations Activations;

    /// <summary>[slot, ValueStride]: d2.</summary>
    public ArrayView<float> Deltas;

    public int ValueStride;

    /// <summary>Images of the run, at most <see cref="OutputForwardGpu.MostRows"/>.</summary>
    public int Rows;

    /// <summary>One value a column.</summary>
    public ArrayView<float> GradW2, GradB1;

    /// <summary>1 when the run is the first of its batch: then gradients are replaced, else they go on.</summary>
    public int IsFirst;

    /// <summary>The ILGPU kernel; a group a slot.</summary>
    public static void Kernel(OutputBackwardGpu job)
    {
        ArrayView<float> deltas = SharedMemory.Allocate<float>(OutputForwardGpu.MostRows);
        ArrayView<float> sumsW2 = SharedMemory.Allocate<float>(Threads), sumsB1 = SharedMemory.Allocate<float>(Threads);
        int index = Grid.IdxX, thread = Group.IdxX;
        var slot = new GpuSlot(job.Cohort, index);
        for (int row = thread; row < job.Rows; row += Threads)
            deltas[row] = job.Deltas[(index * job.ValueStride) + row];
        GpuGroup.Barrier();
        for (int first = 0; first < slot.Hidden; first += Columns)
        {
            Sum(job.Cohort, job.Activations, slot, 0, job.Rows, first, thread, deltas, sumsW2, sumsB1);
            int column = slot.Column + first + thread;
            if (thread < Columns && first + thread < slot.Hidden)
            {
                job.GradW2[column] = (job.IsFirst != 0 ? 0f : job.GradW2[column]) + Share(sumsW2, thread);
                job.GradB1[column] = (job.IsFirst != 0 ? 0f : job.GradB1[column]) + Share(sumsB1, thread);
            }
            GpuGroup.Barrier();
        }
    }

    /// <summary>
    /// For sixteen columns of a model from <paramref name="first"/> on: Z becomes d1, and each share's sums go to shared
    /// memory. Ends with a barrier; the caller needs another one before the sums are overwritten.
    /// </summary>
    /// <param name="firstRow">The run's first row in the activations.</param>
    internal static void Sum(
        CohortViews cohort, GpuActivations activations, GpuSlot slot, int firstRow, int rows, int first, int thread,
        ArrayView<float> deltas, ArrayView<float> sumsW2, ArrayView<float> sumsB1)
    {
        int within = first + (thread % Columns), share = thread / Columns;
        float gradW2 = 0f, gradB1 = 0f;
        if (within < slot.Hidden)
        {
            float w2 = cohort.W2[slot.Column + within];
            int place = slot.Row(activations.Capacity, firstRow + share) + within;
            for (int row = share; row < rows; row += Shares, place += Shares * slot.Stride)
            {
                float z = activations.Values[place], d2 = deltas[row], d1 = z > 0f ? d2 * w2 : 0f;
                gradW2 = GpuMath.Fma(GpuMath.Relu(z), d2, gradW2);
                gradB1 += d1;
                activations.Values[place] = d1;
            }
        }
        sumsW2[thread] = gradW2;
        sumsB1[thread] = gradB1;
        GpuGroup.Barrier();
    }

    /// <summary>The sum of a column's shares, in ascending order.</summary>
    internal static float Share(ArrayView<float> sums, int column)
    {
        float sum = sums[column];
        for (int share = 1; share < Shares; share++)
            sum += sums[(share * Columns) + column];
        return sum;
    }
}
