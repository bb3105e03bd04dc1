using GpuMlp.Engine.Embedding;
using GpuMlp.Engine.Pruning;
using GpuMlp.Engine.Robustness;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Saliency;
using GpuMlp.Engine.Splits;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Tests.Runs;

/// <summary>A small sweep and made-up results that depend on the unit alone.</summary>
internal static class SampleRun
{
    public const int Inputs = 9;

    /// <summary>Of data that are never read.</summary>
    public const string DataHash = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    public static SweepSpec Spec { get; } = Presets.Paper.WithoutRates() with
    {
        Tasks = [new PairTask(4, 9), new PairTask(0, 1)],
        Hidden = [4, 2],
        LearningRates = [0.1, 1e-5],
        Seeds = [42, 0],
        Epochs = [3],
        Sparsity = [0.5, 0.0095],
        Pruning = [PruneMethod.Random, PruneMethod.W1],
        FinetuneEpochs = 5,
        Rewind = true,
        Corruptions = [new(CorruptionKind.SaltPepper, 0.25), new(CorruptionKind.Occlusion, 7)],
        Similarity = [SaliencyMethod.IntegratedGradient],
    };

    public static Plan Plan { get; } = Plan.Create(Spec, DataHash, Inputs, _ => 20);

    /// <summary>The same sweep trained in four ways.</summary>
    public static Plan VariedPlan { get; } = Plan.Create(Spec with { Batches = [null, 4], WeightDecays = [0, 1e-3] }, DataHash, Inputs, _ => 20);

    /// <summary>The same sweep, cut in slices of one model: as for a huge data set.</summary>
    public static Plan SlicedPlan { get; } = Plan.Create(Spec, DataHash, inputs: 1000, _ => int.MaxValue);

    public static UnitResult ResultOf(Plan plan, WorkUnit unit, int inputs = Inputs)
    {
        IReadOnlyList<ModelSpec> models = plan.ModelsOf(unit);
        Split split = new(unit.Task, unit.Seed, [.. Enumerable.Range(unit.Seed, 16).Reverse()], [3, 1, 2]);
        return new UnitResult(unit, split, [.. models.Select(model => ResultOf(plan, unit, model, inputs))]);
    }

    private static ModelResult ResultOf(Plan plan, WorkUnit unit, ModelSpec model, int inputs)
    {
        Random random = new(HashOf($"{unit.Task} {unit.Seed} {unit.Variant} {model.Name}"));
        double Next() => random.NextDouble();
        Metrics NextMetrics() => new(Next(), Next(), Next(), Next(), Next(), Next());
        float[] Floats(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];

        TrainingVariant variant = plan.VariantOf(unit);
        ModelKey key = ModelKey.Of(unit.Task, unit.Seed, variant, model);
        EpochMetrics[] history = [.. Enumerable.Range(0, variant.Epochs).Select(_ => new EpochMetrics(Next(), Next(), Next(), Next(), Next()))];
        return new ModelResult(
            key, NextMetrics(), NextMetrics(), Next(), 2, 1, 0, 3, "ok", history,
            new ModelParameters(Floats(inputs * model.Hidden), Floats(model.Hidden), Floats(model.Hidden), random.NextSingle()),
            [.. from method in plan.Spec.Pruning from level in plan.Spec.Sparsity select new PruningResult(method, level, Next(), Next(), Next(), Next(), Next(), 1, 2, 3)])
        {
            Robustness = [.. plan.Spec.Corruptions.Select(corruption => new RobustnessResult(corruption, Next(), Next()))],
            Finetune =
            [
                .. from rewound in new[] { false, true }
                   from method in plan.Spec.Pruning
                   from level in plan.Spec.Sparsity
                   select new FinetuneResult(rewound, new PruningResult(method, level, Next(), Next(), Next(), Next(), Next(), 1, 2, 3), plan.Spec.FinetuneEpochs),
            ],
            Embedding = EmbeddingOf(unit, model),
            Similarity =
            [
                .. plan.Spec.Similarity.Select(method => new SimilarityResult(method, null, 0, new MapSimilarity(Next(), Next(), Next()))),
                .. from method in plan.Spec.Similarity from pruning in plan.Spec.Pruning from level in plan.Spec.Sparsity select new SimilarityResult(method, pruning, level, new MapSimilarity(Next(), -Next(), Next())),
            ],
        };
    }

    private static ModelEmbedding EmbeddingOf(WorkUnit unit, ModelSpec model) => unit is { Seed: 42, Task.First: 4 } && model == new ModelSpec(4, 0.1)
        ? new ModelEmbedding(
            [new("dense", 0, 2, 30, 1.25, 0.97, 0.5), new EmbeddingResult("random", 0.5, 2, 30, 0, 0, 0).AsFailed()],
            [new("dense", 0, 17, 0, 1.5, -2), new("dense", 0, 3, 1, 0.1f, 4), new("random", 0.5, 17, 0, 0, 1), new("random", 0.5, 3, 1, 1, 0)])
        : ModelEmbedding.None;

    /// <summary>The same on every run, unlike <see cref="string.GetHashCode()"/>.</summary>
    private static int HashOf(string text) => text.Aggregate(17, (hash, letter) => unchecked((hash * 31) + letter));
}
