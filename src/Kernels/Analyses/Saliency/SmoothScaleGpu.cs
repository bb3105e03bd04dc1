using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>
/// 1 / (sigma |W1[:, h]|) of each column, as <see cref="SaliencyCoefficients.SmoothScales"/> has it: a group owns sixteen columns, a thread
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
        job.Scales[column] = sum > 0f ? GpuMath.Divide(1f, SaliencyCoefficients.NoiseSigma * GpuMath.Sqrt(sum)) : 0f;
    }
}
