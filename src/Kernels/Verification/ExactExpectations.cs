using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Reference;

namespace GpuMlp.Kernels.Verification;

/// <summary>What <see cref="ExactMlp"/> makes of a shape, computed once for all variants: the bits that kernels must have.</summary>
internal static class ExactExpectations
{
    private static readonly Remembered<Shape, ExactStep[][]> s_firstStep = new(StepOnce);
    private static readonly Remembered<Shape, ExactTraining[]> s_trained = new(
        shape => Train(shape, shape.Schedule, KernelExpectations.TrainedEpochs));

    /// <summary>Of <see cref="FirstStep"/>: units are dropped as in this epoch.</summary>
    public const int StepEpoch = 300;

    /// <summary>Every batch of every model, [model][batch], all at the initial parameters.</summary>
    public static ExactStep[][] FirstStep(Shape shape) => s_firstStep.Of(shape);

    /// <summary>Every model after the first update.</summary>
    public static ModelParameters[] Stepped(Shape shape)
    {
        Chunk first = shape.Schedule.Chunks[0];
        return [.. Train(shape, ChunkSchedule.FromBatches([(first.FirstRow, first.BatchRows)]), epochs: 1).Select(
            training => training.Model)];
    }

    /// <summary>Every model after <see cref="KernelExpectations.TrainedEpochs"/> epochs.</summary>
    public static ExactTraining[] Trained(Shape shape) => s_trained.Of(shape);

    private static ExactStep[][] StepOnce(Shape shape)
    {
        byte[] pixels = shape.Pixels;
        byte[] labels = shape.Labels;
        Chunk[] batches = [.. shape.Schedule.Chunks.Where(chunk => chunk.IsFirst)];
        return AllCores.Each(shape.Hidden.Length, m =>
        {
            ModelMask? mask = shape.MaskOf(m);
            ModelParameters model = ExactMlp.Masked(shape.Models[m], mask);
            ModelLearning learning = shape.Learnings[m];
            return AllCores.Each(batches, batch => new ExactStep(
                model, mask, pixels.AsSpan(batch.FirstRow * shape.Inputs, batch.BatchRows * shape.Inputs),
                labels.AsSpan(batch.FirstRow, batch.BatchRows), learning,
                shape.DropoutOf(m)?.Of(learning.Dropout, shape.Hidden[m], StepEpoch, batch.FirstRow, batch.BatchRows)));
        });
    }

    private static ExactTraining[] Train(Shape shape, ChunkSchedule schedule, int epochs)
    {
        byte[] pixels = shape.Pixels;
        byte[] labels = shape.Labels;
        float[] rates = Samples.Rates(shape.Hidden.Length);
        ModelParameters[] models = shape.Models;
        return AllCores.Each(models.Length, m =>
            ExactTraining.Of(
                models[m], rates[m], pixels, labels, schedule, epochs, shape.WeightDecay, shape.MaskOf(m), shape.Learnings[m],
                shape.DropoutOf(m)));
    }

    /// <summary>The same bits as the batch's for a chunk's rows of each model's columns.</summary>
    public static void SameColumns(
        string name, DeviceCohort cohort, float[] values, int first, int rows, Func<int, float[]> expected)
    {
        foreach (ModelSlot slot in cohort.Layout.Slots)
        {
            Check.SameBits(
                $"{name} of model {slot.Model}",
                expected(slot.Model).AsSpan(first * slot.Hidden, rows * slot.Hidden),
                KernelExpectations.ColumnsOf(cohort, values, slot, rows));
        }
    }

    /// <summary>The same bits as the batch's for a chunk's rows of what the output leaves of each model.</summary>
    public static void SameSlots(string name, DeviceCohort cohort, int first, int rows, Func<int, float[]> expected)
    {
        float[] values = KernelExpectations.Copy(cohort.Device, cohort.Scratch.Logits);
        int outputs = cohort.Outputs;
        for (int s = 0; s < cohort.Layout.Slots.Count; s++)
        {
            int model = cohort.Layout.Slots[s].Model;
            for (int k = 0; k < outputs; k++)
            {
                float[] own = [.. expected(model).Skip(first * outputs).Take(rows * outputs).Where((_, at) => at % outputs == k)];
                Check.SameBits(
                    $"{name} {k} of model {model}", own, values.AsSpan(((s * outputs) + k) * ChunkSchedule.ChunkRows, rows));
            }
        }
    }

    public static void SameParameters(string name, ModelParameters expected, ModelParameters actual)
    {
        Check.SameBits($"{name}: W1", expected.W1, actual.W1);
        Check.SameBits($"{name}: b1", expected.B1, actual.B1);
        Check.SameBits($"{name}: w2", expected.W2, actual.W2);
        Check.SameBits($"{name}: b2", expected.B2, actual.B2);
    }

    /// <summary>Loss to the last bit, NaN for NaN.</summary>
    public static void SameTotals(string name, EpochTotals expected, EpochTotals actual) => Check.True(
        BitConverter.DoubleToInt64Bits(expected.Loss) == BitConverter.DoubleToInt64Bits(actual.Loss)
            && expected with { Loss = 0 } == actual with { Loss = 0 },
        $"{name}: expected {expected}, actual {actual}");
}

/// <summary>One batch of one model: Z, logits, q, gate q and gradients.</summary>
internal sealed class ExactStep
{
    public ExactStep(
        ModelParameters model, ModelMask? mask, ReadOnlySpan<byte> pixels, ReadOnlySpan<byte> labels, ModelLearning? learning = null,
        bool[]? dropped = null)
    {
        var exact = new ExactMlp(model, learning);
        (long[] v, Z, Logits) = exact.Forward(pixels, dropped);
        (int[] deltas, Totals) = ExactMlp.Output(Logits, labels, model.Outputs, learning);
        int hidden = model.Hidden, labelCount = labels.Length;
        Deltas = [.. deltas.Select(delta => (float)delta)];
        Gated = [.. exact.Back(v, deltas).Select(back => (float)back)];
        Active = [.. Enumerable.Range(0, hidden).Select(h => Enumerable.Range(0, labelCount).Any(n => v[(n * hidden) + h] > 0) ? 1 : 0)];
        Gradient = ExactMlp.Masked(exact.Gradient(exact.Backward(pixels, v, deltas), deltas, Z), mask);
        Failed = exact.Failed;
    }

    public float[] Z { get; }

    public float[] Logits { get; }

    /// <summary>q.</summary>
    public float[] Deltas { get; }

    public float[] Gated { get; }

    public int[] Active { get; }

    public ModelParameters Gradient { get; }

    public ExactTotals Totals { get; }

    public bool Failed { get; }
}

/// <summary>A model after some epochs, and what each of them left.</summary>
internal sealed record ExactTraining(ModelParameters Model, EpochTotals[] Epochs)
{
    public static ExactTraining Of(
        ModelParameters model, float rate, ReadOnlySpan<byte> pixels, ReadOnlySpan<byte> labels, ChunkSchedule schedule,
        int epochs, float decay = 0, ModelMask? mask = null, ModelLearning? learning = null, ReferenceDropout? dropout = null)
    {
        var totals = new EpochTotals[epochs];
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            (model, totals[epoch]) = ExactMlp.TrainEpoch(
                model, rate, pixels, labels, schedule, decay, mask, learning, dropout, epoch);
        }
        return new ExactTraining(model, totals);
    }
}
