using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Reference;
using ILGPU;

namespace GpuMlp.Kernels.Verification;

/// <summary>What the reference expects of a shape, computed once for all variants, and how a device's memory is compared with it.</summary>
internal static class KernelExpectations
{
    // A bound wider than this part of the largest value would let wrong kernels pass.
    private const double WidestBound = 0.02;

    /// <summary>Epochs of <see cref="Trained"/>.</summary>
    public const int TrainedEpochs = 2;

    private static readonly Remembered<Shape, RunningError[][]> s_firstStep = new(StepOnce);
    private static readonly Remembered<Shape, TrainedModel[]> s_trained = new(Train);
    private static readonly Remembered<Shape, BoundedMap[]> s_maps = new(Explain);

    public static T[] Copy<T>(ComputeDevice device, ArrayView<T> view)
        where T : unmanaged =>
        device.Download(view);

    /// <summary>Calls with chunk, its batch, and the chunk's first row within the batch.</summary>
    public static void EachChunk(Shape shape, Action<int, int, int> run)
    {
        int batch = -1, batchRow = 0;
        for (int chunk = 0; chunk < shape.Schedule.Chunks.Count; chunk++)
        {
            Chunk c = shape.Schedule.Chunks[chunk];
            if (c.IsFirst)
                (batch, batchRow) = (batch + 1, c.FirstRow);
            run(chunk, batch, c.FirstRow - batchRow);
        }
    }

    /// <summary>Every batch of every model, [model][batch], all at the initial parameters.</summary>
    public static RunningError[][] FirstStep(Shape shape) => s_firstStep.Of(shape);

    /// <summary>Every model after <see cref="TrainedEpochs"/> epochs.</summary>
    public static TrainedModel[] Trained(Shape shape) => s_trained.Of(shape);

    /// <summary>
    /// Saliency maps by every method, of all images of narrow shapes, of every thirteenth of wide ones: the reference takes D H
    /// operations for each.
    /// </summary>
    public static BoundedMap[] Maps(Shape shape) => s_maps.Of(shape);

    private static RunningError[][] StepOnce(Shape shape)
    {
        double[] x = ReferenceMlp.Scale(shape.Pixels), y = Check.Widen(shape.Labels);
        Chunk[] batches = [.. Batches(shape)];
        BoundedModel[] models = [.. shape.Models.Select((_, m) => BoundedModel.Exact(Start(shape, m)))];
        return AllCores.Each(models.Length, m => AllCores.Each(batches, batch => Batch(models[m], x, y, batch, shape.MaskOf(m))));
    }

    private static BoundedMap[] Explain(Shape shape)
    {
        double[] x = ReferenceMlp.Scale(shape.Pixels);
        RunningError[][] steps = FirstStep(shape);
        (SaliencyMethod Method, int Model, int Image)[] places =
        [
            .. from method in SaliencyMethod.All
               from model in Enumerable.Range(0, shape.Hidden.Length)
               from image in Enumerable.Range(0, shape.Images)
               where shape.Inputs <= 100 || image % 13 == 0
               select (method, model, image),
        ];
        return AllCores.Each(places, place =>
        {
            RunningError step = steps[place.Model][place.Image / shape.Batch];
            ReadOnlySpan<double> image = x.AsSpan(place.Image * shape.Inputs, shape.Inputs);
            double[] map = ReferenceSaliency.Map(steps[place.Model][0].Model.Value, image, place.Method);
            return new BoundedMap(
                place.Method, place.Model, place.Image, map, SaliencyBound.Of(step, place.Image % shape.Batch, image, map, place.Method));
        });
    }

    private static TrainedModel[] Train(Shape shape)
    {
        double[] x = ReferenceMlp.Scale(shape.Pixels), y = Check.Widen(shape.Labels);
        float[] rates = Samples.Rates(shape.Hidden.Length);
        return AllCores.Each(shape.Hidden.Length, m =>
        {
            ReferenceParameters truth = Start(shape, m);
            BoundedModel model = BoundedModel.Exact(truth);
            var (totals, errors, undecided) = (new ReferenceTotals[TrainedEpochs], new double[TrainedEpochs], new int[TrainedEpochs]);
            for (int epoch = 0; epoch < TrainedEpochs; epoch++)
            {
                (truth, totals[epoch]) = ReferenceMlp.TrainEpoch(truth, rates[m], x, y, shape.Schedule, shape.WeightDecay, shape.MaskOf(m));
                foreach (Chunk batch in Batches(shape))
                {
                    RunningError step = Batch(model, x, y, batch, shape.MaskOf(m));
                    errors[epoch] += step.LossError;
                    undecided[epoch] += step.Undecided;
                    model = step.Step(rates[m], shape.WeightDecay);
                }
            }
            return new TrainedModel(model with { Value = truth }, totals, errors, undecided);
        });
    }

    private static IEnumerable<Chunk> Batches(Shape shape) => shape.Schedule.Chunks.Where(chunk => chunk.IsFirst);

    private static ReferenceParameters Start(Shape shape, int model) =>
        ReferenceMask.Apply(ReferenceParameters.From(shape.Models[model]), shape.MaskOf(model));

    private static RunningError Batch(BoundedModel model, double[] x, double[] y, Chunk batch, ModelMask? mask)
    {
        int inputs = model.Value.Inputs;
        return new RunningError(
            model,
            x.AsSpan(batch.FirstRow * inputs, batch.BatchRows * inputs),
            y.AsSpan(batch.FirstRow, batch.BatchRows),
            mask);
    }

    public static void CompareColumns(
        string name, DeviceCohort cohort, float[] values, int first, int rows, RunningError[][] expected, int batch,
        Func<RunningError, double[]> value, Func<RunningError, double[]> bound)
    {
        foreach (ModelSlot slot in cohort.Layout.Slots)
        {
            float[] actual = ColumnsOf(cohort, values, slot, rows);
            RunningError e = expected[slot.Model][batch];
            Range part = (first * slot.Hidden)..((first + rows) * slot.Hidden);
            Check.Near($"{name} of model {slot.Model}", value(e).AsSpan(part), Check.Widen(actual), bound(e).AsSpan(part));
        }
    }

    /// <summary>A model's columns [rows, H] of a chunk's activations.</summary>
    public static float[] ColumnsOf(DeviceCohort cohort, float[] values, ModelSlot slot, int rows)
    {
        ColumnBlock block = cohort.Layout.Blocks[slot.Block];
        var columns = new float[rows * slot.Hidden];
        int start = (ChunkSchedule.ChunkRows * block.FirstColumn) + slot.Column - block.FirstColumn;
        for (int n = 0; n < rows; n++)
            values.AsSpan(start + (n * block.Stride), slot.Hidden).CopyTo(columns.AsSpan(n * slot.Hidden));
        return columns;
    }

    public static void CompareSlots(
        string name, DeviceCohort cohort, int first, int rows, RunningError[][] expected, int batch,
        Func<RunningError, double[]> value, Func<RunningError, double[]> bound)
    {
        float[] values = Copy(cohort.Device, cohort.Scratch.Logits);
        for (int s = 0; s < cohort.Layout.Slots.Count; s++)
        {
            int model = cohort.Layout.Slots[s].Model;
            RunningError e = expected[model][batch];
            ReadOnlySpan<float> actual = values.AsSpan(s * ChunkSchedule.ChunkRows, rows);
            Check.Near($"{name} of model {model}", value(e).AsSpan(first, rows), Check.Widen(actual), bound(e).AsSpan(first, rows));
        }
    }

    public static void CompareGradients(
        string name, DeviceCohort cohort, RunningError[][] expected, int batch, Func<ReferenceParameters, double[]> part)
    {
        ModelParameters[] actual = cohort.DownloadGradients();
        for (int m = 0; m < actual.Length; m++)
        {
            RunningError e = expected[m][batch];
            Check.Near($"{name} of model {m}", part(e.Gradient), part(ReferenceParameters.From(actual[m])), part(e.GradientError));
        }
    }

    public static void CompareParameters(string name, BoundedModel expected, ModelParameters actual)
    {
        ReferenceParameters a = ReferenceParameters.From(actual);
        Check.Near($"{name}: W1", expected.Value.W1, a.W1, expected.Error.W1);
        Check.Near($"{name}: b1", expected.Value.B1, a.B1, expected.Error.B1);
        Check.Near($"{name}: w2", expected.Value.W2, a.W2, expected.Error.W2);
        Check.Near($"{name}: b2", expected.Value.B2, a.B2, expected.Error.B2);
        Check.True(
            expected.Error.W1.Max() <= WidestBound * expected.Value.W1.Max(Math.Abs),
            $"{name}: the bound on W1, {expected.Error.W1.Max():G3}, is too wide to show anything");
    }

    public static void CompareTotals(string name, ReferenceTotals expected, double lossError, int undecided, EpochTotals actual)
    {
        Check.Near($"{name}: loss", expected.Loss, actual.Loss, lossError);
        Check.Counts(
            $"{name}: counts",
            new double[] { expected.TruePositives, expected.FalsePositives, expected.FalseNegatives },
            new double[] { actual.TruePositives, actual.FalsePositives, actual.FalseNegatives },
            undecided);
        Check.Equal(expected.Images, actual.Images);
    }
}

/// <summary>A model after training in the reference; totals, bound of the loss and undecided images of each epoch.</summary>
internal sealed record TrainedModel(BoundedModel Model, ReferenceTotals[] Epochs, double[] LossErrors, int[] Undecided);

/// <summary>A saliency map [D] of one image in the reference, and how far a kernel's may be from it.</summary>
internal sealed record BoundedMap(SaliencyMethod Method, int Model, int Image, double[] Values, double[] Bound)
{
    /// <param name="name">Of the case.</param>
    /// <param name="maps">[N, D] of each model.</param>
    public void Compare(string name, ReadOnlyMemory<float>[] maps) =>
        Check.Near(
            $"{name}, model {Model}, image {Image}: {Method}",
            Values,
            maps[Model].Span.Slice(Image * Values.Length, Values.Length),
            Bound);
}
