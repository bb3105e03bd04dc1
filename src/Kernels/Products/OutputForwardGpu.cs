using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// logit[n, m, k] = (float)S 2^-32, where S sums rint(fl(Z w2) 2^32) over m's columns with Z above 0, and rint(b2 2^32), in
/// 64-bit integers; NaN for a model that has failed. A thread owns an image of a model's output k.
/// </summary>
public struct OutputForwardGpu
{
    /// <summary>One an image.</summary>
    public const int Threads = 128;

    public CohortViews Cohort;

    public GpuActivations Activations;

    /// <summary>One flag a slot.</summary>
    public ArrayView<int> Failed;

    /// <summary>[slot, O, ValueStride]: logits of the run from ValueOffset on.</summary>
    public ArrayView<float> Values;

    public int ValueStride, ValueOffset, Rows;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => checked(Cohort.B2.IntLength * Runs);

    private readonly int Runs => (Rows + Threads - 1) / Threads;

    /// <summary>The ILGPU kernel; runs of images the fastest, then outputs, then slots.</summary>
    public static void Kernel(OutputForwardGpu job)
    {
        int output = Grid.IdxX / job.Runs, row = ((Grid.IdxX - (output * job.Runs)) * Threads) + Group.IdxX;
        if (row >= job.Rows)
            return;
        int index = output / job.Cohort.Outputs, k = output - (index * job.Cohort.Outputs);
        job.Values[((long)output * job.ValueStride) + job.ValueOffset + row] = Logit(
            job.Cohort, job.Activations, new GpuSlot(job.Cohort, index), index, k, job.Failed[index], row);
    }

    /// <summary>The logit of one image, of models with one.</summary>
    /// <param name="failed">The model's flag.</param>
    internal static float Logit(CohortViews cohort, GpuActivations activations, GpuSlot slot, int index, int failed, int row) =>
        Sum(cohort, activations, slot, cohort.B2[index], slot.Column, failed, row);

    /// <summary>Logit k of one image.</summary>
    /// <inheritdoc cref="Logit(CohortViews, GpuActivations, GpuSlot, int, int, int)"/>
    internal static float Logit(CohortViews cohort, GpuActivations activations, GpuSlot slot, int index, int k, int failed, int row) => Sum(
        cohort, activations, slot, cohort.B2[(index * cohort.Outputs) + k], (k * cohort.B1.IntLength) + slot.Column, failed, row);

    private static float Sum(
        CohortViews cohort, GpuActivations activations, GpuSlot slot, float bias, int weights, int failed, int row)
    {
        if (failed != 0)
            return NaN(failed);
        long sum = (long)GpuMath.Rint(bias * ExactSums.LogitUnits);
        int place = slot.Row(activations.Capacity, row);
        for (int h = 0; h < slot.Hidden; h++)
            sum += Term(activations.Values[place + h], cohort.W2[weights + h]);
        return Logit(sum);
    }

    /// <summary>What a hidden unit adds to S.</summary>
    internal static long Term(float z, float w2) => z > 0f ? (long)GpuMath.Rint(z * w2 * ExactSums.LogitUnits) : 0;

    /// <summary>.NET's NaN, bits FFC00000, from a flag that is 1: compilers for GPUs make of a constant whatever NaN they have.</summary>
    internal static float NaN(int flag) => Interop.IntAsFloat((uint)(-flag << 22));

    /// <summary>The division is exact, so a product is.</summary>
    internal static float Logit(long sum) => sum * (1f / ExactSums.LogitUnits);
}
