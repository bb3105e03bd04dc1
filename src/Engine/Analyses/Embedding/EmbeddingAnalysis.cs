using GpuMlp.Engine.Analyses.Contract;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Tsne;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products;

namespace GpuMlp.Engine.Analyses.Embedding;

/// <summary>
/// t-SNE of hidden activations on the validation images, of the dense model and of what pruning leaves of it: for each task
/// of <see cref="SweepSpec.Embedding"/> one model, with size, rate, training and seed of <see cref="ShownModel"/>.
/// </summary>
internal sealed class EmbeddingAnalysis : IAnalysis
{
    /// <summary>
    /// Memory and time grow with its square; a validation split of MNIST has up to 2,600. The first ones of a larger split are taken.
    /// </summary>
    public const int MostPoints = 2_600;

    // Of a point in Parquet, twice: in its unit file and in the table.
    private const int PointBytes = 30;

    // Fewer have no neighbourhoods to show.
    private const int FewestPoints = 20;

    // What the study claims, and what its published code pruned in truth.
    private const double Claimed = 0.95, AsPublished = 0.0095;

    /// <summary>The pictures of a sweep's models after the dense one.</summary>
    public static IReadOnlyList<(PruneMethod Method, double Sparsity)> Pruned(SweepSpec spec)
    {
        if (spec.Pruning.Count == 0 || spec.Sparsity.Count == 0)
            return [];
        PruneMethod method = spec.Pruning.Contains(PruneMethod.Layer) ? PruneMethod.Layer : spec.Pruning[0];
        double[] levels = [.. new[] { Claimed, AsPublished }.Where(spec.Sparsity.Contains)];
        return [.. (levels.Length > 0 ? levels : [spec.Sparsity.Max()]).Select(level => (method, level))];
    }

    private static int Pictures(SweepSpec spec) => 1 + Pruned(spec).Count;

    /// <summary>Whether a model has pictures.</summary>
    public static bool IsEmbedded(SweepSpec spec, ClassTask task, int seed, TrainingVariant variant, ModelSpec model)
    {
        var shown = ShownModel.Of(spec);
        return spec.Embedding.Contains(task) && seed == shown.Seed && variant == spec.Variants()[shown.Variant] && model == shown.Model;
    }

    public string Name => "embedding";

    public IReadOnlyList<string> Needs => ["pruning"];

    public IReadOnlyList<Field<SweepSpec>> Fields => EmbeddingFields.All;

    // Thousands of rows a picture that nobody reads as text.
    public IReadOnlyList<ModelTable> Tables { get; } = [new ModelTable<EmbeddingRow>(), new ModelTable<EmbeddingPoint> { HasText = false }];

    public bool IsIn(SweepSpec spec) => spec.Embedding.Count > 0;

    public AnalysisCost CostOf(SweepSpec spec, int epochs) => new()
    {
        PointPairs = (double)Pictures(spec) * TsneSchedule.Standard.Steps * MostPoints * MostPoints,
        DiskBytes = (long)Pictures(spec) * MostPoints * PointBytes,
        Copies = Pictures(spec) > 1 ? 2 : 0,
        Bytes = 2 * sizeof(float) * (long)MostPoints * MostPoints,
    };

    public int ModelsIn(SweepSpec spec, ClassTask task, int seed, TrainingVariant variant, IReadOnlyList<ModelSpec> models) =>
        models.Count(model => IsEmbedded(spec, task, seed, variant, model));

    /// <summary>Rows: a picture each, the dense one first; most models have none. Activations that are not finite have no places.</summary>
    public void Run(AnalysisRun run)
    {
        (Cohort cohort, SweepSpec spec) = (run.Cohort, run.Spec);
        List<EmbeddingRow>[] pictures = [.. cohort.Models.Select(_ => new List<EmbeddingRow>())];
        List<EmbeddingPoint>[] places = [.. cohort.Models.Select(_ => new List<EmbeddingPoint>())];
        int points = Math.Min(cohort.Split.Validation.Length, MostPoints);
        for (int m = 0; m < pictures.Length; m++)
        {
            if (points >= FewestPoints && IsEmbedded(spec, cohort.Split.Task, cohort.Split.Seed, cohort.Variant, cohort.Models[m]))
                Embed(run, m, cohort.Split.Validation[..points], pictures[m], places[m]);
        }
        run.Add(pictures);
        run.Add(places);
    }

    private static void Embed(
        AnalysisRun run, int model, int[] imageNumbers, List<EmbeddingRow> pictures, List<EmbeddingPoint> places)
    {
        (Cohort cohort, SweepSpec spec) = (run.Cohort, run.Spec);
        (DeviceImages images, byte[] labels) = cohort.Upload(imageNumbers);
        using DeviceImages uploaded = images;

        DeviceKernels tsne = DeviceKernels.Create(cohort.Kernels.Device);
        Add(cohort.OnDevice, EmbeddingRow.Dense, 0);
        if (Pruned(spec) is { Count: > 0 } levels)
        {
            using DeviceCohort pruned = cohort.CreateTwin();
            using PruneRanks ranks = cohort.CreateRanks();
            foreach ((PruneMethod method, double sparsity) in levels)
            {
                cohort.Kernels.PruneRank(cohort.OnDevice, ranks, method);
                cohort.Kernels.Prune(cohort.OnDevice, ranks, sparsity, pruned);
                Add(pruned, method.Name, sparsity);
            }
        }
        void Add(DeviceCohort models, string method, double sparsity)
        {
            int hidden = cohort.Models[model].Hidden;
            float[] activations = cohort.Kernels.HiddenActivations(models, images, model);
            TsneSchedule schedule = TsneSchedule.Standard;
            var failed = new EmbeddingRow
            {
                Key = cohort.Keys[model],
                Method = method,
                Sparsity = sparsity,
                Points = imageNumbers.Length,
                Perplexity = schedule.PerplexityOf(imageNumbers.Length),
                Kl = double.NaN,
                Trustworthiness = double.NaN,
                NeighboursKept = double.NaN,
                Status = Statuses.Failed,
            };
            if (!activations.All(float.IsFinite))
            {
                pictures.Add(failed);
                return;
            }
            using var buffer = new EmbeddingBuffer(tsne.Device, activations, hidden);
            buffer.Scatter(imageNumbers, cohort.Split.Task.Identity, unchecked((uint)cohort.Split.Seed));
            int done = pictures.Count;
            double divergence = schedule.Run(
                tsne, buffer, run.Cancel, step => run.Step((done * schedule.Steps) + step, Pictures(spec) * schedule.Steps));
            (float[] x, float[] y) = buffer.DownloadPlaces();
            if (!double.IsFinite(divergence) || !x.All(float.IsFinite) || !y.All(float.IsFinite))
            {
                // Distances that are no float32 any more.
                pictures.Add(failed);
                return;
            }
            Neighbourhoods near = Neighbourhoods.Compare(activations, hidden, x, y);
            pictures.Add(failed with
            {
                Kl = divergence,
                Trustworthiness = near.Trustworthiness,
                NeighboursKept = near.Kept,
                Status = Statuses.Ok,
            });
            places.AddRange(imageNumbers.Select((image, i) => new EmbeddingPoint
            {
                Key = cohort.Keys[model],
                Method = method,
                Sparsity = sparsity,
                Image = image,
                Label = (int)labels[i],
                X = x[i],
                Y = y[i],
            }));
        }
    }
}
