using GpuMlp.Kernels.Compress;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Prune;
using GpuMlp.Kernels.Reference;

namespace GpuMlp.Kernels.Verification;

/// <summary>Compression and evaluation over compressed columns beside their definitions in the reference.</summary>
internal static class SparseCases
{
    private static readonly double[] s_levels = [0, 0.29, 0.6, 0.95, 1];

    public static void Compress(CohortKernels kernels, DeviceCohort cohort, Shape shape)
    {
        using var sparse = new SparseCohort(kernels.Device, cohort.Layout, s_levels.Length);
        using var ranks = Ranks(kernels, cohort);
        foreach (PruneMethod method in Enum.GetValues<PruneMethod>())
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

    public static void SparseEvaluate(CohortKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape)
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
                KernelExpectations.CompareActive(name, [bound], shape.Hidden[m], actual[level][m].Active);
            }
        }
    }

    private static PruneRanks Ranks(CohortKernels kernels, DeviceCohort cohort) =>
        new(kernels.Device, cohort.Layout, [.. Enumerable.Range(0, cohort.Layout.Slots.Count).Select(PruneCase.Identity)], PruneCase.Seed);

    private static ReferenceParameters Pruned(Shape shape, PruneMethod method, int model, double level) =>
        ReferencePruning.Prune(ReferenceParameters.From(shape.Models[model]), method, level, PruneCase.Identity(model), PruneCase.Seed);

    private static void CompareEntries(string name, CohortKernels kernels, SparseCohort sparse, Func<int, int, ReferenceParameters> expected)
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
