using GpuMlp.Kernels.Gpu;
using GpuMlp.Kernels.HiddenBackward;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.OutputForward;
using GpuMlp.Kernels.TrainEpoch;
using ILGPU;

namespace GpuMlp.Kernels.Update;

/// <summary>The sums of a batch so far, as the parameters lie.</summary>
public struct GpuGradients
{
    public ArrayView<float> W1, B1, W2, B2;
}

/// <summary>
/// Gradient descent, and before it the second half of every sum over segments of images: gradient (+)= partials in
/// ascending order, then parameter = fma(-rate, gradient, parameter); with weight decay the gradient of W1 and w2 is
/// fma(decay, weight, gradient). A thread owns four columns of a row of W1, four of b1 and w2, or a model's b2 and totals.
/// </summary>
public struct UpdateGpu
{
    public const int Threads = 128;

    public CohortViews Cohort;

    public GpuGradients Gradients;

    public GpuPartials Partials;

    public GpuTotals Totals;

    /// <summary>Segments whose sums are added for b1, w2 and b2; 0 for none.</summary>
    public int Segments;

    /// <summary>The same for W1, whose sums may have been added already.</summary>
    public int WeightSegments;

    /// <summary>Images in the segments.</summary>
    public int Rows;

    /// <summary>1 when the segments are the first of their batch, so that they replace the gradient.</summary>
    public int IsFirst;

    /// <summary>1 when parameters are to be updated: the segments are the last of their batch.</summary>
    public int IsLast;

    /// <summary>0 leaves W1 and its gradient alone.</summary>
    public int Weights;

    /// <summary>1 when the segments are the first of their epoch: totals start from 0.</summary>
    public int OpensEpoch;

    /// <summary>Threads that have something to do.</summary>
    internal readonly long Items
    {
        get
        {
            long quads = Cohort.Vectors.IntLength / ColumnLayout.VectorFields * 4;
            return (Weights * quads * Cohort.Inputs) + quads + (Cohort.Slots.IntLength / 2);
        }
    }

    /// <summary>The ILGPU kernel; groups of <see cref="Threads"/>, one thread an item.</summary>
    public static void Kernel(UpdateGpu job)
    {
        int item = (Grid.IdxX * Threads) + Group.IdxX;
        int quads = job.Cohort.Vectors.IntLength / ColumnLayout.VectorFields * 4, slots = job.Cohort.Slots.IntLength / 2;
        int weights = job.Weights * quads * job.Cohort.Inputs;
        if (item < weights)
            UpdateWeights(job, item / quads, item % quads);
        else if (item < weights + quads)
            UpdateColumns(job, item - weights);
        else if (item < weights + quads + slots)
            UpdateSlot(job, item - weights - quads);
    }

    /// <summary>A parameter after a step; decay 0 leaves its term out, and rate 0 (padding has it) the whole step.</summary>
    internal static float Step(float rate, float gradient, float parameter, float decay) => rate == 0f
        ? parameter
        : GpuMath.Fma(-rate, decay == 0f ? gradient : GpuMath.Fma(decay, parameter, gradient), parameter);

    internal static Float4 Step(Float4 rate, Float4 gradient, Float4 parameter, float decay) => new(
        Step(rate.X, gradient.X, parameter.X, decay),
        Step(rate.Y, gradient.Y, parameter.Y, decay),
        Step(rate.Z, gradient.Z, parameter.Z, decay),
        Step(rate.W, gradient.W, parameter.W, decay));

    private static void UpdateWeights(UpdateGpu job, int row, int quad)
    {
        int entry = quad / 4 * ColumnLayout.VectorFields, first = job.Cohort.Vectors[entry], stride = job.Cohort.Vectors[entry + 1];
        int column = (job.Cohort.Vectors[entry + 2] / 4) + (quad % 4);
        int place = (((job.Cohort.Inputs * first) + (row * stride) - first) / 4) + column;
        Float4 gradient = Gradient(job.Gradients.W1, job.Partials.W1, place, job.Cohort.W1.IntLength / 4, job.WeightSegments, job.IsFirst);
        ArrayView<Float4> weights = job.Cohort.W1.Cast<Float4>();
        if (job.IsLast != 0)
            weights[place] = Step(job.Cohort.ColumnRates.Cast<Float4>()[column], gradient, weights[place], job.Cohort.WeightDecay);
    }

    private static void UpdateColumns(UpdateGpu job, int quad)
    {
        int column = (job.Cohort.Vectors[(quad / 4 * ColumnLayout.VectorFields) + 2] / 4) + (quad % 4), columns = job.Cohort.B1.IntLength / 4;
        Float4 gradB1 = Gradient(job.Gradients.B1, job.Partials.B1, column, columns, job.Segments, job.IsFirst);
        Float4 gradW2 = Gradient(job.Gradients.W2, job.Partials.W2, column, columns, job.Segments, job.IsFirst);
        if (job.IsLast == 0)
            return;
        Float4 rate = job.Cohort.ColumnRates.Cast<Float4>()[column];
        ArrayView<Float4> b1 = job.Cohort.B1.Cast<Float4>(), w2 = job.Cohort.W2.Cast<Float4>();
        b1[column] = Step(rate, gradB1, b1[column], 0f);
        w2[column] = Step(rate, gradW2, w2[column], job.Cohort.WeightDecay);
    }

    private static void UpdateSlot(UpdateGpu job, int slot)
    {
        int slots = job.Cohort.B2.IntLength;
        float gradient = job.Segments > 0 && job.IsFirst != 0 ? 0f : job.Gradients.B2[slot];
        if (job.OpensEpoch != 0)
            job.Totals.Clear(slot);
        for (int segment = 0; segment < job.Segments; segment++)
        {
            int place = (segment * slots) + slot;
            gradient += job.Partials.B2[place];
            int rows = Math.Min(HiddenBackwardGpu.Segment, job.Rows - (segment * HiddenBackwardGpu.Segment));
            job.Totals.Add(slot, job.Partials.Loss[place], job.Partials.Counts[place], rows);
        }
        job.Gradients.B2[slot] = gradient;
        if (job.IsLast != 0)
            job.Cohort.B2[slot] = Step(job.Cohort.SlotRates[slot], gradient, job.Cohort.B2[slot], 0f);
    }

    // The gradient with the segments' sums added, left where it was found.
    private static Float4 Gradient(ArrayView<float> gradients, ArrayView<float> partials, int place, int length, int segments, int isFirst)
    {
        ArrayView<Float4> all = gradients.Cast<Float4>(), parts = partials.Cast<Float4>();
        Float4 sum = segments > 0 && isFirst != 0 ? default : all[place];
        for (int segment = 0; segment < segments; segment++)
            sum = sum.Add(parts[(segment * length) + place]);
        if (segments > 0)
            all[place] = sum;
        return sum;
    }
}
