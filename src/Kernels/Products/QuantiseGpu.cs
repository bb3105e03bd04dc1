using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// Wq = rint(W 2^(23 - e)) with the least e of each column for which that fits 24 bits, and a flag for each model that is out
/// of range. A group owns sixteen columns, sixteen threads a column, each takes every sixteenth row of W1 and b1.
/// </summary>
/// <remarks>
/// A column that is out of range becomes 0 here; what else its model computes is left out where <see cref="GpuWeights.Failed"/> is read.
/// </remarks>
public struct QuantiseGpu
{
    public const int Threads = Columns * Shares;

    private const int Columns = ColumnLayout.Vector, Shares = 16;

    public CohortViews Cohort;

    public GpuWeights Weights;

    /// <summary>The ILGPU kernel; a group a vector.</summary>
    public static void Kernel(QuantiseGpu job)
    {
        ArrayView<int> largest = SharedMemory.Allocate<int>(Threads);
        int thread = Group.IdxX, within = thread % Columns, share = thread / Columns, inputs = job.Cohort.Inputs;
        var vector = new GpuVector(job.Cohort, Grid.IdxX);
        int column = vector.Column + within, source = vector.Base(inputs) + within, target = vector.Base(inputs + 1) + within;

        // Bits of magnitudes are ordered as the magnitudes are, with infinity and NaN above all numbers.
        int most = 0;
        for (int d = share; d <= inputs; d += Shares)
            most = Math.Max(most, (int)GpuMath.Bits(Weight(job, column, source, vector.Stride, d)) & 0x7FFFFFFF);
        largest[thread] = most;
        GpuGroup.Barrier();
        for (int other = within; other < Threads; other += Columns)
            most = Math.Max(most, largest[other]);

        int exponent = ExactSums.Exponent(Interop.IntAsFloat((uint)most));
        bool isOut = exponent == ExactSums.OutOfRange;
        if (thread < Columns)
            Leave(job, column, isOut, isOut ? ExactSums.LeastExponent : exponent);
        float scale = ExactSums.WeightScale(isOut ? ExactSums.LeastExponent : exponent);
        for (int d = share; d <= inputs; d += Shares)
        {
            float weight = isOut ? 0f : Weight(job, column, source, vector.Stride, d);
            job.Weights.Values[target + (d * vector.Stride)] = (int)GpuMath.Rint(weight * scale);
        }
    }

    private static float Weight(QuantiseGpu job, int column, int source, int stride, int d) =>
        d < job.Cohort.Inputs ? job.Cohort.W1[source + (d * stride)] : job.Cohort.B1[column];

    private static void Leave(QuantiseGpu job, int column, bool isOut, int exponent)
    {
        job.Weights.Exponents[column] = exponent;
        int slot = job.Cohort.ColumnSlots[column];
        if (slot < 0)
            return;
        int hidden = job.Cohort.Slots[(2 * slot) + 1], outputs = job.Cohort.Outputs, columns = job.Cohort.B1.IntLength;
        float sum = 0f, dropoutScale = job.Cohort.Learning.DropoutScales[slot];
        for (int k = 0; k < outputs; k++)
        {
            float weight = job.Cohort.W2[(k * columns) + column];
            sum += GpuMath.Abs(weight);
            isOut |= !ExactSums.IsInRange(exponent, weight * dropoutScale, job.Cohort.Inputs, hidden)
                || !ExactSums.IsInRange(job.Cohort.B2[(slot * outputs) + k]);
        }
        if (outputs > 1)
        {
            int power = ExactSums.Exponent(sum);
            isOut |= power == ExactSums.OutOfRange;
            job.Weights.BackExponents[column] = isOut ? ExactSums.LeastExponent : power;
        }
        if (isOut)
            job.Weights.Failed[slot] = 1;
    }
}
