using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>The scales of <see cref="SmoothGradient"/> on a CPU.</summary>
internal static unsafe class SmoothScales
{
    /// <summary>1 / (sigma |W1[:, h]|) of each column of a block; 0 for a column of zeros, whose coefficient does not matter.</summary>
    /// <param name="scales">Room for the block's stride; the sum of squares takes pixels in ascending order.</param>
    public static void OfBlock<T>(in BlockPointers block, float* scales)
        where T : unmanaged, ILanes<T>
    {
        for (int column = 0; column < block.Stride; column += LaneMask.Lanes)
        {
            T sum = T.Zero;
            float* w = block.W1 + column;
            for (int d = 0; d < block.Inputs; d++, w += block.Stride)
            {
                T value = T.Load(w);
                sum = T.Fma(value, value, sum);
            }
            T.Store(sum, scales + column);
        }
        for (int column = 0; column < block.Stride; column++)
            scales[column] = scales[column] > 0 ? 1f / (SmoothGradient.NoiseSigma * MathF.Sqrt(scales[column])) : 0f;
    }
}

/// <summary>
/// 1 / (sigma |W1[:, h]|) of each column, as <see cref="SmoothScales.OfBlock"/> has it: a group owns sixteen columns, a thread
/// one.
/// </summary>
public struct SmoothScaleGpu
{
    public const int Threads = ColumnLayout.Vector;

    public CohortViews Cohort;

    /// <summary>One value a padded column.</summary>
    public ArrayView<float> Scales;

    /// <summary>The ILGPU kernel; a group a vector.</summary>
    public static void Kernel(SmoothScaleGpu job)
    {
        int entry = Grid.IdxX * ColumnLayout.VectorFields, inputs = job.Cohort.Inputs;
        int first = job.Cohort.Vectors[entry], stride = job.Cohort.Vectors[entry + 1], column = job.Cohort.Vectors[entry + 2] + Group.IdxX;
        float sum = 0f;
        for (int d = 0, place = (inputs * first) + column - first; d < inputs; d++, place += stride)
        {
            float w = job.Cohort.W1[place];
            sum = GpuMath.Fma(w, w, sum);
        }
        job.Scales[column] = sum > 0f ? GpuMath.Divide(1f, SmoothGradient.NoiseSigma * GpuMath.Sqrt(sum)) : 0f;
    }
}
