using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>What <see cref="SaliencyGpu{TFormula}"/> is given.</summary>
public struct SaliencyRun
{
    public CohortViews Cohort;

    /// <summary>Z of a run of images.</summary>
    public GpuActivations Activations;

    /// <summary>[slot, Rows]: logits of the run; with a logit a class probabilities [slot, O, Rows].</summary>
    public ArrayView<float> Logits;

    /// <summary>With a logit a class that of each map, [slot, Rows], from <see cref="ClassChoiceGpu"/>; else one unused value.</summary>
    public ArrayView<int> Classes;

    public ArrayView<float> Maps;

    /// <summary>The images; for methods that multiply by pixels.</summary>
    public GpuImages Pixels;

    /// <summary>Of <see cref="SmoothScaleGpu"/>, one value a padded column; for formulas that use them.</summary>
    public ArrayView<float> Scales;

    /// <summary>The run: images First .. First + Rows - 1 of AllImages.</summary>
    public int First, Rows, AllImages;
}

/// <summary>
/// Saliency maps [slot, N, D]. A group owns eight images and 128 pixels of a model, a thread one pixel of the eight images; units are
/// taken in ascending order, sixteen at a time through shared memory.
/// </summary>
internal struct SaliencyGpu<TFormula>
    where TFormula : struct, ISaliencyFormula
{
    public const int Threads = 128, Images = 8;

    // Units a step: eight images times sixteen units is one value a thread.
    private const int Units = Threads / Images;

    public SaliencyRun Run;

    /// <summary>Groups of a launch: slots times runs of eight images times runs of 128 pixels.</summary>
    public static int Groups(in SaliencyRun run) =>
        checked(run.Cohort.SlotCount * ((run.Rows + Images - 1) / Images) * ((run.Cohort.Inputs + Threads - 1) / Threads));

    /// <summary>The ILGPU kernel.</summary>
    public static void Kernel(SaliencyGpu<TFormula> kernel)
    {
        SaliencyRun job = kernel.Run;

        // What the units count in the eight images: [unit, image].
        ArrayView<Float4> units = SharedMemory.Allocate<Float4>(Units * Images / 4);
        ArrayView<float> values = units.Cast<float>();
        int pixelRuns = (job.Cohort.Inputs + Threads - 1) / Threads, imageRuns = (job.Rows + Images - 1) / Images;
        int group = Grid.IdxX, thread = Group.IdxX, pixel = (group % pixelRuns * Threads) + thread;
        group /= pixelRuns;
        int index = group / imageRuns, firstRow = (group - (index * imageRuns)) * Images;
        var slot = new GpuSlot(job.Cohort, index);
        int weight = slot.Row(job.Cohort.Inputs, Math.Min(pixel, job.Cohort.Inputs - 1));
        int loadRow = Math.Min(firstRow + (thread % Images), job.Rows - 1), loadUnit = thread / Images;
        int load = slot.Row(job.Activations.Capacity, loadRow) + loadUnit;
        Float4 lowSums = default, highSums = default;
        for (int first = 0; first < slot.Hidden; first += Units)
        {
            float value = 0f;
            if (first + loadUnit < slot.Hidden)
                value = Value(job, index, loadRow, job.Activations.Values[load + first], slot.Column + first + loadUnit);
            values[thread] = value;
            GpuGroup.Barrier();
            int count = Math.Min(Units, slot.Hidden - first);
            for (int unit = 0; unit < count; unit++)
            {
                float w = job.Cohort.W1[weight + first + unit];
                Float4 low = units[2 * unit], high = units[(2 * unit) + 1];
                float w2 = job.Cohort.W2[slot.Column + first + unit];
                lowSums = Add(lowSums, low, w, w2);
                highSums = Add(highSums, high, w, w2);
            }
            GpuGroup.Barrier();
        }
        if (pixel < job.Cohort.Inputs)
        {
            Store(job, index, firstRow, pixel, lowSums.X);
            Store(job, index, firstRow + 1, pixel, lowSums.Y);
            Store(job, index, firstRow + 2, pixel, lowSums.Z);
            Store(job, index, firstRow + 3, pixel, lowSums.W);
            Store(job, index, firstRow + 4, pixel, highSums.X);
            Store(job, index, firstRow + 5, pixel, highSums.Y);
            Store(job, index, firstRow + 6, pixel, highSums.Z);
            Store(job, index, firstRow + 7, pixel, highSums.W);
        }
    }

    // w2, or what stands for it with a logit a class.
    private static float Weight(SaliencyRun job, int slot, int row, int column)
    {
        if (job.Cohort.Outputs == 1)
            return job.Cohort.W2[column];
        int wanted = job.Classes[(slot * job.Rows) + row], columns = job.Cohort.B1.IntLength;
        float own = job.Cohort.W2[(wanted * columns) + column];
        if (!TFormula.UsesLogit)
            return own;
        float sum = 0f;
        for (int k = 0; k < job.Cohort.Outputs; k++)
        {
            float p = job.Logits[(((slot * job.Cohort.Outputs) + k) * job.Rows) + row];
            if (k != wanted)
                sum = GpuMath.Fma(p, own - job.Cohort.W2[(k * columns) + column], sum);
        }
        return sum;
    }

    private static float Finish(SaliencyRun job, int slot, int row, float value)
    {
        if (job.Cohort.Outputs == 1)
            return TFormula.Finish<Scalar>(value, job.Logits[(slot * job.Rows) + row]).Value;
        if (!TFormula.UsesLogit)
            return value;
        int wanted = job.Classes[(slot * job.Rows) + row];
        return Scalar.Multiply(value, job.Logits[(((slot * job.Cohort.Outputs) + wanted) * job.Rows) + row]).Value;
    }

    private static float Value(SaliencyRun job, int slot, int row, float z, int column) => TFormula.Unit<Scalar>(
        z, Weight(job, slot, row, column), job.Cohort.B1[column], TFormula.UsesScales ? job.Scales[column] : 0f).Value;

    private static Float4 Add(Float4 sums, Float4 values, float w1, float w2) => new(
        TFormula.Add<Scalar>(sums.X, values.X, w1, w2).Value,
        TFormula.Add<Scalar>(sums.Y, values.Y, w1, w2).Value,
        TFormula.Add<Scalar>(sums.Z, values.Z, w1, w2).Value,
        TFormula.Add<Scalar>(sums.W, values.W, w1, w2).Value);

    private static void Store(SaliencyRun job, int slot, int row, int pixel, float value)
    {
        if (row >= job.Rows)
            return;
        float finished = Finish(job, slot, row, value);
        if (TFormula.TimesPixels)
            finished = GpuMath.Product(finished, GpuMath.Pixel(job.Pixels.Pixels[((job.Pixels.First + row) * job.Pixels.Pitch) + pixel]));
        long image = ((long)slot * job.AllImages) + job.First + row;
        job.Maps[(image * job.Cohort.Inputs) + pixel] = finished;
    }
}
