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
        double[] x = ReferenceMlp.Scale(shape.Pixels), y = Check.Widen(shape.Labels);
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
                ReferenceParameters model = Pruned(shape, PruneMethod.Layer, m, s_levels[level]);
                var bound = new RunningError(BoundedModel.Exact(model), x, y);
                double[] expected = ReferenceCompression.Logits(model, ReferenceCompression.Compress(model), x, shape.Inputs);
                Check.Near($"{name}: logits", expected, actual[level][m].Logits.Span, bound.LogitError);
                var exact = new ExactStep(Narrow(model), mask: null, shape.Pixels, shape.Labels);
                Check.SameBits($"{name}: logits", exact.Logits, actual[level][m].Logits.Span);
                Check.SameItems(exact.Active, actual[level][m].Active);
            }
        }
    }

    /// <summary>The entries of dW1 beside the reference's gradient of the pruned model at the weights that are left.</summary>
    public static void SparseBackward(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape)
    {
        double[] x = ReferenceMlp.Scale(shape.Pixels), y = Check.Widen(shape.Labels);
        using var dense = new DeviceImages(kernels.Device, shape.Pixels, shape.Labels, shape.Inputs, shape.Schedule, KernelForm.Dense, withBackward: true);
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
                Range rows = ((batch * shape.Batch)..Math.Min((batch + 1) * shape.Batch, shape.Images));
                float[][] actual = gradient.Download(sparse);
                for (int m = 0; m < shape.Hidden.Length; m++)
                {
                    ReferenceParameters model = Pruned(shape, PruneMethod.Layer, m, level);
                    var mask = new ModelMask([.. model.W1.Select(w => w != 0)], [.. model.W2.Select(w => w != 0)]);
                    var expected = new RunningError(
                        BoundedModel.Exact(model), x.AsSpan(rows.Start.Value * shape.Inputs, (rows.End.Value - rows.Start.Value) * shape.Inputs), y.AsSpan(rows), mask);
                    string name = $"{shape}, batch {batch}, model {m} at {level}: dW1";
                    Check.Near(name, expected.Gradient.W1, actual[m], expected.GradientError.W1);
                    var exact = new ExactStep(
                        Narrow(model), mask, shape.Pixels.AsSpan(rows.Start.Value * shape.Inputs, (rows.End.Value - rows.Start.Value) * shape.Inputs), shape.Labels.AsSpan(rows));
                    Check.SameBits(name, exact.Gradient.W1, actual[m]);
                }
            });
        }
    }

    /// <summary>Both gradient maps over compressed weights.</summary>
    public static void SparseSaliency(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape)
    {
        double[] x = ReferenceMlp.Scale(shape.Pixels), y = Check.Widen(shape.Labels);
        using var sparse = new SparseCohort(kernels.Device, cohort.Layout, 1);
        using var ranks = Ranks(kernels, cohort);
        kernels.PruneRank(cohort, ranks, PruneMethod.Layer);
        foreach (double level in s_levels)
        {
            kernels.Compress(cohort, ranks, [level], sparse);
            foreach (SaliencyMethod method in new[] { SaliencyMethod.LogitGradient, SaliencyMethod.ProbabilityGradient })
            {
                ReadOnlyMemory<float>[] maps = kernels.Saliency(sparse, images, method);
                for (int m = 0; m < maps.Length; m++)
                {
                    ReferenceParameters model = Pruned(shape, PruneMethod.Layer, m, level);
                    IReadOnlyList<(int Pixel, double Weight)>[] columns = ReferenceCompression.Compress(model);

                    // Every seventeenth image of wide shapes: the reference takes D H operations for each.
                    for (int n = 0; n < shape.Images; n += shape.Inputs > 100 ? 17 : 1)
                    {
                        ReadOnlySpan<double> image = x.AsSpan(n * shape.Inputs, shape.Inputs);
                        double[] expected = ReferenceCompression.Gradient(model, columns, image, method);
                        double[] bound = SaliencyBound.Of(new RunningError(BoundedModel.Exact(model), image, y.AsSpan(n, 1)), 0, image, expected, method);
                        Check.Near($"{shape}, model {m} at {level}, image {n}: {method}", expected, maps[m].Span.Slice(n * shape.Inputs, shape.Inputs), bound);
                    }
                }
            }
        }
    }

    // Pruning leaves floats as they are.
    private static ModelParameters Narrow(ReferenceParameters model)
    {
        float[] Narrow(double[] values) => Array.ConvertAll(values, value => (float)value);
        return new ModelParameters(Narrow(model.W1), Narrow(model.B1), Narrow(model.W2), (float)model.B2);
    }

    private static PruneRanks Ranks(DeviceKernels kernels, DeviceCohort cohort) =>
        new(kernels.Device, cohort.Layout, [.. Enumerable.Range(0, cohort.Layout.Slots.Count).Select(PruneCase.Identity)], PruneCase.Seed);

    private static ReferenceParameters Pruned(Shape shape, PruneMethod method, int model, double level) =>
        ReferencePruning.Prune(ReferenceParameters.From(shape.Models[model]), method, level, PruneCase.Identity(model), PruneCase.Seed);

    private static void CompareEntries(string name, DeviceKernels kernels, SparseCohort sparse, Func<int, int, ReferenceParameters> expected)
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
                Check.Near($"{label}: w2", model.W2, w2.AsSpan(first, slot.Hidden), [0.0]);
                Check.Near($"{label}: b1", model.B1, b1.AsSpan(first, slot.Hidden), [0.0]);
                Check.Equal((float)model.B2, b2[(level * sparse.Layout.Slots.Count) + s]);
                Check.Equal(
                    new WeightCounts(columns.Sum(c => c.Count), model.W2.Count(w => w != 0), columns.Count(c => c.Count == 0)),
                    counts[level][slot.Model]);
            }
        }
    }
}
