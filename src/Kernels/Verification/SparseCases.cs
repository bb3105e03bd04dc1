using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Reference;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Kernels.Verification;

/// <summary>Compression and evaluation over compressed columns beside their definitions in the reference.</summary>
internal static class SparseCases
{
    private static readonly double[] s_levels = [0, 0.29, 0.6, 0.95, 1];

    private static readonly Remembered<(Shape Shape, double Level), BoundedLogits[]> s_logits = new(key => Logits(key.Shape, key.Level));
    private static readonly Remembered<(Shape Shape, double Level, int Batch), BoundedGradient[]> s_gradients = new(
        key => Gradients(key.Shape, key.Level, key.Batch));
    private static readonly Remembered<(Shape Shape, double Level), BoundedMap[]> s_maps = new(key => Maps(key.Shape, key.Level));

    public static void Compress(DeviceKernels kernels, DeviceCohort cohort, Shape shape)
    {
        using var sparse = new SparseCohort(kernels.Device, cohort.Layout, s_levels.Length);
        using var ranks = Ranks(kernels, cohort);
        foreach (PruneMethod method in PruneMethod.All)
        {
            kernels.PruneRank(cohort, ranks, method);
            kernels.Compress(cohort, ranks, s_levels, sparse);
            CompareEntries($"{shape}, {method}", kernels, sparse, (m, level) => Pruned(shape, method, m, s_levels[level]));
        }

        // As it is: the zeros of a pruned cohort are left out without ranks.
        using var pruned = new DeviceCohort(kernels.Device, cohort.Layout, Samples.Rates(shape.Hidden.Length));
        using var single = new SparseCohort(kernels.Device, cohort.Layout, 1);
        kernels.PruneRank(cohort, ranks, PruneMethod.Global);
        kernels.Prune(cohort, ranks, s_levels[2], pruned);
        kernels.Compress(pruned, single);
        CompareEntries($"{shape}, pruned before", kernels, single, (m, _) => Pruned(shape, PruneMethod.Global, m, s_levels[2]));
    }

    public static void SparseEvaluate(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape)
    {
        using var sparse = new SparseCohort(kernels.Device, cohort.Layout, s_levels.Length);
        using var ranks = Ranks(kernels, cohort);
        kernels.PruneRank(cohort, ranks, PruneMethod.Layer);
        kernels.Compress(cohort, ranks, s_levels, sparse);
        ModelEvaluation[][] actual = kernels.Evaluate(sparse, images);
        for (int level = 0; level < s_levels.Length; level++)
        {
            for (int m = 0; m < shape.Hidden.Length; m++)
            {
                string name = $"{shape}, model {m} at {s_levels[level]}";
                BoundedLogits expected = s_logits.Of((shape, s_levels[level]))[m];
                if (shape.Outputs == 1)
                    Check.Near($"{name}: logits", expected.Values, actual[level][m].Logits.Span, expected.Bound);
                Check.SameBits($"{name}: logits", expected.Exact, actual[level][m].Logits.Span);
                Check.SameItems(expected.Active, actual[level][m].Active);
            }
        }
    }

    /// <summary>The entries of dW1 beside the reference's gradient of the pruned model at the weights that are left.</summary>
    public static void SparseBackward(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape)
    {
        using var dense = new DeviceImages(
            kernels.Device,
            shape.Pixels,
            shape.Labels,
            shape.Inputs,
            shape.Schedule,
            KernelForm.Dense,
            withBackward: true);
        using var pruned = new DeviceCohort(kernels.Device, cohort.Layout, Samples.Rates(shape.Hidden.Length));
        using var sparse = new SparseCohort(kernels.Device, cohort.Layout, 1);
        using var gradient = new SparseGradient(kernels.Device);
        using var ranks = Ranks(kernels, cohort);
        kernels.PruneRank(cohort, ranks, PruneMethod.Layer);
        foreach (double level in s_levels)
        {
            kernels.Prune(cohort, ranks, level, pruned);
            kernels.Compress(pruned, sparse);
            KernelExpectations.EachChunk(shape, (chunk, batch, _) =>
            {
                kernels.HiddenForward(pruned, dense, chunk);
                kernels.OutputLoss(pruned, dense, chunk);
                kernels.OutputBackward(pruned, dense, chunk);
                kernels.HiddenBackward(sparse, pruned, images, chunk, gradient);
                if (!shape.Schedule.Chunks[chunk].IsLast)
                    return;
                float[][] actual = gradient.Download(sparse);
                BoundedGradient[] expected = s_gradients.Of((shape, level, batch));
                for (int m = 0; m < expected.Length; m++)
                {
                    string name = $"{shape}, batch {batch}, model {m} at {level}: dW1";
                    if (shape.Outputs == 1)
                        Check.Near(name, expected[m].Values, actual[m], expected[m].Bound);
                    Check.SameBits(name, expected[m].Exact, actual[m]);
                }
            });
        }
    }

    /// <summary>Both gradient maps over compressed weights.</summary>
    public static void SparseSaliency(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape)
    {
        using var sparse = new SparseCohort(kernels.Device, cohort.Layout, 1);
        using var ranks = Ranks(kernels, cohort);
        kernels.PruneRank(cohort, ranks, PruneMethod.Layer);
        foreach (double level in s_levels)
        {
            kernels.Compress(cohort, ranks, [level], sparse);
            foreach (IGrouping<SaliencyMethod, BoundedMap> expected in s_maps.Of((shape, level)).GroupBy(map => map.Method))
            {
                ReadOnlyMemory<float>[] maps = kernels.Saliency(sparse, images, expected.Key);
                foreach (BoundedMap map in expected)
                    map.Compare($"{shape} at {level}", maps);
            }
        }
    }

    private static BoundedLogits[] Logits(Shape shape, double level)
    {
        byte[] pixels = shape.Pixels;
        byte[] labels = shape.Labels;
        double[] x = ReferenceMlp.Scale(pixels), y = Check.Widen(labels);
        ReferenceParameters[] models = Pruned(shape, level);
        return AllCores.Each(models, model =>
        {
            var exact = new ExactStep(Narrow(model), mask: null, pixels, labels);
            return shape.Outputs > 1 ? new BoundedLogits([], [], exact.Logits, exact.Active) : new BoundedLogits(
                ReferenceCompression.Logits(model, ReferenceCompression.Compress(model), x, shape.Inputs),
                new RunningError(BoundedModel.Exact(model), x, y).LogitError, exact.Logits, exact.Active);
        });
    }

    private static BoundedGradient[] Gradients(Shape shape, double level, int batch)
    {
        int first = batch * shape.Batch, rows = Math.Min(shape.Batch, shape.Images - first);
        byte[] pixels = shape.Pixels.AsSpan(first * shape.Inputs, rows * shape.Inputs).ToArray();
        byte[] labels = shape.Labels.AsSpan(first, rows).ToArray();
        double[] x = ReferenceMlp.Scale(pixels), y = Check.Widen(labels);
        ReferenceParameters[] models = Pruned(shape, level);
        return AllCores.Each(models, model =>
        {
            var mask = new ModelMask([.. model.W1.Select(w => w != 0)], [.. model.W2.Select(w => w != 0)]);
            float[] exact = new ExactStep(Narrow(model), mask, pixels, labels).Gradient.W1;
            if (shape.Outputs > 1)
                return new BoundedGradient([], [], exact);
            var truth = new RunningError(BoundedModel.Exact(model), x, y, mask);
            return new BoundedGradient(truth.Gradient.W1, truth.GradientError.W1, exact);
        });
    }

    // Every seventeenth image of wide shapes: the reference takes D H operations for each.
    private static BoundedMap[] Maps(Shape shape, double level)
    {
        double[] x = ReferenceMlp.Scale(shape.Pixels), y = Check.Widen(shape.Labels);
        ReferenceParameters[] models = Pruned(shape, level);
        IReadOnlyList<(int Pixel, double Weight)>[][] columns = [.. models.Select(ReferenceCompression.Compress)];
        (int Model, int Image)[] places =
        [
            .. from model in Enumerable.Range(0, models.Length)
               from image in Enumerable.Range(0, shape.Images)
               where shape.Inputs <= 100 || image % 17 == 0
               select (model, image),
        ];
        return [.. AllCores.Each(places, place =>
        {
            ReferenceParameters model = models[place.Model];
            double[] image = x[(place.Image * shape.Inputs)..((place.Image + 1) * shape.Inputs)];
            var truth = new RunningError(BoundedModel.Exact(model), image, y.AsSpan(place.Image, 1));
            return new[] { SaliencyMethod.LogitGradient, SaliencyMethod.ProbabilityGradient }.Select(method =>
            {
                double[] map = ReferenceCompression.Gradient(model, columns[place.Model], image, method);
                return new BoundedMap(method, place.Model, place.Image, map, SaliencyBound.Of(truth, 0, image, map, method));
            }).ToArray();
        }).SelectMany(maps => maps)];
    }

    // Pruning leaves floats as they are.
    private static ModelParameters Narrow(ReferenceParameters model)
    {
        float[] Narrow(double[] values) => Array.ConvertAll(values, value => (float)value);
        return new ModelParameters(Narrow(model.W1), Narrow(model.B1), Narrow(model.W2), Narrow(model.B2));
    }

    private static PruneRanks Ranks(DeviceKernels kernels, DeviceCohort cohort) =>
        new(kernels.Device, cohort.Layout, PruneCase.Origin(cohort.Layout.Slots.Count));

    private static ReferenceParameters[] Pruned(Shape shape, double level)
        => AllCores.Each(shape.Hidden.Length, m => Pruned(shape, PruneMethod.Layer, m, level));

    private static ReferenceParameters Pruned(Shape shape, PruneMethod method, int model, double level) =>
        ReferencePruning.Prune(ReferenceParameters.From(shape.Models[model]), method, level, PruneCase.Identity(model), PruneCase.Seed,
            PruneCase.InitStd);

    private static void CompareEntries(
        string name,
        DeviceKernels kernels,
        SparseCohort sparse,
        Func<int, int, ReferenceParameters> expected)
    {
        SparseViews views = sparse.Views;
        int[] starts = KernelExpectations.Copy(kernels.Device, views.Starts);
        ushort[] index = KernelExpectations.Copy(kernels.Device, views.Index);
        float[] value = KernelExpectations.Copy(kernels.Device, views.Value), w2 = KernelExpectations.Copy(kernels.Device, views.W2);
        float[] b1 = KernelExpectations.Copy(kernels.Device, views.B1), b2 = KernelExpectations.Copy(kernels.Device, views.B2);
        WeightCounts[][] counts = sparse.Count();
        for (int level = 0; level < sparse.Levels; level++)
        {
            for (int s = 0; s < sparse.Layout.Slots.Count; s++)
            {
                ModelSlot slot = sparse.Layout.Slots[s];
                string label = $"{name}, level {level}, model {slot.Model}";
                ReferenceParameters model = expected(slot.Model, level);
                IReadOnlyList<(int Pixel, double Weight)>[] columns = ReferenceCompression.Compress(model);
                int first = (level * sparse.Layout.PaddedColumns) + slot.Column;
                for (int h = 0; h < slot.Hidden; h++)
                {
                    Range entries = starts[first + h]..starts[first + h + 1];
                    Check.SameItems(columns[h].Select(entry => (ushort)entry.Pixel), index[entries]);
                    Check.Near($"{label}: entries of unit {h}", [.. columns[h].Select(entry => entry.Weight)], value[entries], [0.0]);
                }
                int outputs = sparse.Layout.Outputs, firstW2 = level * outputs * sparse.Layout.PaddedColumns;
                for (int k = 0; k < outputs; k++)
                {
                    Check.Near(
                        $"{label}: w2 of output {k}", model.W2[(k * slot.Hidden)..((k + 1) * slot.Hidden)],
                        w2.AsSpan(firstW2 + sparse.Layout.OutputWeight(slot, k), slot.Hidden), [0.0]);
                }
                Check.Near($"{label}: b1", model.B1, b1.AsSpan(first, slot.Hidden), [0.0]);
                Check.SameItems(
                    model.B2.Select(b => (float)b), b2[(((level * sparse.Layout.Slots.Count) + s) * outputs)..][..outputs]);
                Check.Equal(
                    new WeightCounts(
                        columns.Sum(c => c.Count), model.W2.Count(w => w != 0), columns.Count(c => c.Count == 0),
                        Enumerable.Range(0, slot.Hidden).Count(h => Enumerable.Range(0, outputs).All(
                            k => model.W2[(k * slot.Hidden) + h] == 0))),
                    counts[level][slot.Model]);
            }
        }
    }
}

/// <summary>
/// Logits of one pruned model [N] in the reference and how far a kernel's may be from them, with one logit; its bits, and which units any
/// image opens.
/// </summary>
internal sealed record BoundedLogits(double[] Values, double[] Bound, float[] Exact, int[] Active);

/// <summary>dW1 of one pruned model and batch [D, H], likewise.</summary>
internal sealed record BoundedGradient(double[] Values, double[] Bound, float[] Exact);
