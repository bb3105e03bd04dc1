using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>
/// Saliency maps [slot, N, D]; formulas as in <see cref="SaliencyOperation"/>. A group owns eight images and 128 pixels of
/// a model, a thread one pixel of the eight images; units are taken in ascending order, sixteen at a time through shared memory.
/// </summary>
public struct SaliencyGpu
{
    public const int Threads = 128, Images = 8;

    private const float PerturbationStep = 0.1f;

    // Units a step: eight images times sixteen units is one value a thread.
    private const int Units = Threads / Images;

    public CohortViews Cohort;

    /// <summary>Z of a run of images.</summary>
    public GpuActivations Activations;

    /// <summary>[slot, Rows]: logits of the run.</summary>
    public ArrayView<float> Logits;

    public ArrayView<float> Maps;

    /// <summary>The images; for methods that multiply by pixels.</summary>
    public GpuImages Pixels;

    /// <summary>Of <see cref="SmoothScaleGpu"/>, one value a padded column; for SmoothGrad alone.</summary>
    public ArrayView<float> Scales;

    /// <summary>The run: images First .. First + Rows - 1 of AllImages.</summary>
    public int First, Rows, AllImages;

    /// <summary>A <see cref="SaliencyMethod"/>.</summary>
    public int Method;

    /// <summary>Groups of a launch: slots times runs of eight images times runs of 128 pixels.</summary>
    public static int Groups(int slots, int rows, int inputs) =>
        checked(slots * ((rows + Images - 1) / Images) * ((inputs + Threads - 1) / Threads));

    /// <summary>The ILGPU kernel.</summary>
    public static void Kernel(SaliencyGpu job)
    {
        // Z, or w2 where Z > 0, of the eight images: [unit, image].
        ArrayView<Float4> units = SharedMemory.Allocate<Float4>(Units * Images / 4);
        ArrayView<float> gates = units.Cast<float>();
        int pixelRuns = (job.Cohort.Inputs + Threads - 1) / Threads, imageRuns = (job.Rows + Images - 1) / Images;
        int group = Grid.IdxX, thread = Group.IdxX, pixel = (group % pixelRuns * Threads) + thread;
        group /= pixelRuns;
        int index = group / imageRuns, firstRow = (group - (index * imageRuns)) * Images;
        var slot = new GpuSlot(job.Cohort, index);
        int weight = slot.Row(job.Cohort.Inputs, Math.Min(pixel, job.Cohort.Inputs - 1));
        int loadRow = Math.Min(firstRow + (thread % Images), job.Rows - 1), loadUnit = thread / Images;
        int load = slot.Row(job.Activations.Capacity, loadRow) + loadUnit;
        bool isGradient = job.Method != (int)SaliencyMethod.Perturbation;
        var sums = default(Octet);
        for (int first = 0; first < slot.Hidden; first += Units)
        {
            float gate = 0f;
            if (first + loadUnit < slot.Hidden)
            {
                float z = job.Activations.Values[load + first];
                gate = isGradient ? Coefficient(job, z, slot.Column + first + loadUnit) : z;
            }
            gates[thread] = gate;
            GpuGroup.Barrier();
            int count = Math.Min(Units, slot.Hidden - first);
            for (int unit = 0; unit < count; unit++)
            {
                float w = job.Cohort.W1[weight + first + unit];
                Float4 low = units[2 * unit], high = units[(2 * unit) + 1];
                sums = isGradient
                    ? sums.Fma(w, low, high)
                    : Moved(sums, low, high, w, job.Cohort.W2[slot.Column + first + unit]);
            }
            GpuGroup.Barrier();
        }
        if (pixel < job.Cohort.Inputs)
        {
            Store(job, index, firstRow, pixel, sums.Low.X);
            Store(job, index, firstRow + 1, pixel, sums.Low.Y);
            Store(job, index, firstRow + 2, pixel, sums.Low.Z);
            Store(job, index, firstRow + 3, pixel, sums.Low.W);
            Store(job, index, firstRow + 4, pixel, sums.High.X);
            Store(job, index, firstRow + 5, pixel, sums.High.Y);
            Store(job, index, firstRow + 6, pixel, sums.High.Z);
            Store(job, index, firstRow + 7, pixel, sums.High.W);
        }
    }

    // What the unit counts: the formulas of SaliencyCoefficients.
    private static float Coefficient(SaliencyGpu job, float z, int column)
    {
        float w2 = job.Cohort.W2[column];
        if (job.Method == (int)SaliencyMethod.SmoothGradient)
            return w2 * SaliencyCoefficients.NormalProbability<Scalar>(z * job.Scales[column]).Value;
        if (job.Method == (int)SaliencyMethod.IntegratedGradient)
            return w2 * SaliencyCoefficients.ShareAboveZero<Scalar>(z, job.Cohort.B1[column]).Value;
        return z > 0f ? w2 : 0f;
    }

    private static Octet Moved(Octet sums, Float4 low, Float4 high, float w1, float w2)
        => new(Moved(sums.Low, low, w1, w2), Moved(sums.High, high, w1, w2));

    private static Float4 Moved(Float4 sums, Float4 z, float w1, float w2) => new(
        GpuMath.Fma(Moved(z.X, w1), w2, sums.X),
        GpuMath.Fma(Moved(z.Y, w1), w2, sums.Y),
        GpuMath.Fma(Moved(z.Z, w1), w2, sums.Z),
        GpuMath.Fma(Moved(z.W, w1), w2, sums.W));

    // relu(z + 0.1 w) - relu(z) without the cancellation: an active unit moves by 0.1 w, down to -z at most.
    private static float Moved(float z, float w)
    {
        if (z > 0f)
        {
            float step = PerturbationStep * w;
            return step < -z ? -z : step;
        }
        return GpuMath.Relu(GpuMath.Fma(PerturbationStep, w, z));
    }

    private static void Store(SaliencyGpu job, int slot, int row, int pixel, float value)
    {
        if (row >= job.Rows)
            return;
        if (job.Method == (int)SaliencyMethod.InputGradient || job.Method == (int)SaliencyMethod.IntegratedGradient)
        {
            value *= GpuMath.Pixel(job.Pixels.Pixels[((job.Pixels.First + row) * job.Pixels.Pitch) + pixel]);
        }
        else if (job.Method == (int)SaliencyMethod.ProbabilityGradient || job.Method == (int)SaliencyMethod.Perturbation)
        {
            float logit = job.Logits[(slot * job.Rows) + row];
            float e = Formulas.ExpOfNegative<Scalar>(-GpuMath.Abs(logit)).Value, one = 1f + e;
            float slope = GpuMath.Divide(GpuMath.Divide(e, one), one);
            if (job.Method == (int)SaliencyMethod.ProbabilityGradient)
            {
                value *= slope;
            }
            else
            {
                float p = GpuMath.Divide(logit >= 0f ? 1f : e, one), growth = ExpMinusOne(value);
                value = GpuMath.Abs(GpuMath.Divide(slope * growth, GpuMath.Fma(p, growth, 1f)));
            }
        }
        long image = ((long)slot * job.AllImages) + job.First + row;
        job.Maps[(image * job.Cohort.Inputs) + pixel] = value;
    }

    // e^t - 1. Near 0 by its series, where the difference would cancel; above by e^t = 1 / e^-t, which is in range up to t = 87.
    private static float ExpMinusOne(float t)
    {
        if (GpuMath.Abs(t) < 0.5f)
        {
            // The first term left out, t^9/9!, is below 2e-8 of t.
            float p = GpuMath.Fma(t, 1f / 40320, 1f / 5040);
            p = GpuMath.Fma(p, t, 1f / 720);
            p = GpuMath.Fma(p, t, 1f / 120);
            p = GpuMath.Fma(p, t, 1f / 24);
            p = GpuMath.Fma(p, t, 1f / 6);
            p = GpuMath.Fma(p, t, 1f / 2);
            return GpuMath.Fma(p, t * t, t);
        }
        float e = Formulas.ExpOfNegative<Scalar>(-GpuMath.Abs(t)).Value;
        return t < 0f ? e - 1f : GpuMath.Divide(1f - e, e);
    }
}
