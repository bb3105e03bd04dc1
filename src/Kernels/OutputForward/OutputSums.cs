using GpuMlp.Kernels.Gpu;
using ILGPU;

namespace GpuMlp.Kernels.OutputForward;

/// <summary>Loss, d2 and counts of an image, and their sums over a run of at most 512 images.</summary>
internal readonly struct OutputSums
{
    /// <summary>Three counts of at most 512 in one word.</summary>
    public const int Bits = 10, Mask = (1 << Bits) - 1;

    public readonly float Loss, Delta;

    /// <summary>True positives, false positives and false negatives, ten bits each from the lowest on.</summary>
    public readonly int Counts;

    public OutputSums(float loss, float delta, int counts)
    {
        Loss = loss;
        Delta = delta;
        Counts = counts;
    }

    /// <summary>Of one image; the formulas are those of <see cref="OutputForwardBody"/>.</summary>
    public static OutputSums Of(float logit, float label, int batchRows)
    {
        float e = GpuMath.ExpOfNegative(-GpuMath.Abs(logit));
        float loss = GpuMath.Relu(logit) - (logit * label) + GpuMath.Log1P(e);
        bool positive = logit >= 0f, actual = label > 0.5f;
        float p = GpuMath.Divide(positive ? 1f : e, 1f + e);
        float delta = (p - label) * GpuMath.Divide(1f, batchRows);
        int counts = positive ? (actual ? 1 : 1 << Bits) : (actual ? 1 << (2 * Bits) : 0);
        return new OutputSums(loss, delta, counts);
    }

    public OutputSums Add(OutputSums other) => new(Loss + other.Loss, Delta + other.Delta, Counts + other.Counts);

    /// <summary>The sums of all 256 threads of the group, in a fixed tree; each thread gets them.</summary>
    public static OutputSums Tree(ArrayView<float> losses, ArrayView<float> deltas, ArrayView<int> counts, int thread, OutputSums own)
    {
        losses[thread] = own.Loss;
        deltas[thread] = own.Delta;
        counts[thread] = own.Counts;
        GpuGroup.Barrier();
        for (int half = OutputForwardGpu.Threads / 2; half > 0; half /= 2)
        {
            if (thread < half)
            {
                losses[thread] += losses[thread + half];
                deltas[thread] += deltas[thread + half];
                counts[thread] += counts[thread + half];
            }
            GpuGroup.Barrier();
        }
        return new OutputSums(GpuGroup.Keep(losses[0]), GpuGroup.Keep(deltas[0]), GpuGroup.Keep(counts[0]));
    }
}
