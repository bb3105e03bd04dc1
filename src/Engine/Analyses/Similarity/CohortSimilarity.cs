using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Analyses.Similarity;

/// <summary>One comparison of a cohort's maps.</summary>
internal sealed class CohortSimilarity
{
    // Prepared maps of the trained models stay in memory while all levels are gone through; this decides for how many images.
    private const long MostBytes = 256L << 20;

    private readonly Cohort _cohort;
    private readonly SweepSpec _spec;
    private readonly CancellationToken _cancel;
    private readonly MapSimilarity[][] _sums;
    private readonly int _levels;

    /// <param name="cohort">Trained; not changed.</param>
    /// <param name="cancel">Looked at between levels.</param>
    public CohortSimilarity(Cohort cohort, SweepSpec spec, CancellationToken cancel)
    {
        (_cohort, _spec, _cancel) = (cohort, spec, cancel);
        _levels = 1 + (spec.Pruning.Count * spec.Sparsity.Count);
        _sums = [.. cohort.Models.Select(_ => new MapSimilarity[spec.Similarity.Count * _levels])];
    }

    /// <summary>The first validation images of the split, as many as the spec asks for: the same ones for all models.</summary>
    public static int[] Images(SweepSpec spec, Split split) => split.Validation[..Math.Min(spec.SimilarityImages, split.Validation.Length)];

    /// <returns>The rows of each model, see <see cref="SimilarityAnalysis.Run"/>.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public SaliencyRow[][] Run()
    {
        int[] images = Images(_spec, _cohort.Split);
        long perImage = (long)_cohort.Models.Count * _spec.Similarity.Count * ComparedMap.Bytes(_cohort.Data.Inputs);
        int atOnce = (int)Math.Clamp(MostBytes / perImage, 1, images.Length);
        using DeviceCohort changed = _cohort.CreateTwin();
        using PruneRanks ranks = _cohort.CreateRanks();
        for (int first = 0; first < images.Length; first += atOnce)
            Compare(images.AsSpan(first, Math.Min(atOnce, images.Length - first)), changed, ranks);
        return [.. _sums.Select((sums, m) => sums.Select((sum, row) => Row(_cohort.Keys[m], row, sum / images.Length)).ToArray())];
    }

    private SaliencyRow Row(ModelKey key, int row, MapSimilarity mean)
    {
        int level = (row % _levels) - 1;
        return new SaliencyRow
        {
            Key = key,
            Method = _spec.Similarity[row / _levels].Name,
            Pruning = level < 0 ? SaliencyRow.Reinitialised : _spec.Pruning[level / _spec.Sparsity.Count].Name,
            Sparsity = level < 0 ? 0 : _spec.Sparsity[level % _spec.Sparsity.Count],
            Spearman = mean.Spearman,
            Ssim = mean.Ssim,
            TopkIou = mean.TopIou,
        }.FailedUnless(double.IsFinite(mean.Spearman));
    }

    private void Compare(ReadOnlySpan<int> images, DeviceCohort changed, PruneRanks ranks)
    {
        (DeviceImages device, _) = _cohort.Upload(images);
        using (device)
        using (var buffer = new SaliencyBuffer(_cohort.Kernels.Device, changed.Layout, images.Length))
        {
            ComparedMap[][][] trained = [.. _spec.Similarity.Select(method => Prepare(method, device, buffer))];
            _cohort.Reinitialise(changed);
            Add(0, changed, device, buffer, trained);
            int level = 1;
            foreach (PruneMethod pruning in _spec.Pruning)
            {
                _cohort.Kernels.PruneRank(_cohort.OnDevice, ranks, pruning);
                foreach (double sparsity in _spec.Sparsity)
                {
                    _cancel.ThrowIfCancellationRequested();
                    _cohort.Kernels.Prune(_cohort.OnDevice, ranks, sparsity, changed);
                    Add(level++, changed, device, buffer, trained);
                }
            }
        }
    }

    // [model][image] of the trained models.
    private ComparedMap[][] Prepare(SaliencyMethod method, DeviceImages images, SaliencyBuffer buffer)
    {
        ReadOnlyMemory<float>[] maps = Maps(_cohort.OnDevice, method, images, buffer);
        var prepared = new ComparedMap[maps.Length][];
        EachModel(m => prepared[m] = new ComparedMap[images.Images], (m, n, scratch, _) =>
        {
            prepared[m][n] = new ComparedMap(_cohort.Data.Rows, _cohort.Data.Columns);
            prepared[m][n].Set(Map(maps[m], n), scratch);
        }, images.Images);
        return prepared;
    }

    // Images in ascending order, so that a model's sums have the same bits however the images are cut.
    private void Add(int level, DeviceCohort changed, DeviceImages images, SaliencyBuffer buffer, ComparedMap[][][] trained)
    {
        for (int s = 0; s < _spec.Similarity.Count; s++)
        {
            ReadOnlyMemory<float>[] maps = Maps(changed, _spec.Similarity[s], images, buffer);
            ComparedMap[][] before = trained[s];
            int row = (s * _levels) + level;
            EachModel(_ => { }, (m, n, scratch, after) =>
            {
                after.Set(Map(maps[m], n), scratch);
                _sums[m][row] += before[m][n].With(after, scratch);
            }, images.Images);
        }
    }

    private ReadOnlyMemory<float>[] Maps(DeviceCohort models, SaliencyMethod method, DeviceImages images, SaliencyBuffer buffer)
    {
        // p (1 - p) is one positive factor an image: it changes no figure here, but may lose all digits where p is near 0 or 1.
        SaliencyMethod ranked = method == SaliencyMethod.ProbabilityGradient ? SaliencyMethod.LogitGradient : method;
        _cohort.Kernels.Saliency(models, images, ranked, buffer);
        return buffer.Download();
    }

    private void EachModel(Action<int> begin, Action<int, int, ComparedMap.Scratch, ComparedMap> each, int images)
    {
        int rows = _cohort.Data.Rows, columns = _cohort.Data.Columns;
        Parallel.For(
            0, _cohort.Models.Count, () => (new ComparedMap.Scratch(rows, columns), new ComparedMap(rows, columns)), (m, _, local) =>
        {
            begin(m);
            for (int n = 0; n < images; n++)
                each(m, n, local.Item1, local.Item2);
            return local;
        }, _ => { });
    }

    private ReadOnlySpan<float> Map(ReadOnlyMemory<float> maps, int image)
        => maps.Span.Slice(image * _cohort.Data.Inputs, _cohort.Data.Inputs);
}
