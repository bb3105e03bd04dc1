using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Analyses.Similarity;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Analyses.Similarity;

/// <summary>One comparison of a cohort's maps.</summary>
internal sealed class CohortSimilarity
{
    // Ranked maps of the trained models stay on the device while all levels are gone through; this decides for how many images.
    private const long MostBytes = 256L << 20;

    private readonly Cohort _cohort;
    private readonly SweepSpec _spec;
    private readonly Action<int, int> _step;
    private readonly MapSimilarity[][] _sums;
    private readonly int _levels;
    private int _stepsDone, _steps;

    /// <param name="cohort">Trained; not changed.</param>
    /// <param name="step">Called between levels with how many are done, of how many.</param>
    public CohortSimilarity(Cohort cohort, SweepSpec spec, Action<int, int> step)
    {
        (_cohort, _spec, _step) = (cohort, spec, step);
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
        long perImage = _cohort.Models.Count * _spec.Similarity.Count
            * RankedMaps.BytesOf(_cohort.Kernels.Device, _cohort.Data.Rows, _cohort.Data.Columns);
        int atOnce = (int)Math.Clamp(MostBytes / perImage, 1, images.Length);
        _steps = _levels * ((images.Length + atOnce - 1) / atOnce);
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
        using (var maps = new SaliencyBuffer(_cohort.Kernels.Device, changed.Layout, images.Length))
        {
            RankedMaps[] trained = [.. _spec.Similarity.Select(_ => new RankedMaps(
                _cohort.Kernels.Device, changed.Layout, maps.Images, _cohort.Data.Rows, _cohort.Data.Columns))];
            try
            {
                for (int s = 0; s < trained.Length; s++)
                {
                    Maps(_cohort.OnDevice, s, device, maps);
                    _cohort.Kernels.RankMaps(maps, trained[s]);
                }
                Levels(device, changed, ranks, maps, trained);
            }
            finally
            {
                foreach (RankedMaps ranked in trained)
                    ranked.Dispose();
            }
        }
    }

    private void Levels(DeviceImages images, DeviceCohort changed, PruneRanks ranks, SaliencyBuffer maps, RankedMaps[] trained)
    {
        _cohort.Reinitialise(changed);
        Add(0, changed, images, maps, trained);
        int level = 1;
        foreach (PruneMethod pruning in _spec.Pruning)
        {
            _cohort.Kernels.PruneRank(_cohort.OnDevice, ranks, pruning);
            foreach (double sparsity in _spec.Sparsity)
            {
                _step(++_stepsDone, _steps);
                _cohort.Kernels.Prune(_cohort.OnDevice, ranks, sparsity, changed);
                Add(level++, changed, images, maps, trained);
            }
        }
    }

    // Images in ascending order, so that a model's sums have the same bits however the images are cut.
    private void Add(int level, DeviceCohort changed, DeviceImages images, SaliencyBuffer maps, RankedMaps[] trained)
    {
        for (int s = 0; s < trained.Length; s++)
        {
            Maps(changed, s, images, maps);
            _cohort.Kernels.CompareMaps(maps, trained[s]);
            MapSimilarity[][] pairs = trained[s].Download();
            for (int m = 0; m < pairs.Length; m++)
            {
                foreach (MapSimilarity pair in pairs[m])
                    _sums[m][(s * _levels) + level] += pair;
            }
        }
    }

    private void Maps(DeviceCohort models, int method, DeviceImages images, SaliencyBuffer maps)
    {
        // p (1 - p) is one positive factor an image: it changes no figure here, but may lose all digits where p is near 0 or 1.
        SaliencyMethod asked = _spec.Similarity[method];
        SaliencyMethod ranked = asked == SaliencyMethod.ProbabilityGradient ? SaliencyMethod.LogitGradient : asked;
        _cohort.Kernels.Saliency(models, images, ranked, maps);
    }
}
