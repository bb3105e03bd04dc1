using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// Loss, q and counts of images: integers, so they may be added in any order. The rules are those of <see cref="OutputForwardBody"/>.
/// </summary>
internal readonly struct OutputSums
{
    /// <summary>Loss in whole nats and in units of 2^-32 beside them; q.</summary>
    public readonly long LossWhole, LossPart, Delta;

    public readonly int TruePositives, FalsePositives, FalseNegatives;

    private OutputSums(long lossWhole, long lossPart, long delta, int truePositives, int falsePositives, int falseNegatives)
    {
        LossWhole = lossWhole;
        LossPart = lossPart;
        Delta = delta;
        TruePositives = truePositives;
        FalsePositives = falsePositives;
        FalseNegatives = falseNegatives;
    }

    /// <summary>Of one image; a model that has failed says no to every image and learns nothing.</summary>
    /// <param name="scale">What the image counts, at most 1: see <see cref="LearningViews.ClassScales"/>. The loss is without it.</param>
    public static OutputSums Of<TLoss>(float logit, float label, float scale, bool failed)
        where TLoss : struct, ILoss
    {
        float x = failed ? 0f : logit;
        TLoss.Of<Scalar>(x, label, out Scalar l, out Scalar p);
        float loss = l.Value;
        bool actual = label != 0f, said = x >= 0f && !failed;

        // A loss is not negative, so this is its floor.
        long whole = (long)loss;
        long part = (long)GpuMath.Rint((loss - whole) * ExactSums.LogitUnits), delta = (long)GpuMath.Rint(
            (p.Value - label) * scale * ExactSums.Largest);
        return new OutputSums(
            failed ? 0 : whole, failed ? 0 : part, failed ? 0 : delta, said && actual ? 1 : 0, said && !actual ? 1 : 0, !said && actual
                ? 1
                : 0);
    }

    public OutputSums Add(OutputSums other) => new(
        LossWhole + other.LossWhole, LossPart + other.LossPart, Delta + other.Delta,
        TruePositives + other.TruePositives, FalsePositives + other.FalsePositives, FalseNegatives + other.FalseNegatives);

    /// <summary>The sums of all threads of the group; the first one gets them. Three sums a thread lie in each view.</summary>
    public static OutputSums OfGroup(ArrayView<long> sums, ArrayView<int> counts, int thread, int threads, OutputSums own)
    {
        sums[thread] = own.LossWhole;
        sums[threads + thread] = own.LossPart;
        sums[(2 * threads) + thread] = own.Delta;
        counts[thread] = own.TruePositives;
        counts[threads + thread] = own.FalsePositives;
        counts[(2 * threads) + thread] = own.FalseNegatives;
        GpuGroup.Barrier();
        for (int half = threads / 2; half > 0; half /= 2)
        {
            for (int sum = thread; thread < half && sum < 3 * threads; sum += threads)
            {
                sums[sum] += sums[sum + half];
                counts[sum] += counts[sum + half];
            }
            GpuGroup.Barrier();
        }
        return new OutputSums(sums[0], sums[threads], sums[2 * threads], counts[0], counts[threads], counts[2 * threads]);
    }
}
