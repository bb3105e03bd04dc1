using GpuMlp.Engine.Analyses.Embedding;
using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Analyses.Robustness;
using GpuMlp.Engine.Analyses.Similarity;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
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
        Tasks = [new ClassTask(4, 9), new ClassTask(0, 1)],
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

    public static Plan Plan { get; } = Plan.Create(Spec, DataHash, Inputs, (_, _) => new(20));

    /// <summary>The same sweep trained in four ways.</summary>
    public static Plan VariedPlan { get; }
        = Plan.Create(Spec with { Batches = [null, 4], WeightDecays = [0, 1e-3] }, DataHash, Inputs, (_, _) => new(20));

    /// <summary>The same sweep, cut in slices of one model: as for a huge data set.</summary>
    public static Plan SlicedPlan { get; } = Plan.Create(Spec, DataHash, inputs: 1000, (_, _) => new(int.MaxValue));

    public static UnitResult ResultOf(Plan plan, WorkUnit unit, int inputs = Inputs)
    {
        IReadOnlyList<ModelSpec> models = plan.ModelsOf(unit);
        bool isNoisy = plan.VariantOf(unit).Images.LabelNoise > 0;
        int[] train = [.. Enumerable.Range(unit.Seed, 16).Reverse()];
        Split split = new(unit.Task, unit.Seed, train, [3, 1, 2])
        {
            Noisy = isNoisy ? [train[2], train[5]] : [],
            NoisyLabels = isNoisy ? [1, 0] : [],
        };
        return new UnitResult(unit, split, [.. models.Select(model => ResultOf(plan, unit, model, inputs))]);
    }

    private static ModelResult ResultOf(Plan plan, WorkUnit unit, ModelSpec model, int inputs)
    {
        Random random = new(HashOf($"{unit.Task} {unit.Seed} {unit.Variant} {model.Name}"));
        double Next() => random.NextDouble();
        Metrics NextMetrics() => new() { Loss = Next(), Accuracy = Next(), Precision = Next(), Recall = Next(), F1 = Next(), Auc = Next() };
        EpochMetrics NextEpoch() => new()
        {
            Loss = Next(),
            Accuracy = Next(),
            Precision = Next(),
            Recall = Next(),
            F1 = Next(),
            ValLoss = Next(),
            ValAccuracy = Next(),
            ValF1 = Next(),
        };
        float[] Floats(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];

        TrainingVariant variant = plan.VariantOf(unit);
        ModelKey key = model.KeyOf(unit.Task, unit.Seed, variant);
        EpochMetrics[] history = [.. Enumerable.Range(0, variant.Epochs).Select(_ => NextEpoch())];
        PruningRow NextPruned(PruneMethod method, double level) => new()
        {
            Key = key,
            Method = method.Name,
            Sparsity = level,
            ZeroW1 = Next(),
            ZeroW2 = Next(),
            WeightsLeft = 7,
            ValF1 = Next(),
            ValAuc = Next(),
            ValAccuracy = Next(),
            DeadInactive = 1,
            DeadNoInput = 2,
            DeadNoOutput = 3,
        };
        SaliencyRow NextMap(SaliencyMethod method, string pruning, double level) => new()
        {
            Key = key,
            Method = method.Name,
            Pruning = pruning,
            Sparsity = level,
            Spearman = Next(),
            Ssim = -Next(),
            TopkIou = Next(),
        };
        ResultRow row = new()
        {
            Key = key,
            Train = NextMetrics(),
            Validation = NextMetrics(),
            BestTrainF1 = Next(),
            BestTrainF1Epoch = 2,
            LearnedEpoch = 1,
            DeadInactive = 1,
            DeadNoInput = 0,
            DeadNoOutput = 3,
            Test = NextMetrics(),
            BestEpoch = 2,
            StoppedEpoch = 3,
        };
        ModelParameters weights = new(Floats(inputs * model.Hidden), Floats(model.Hidden), Floats(model.Hidden), [random.NextSingle()]);
        PruningRow[] pruned = [.. from method in plan.Spec.Pruning from level in plan.Spec.Sparsity select NextPruned(method, level)];
        RobustnessRow[] robustness =
        [
            .. plan.Spec.Corruptions.Select(corruption => new RobustnessRow
            {
                Key = key,
                Corruption = corruption.Kind.Name,
                Severity = corruption.Severity,
                ValF1 = Next(),
                ValAccuracy = Next(),
            }),
        ];
        FinetuneRow[] finetune =
        [
            .. from protocol in new[] { FinetuneRow.Finetune, FinetuneRow.Rewind }
               from method in plan.Spec.Pruning
               from level in plan.Spec.Sparsity
               select new FinetuneRow(NextPruned(method, level), protocol, plan.Spec.FinetuneEpochs),
        ];
        SaliencyRow[] similarity =
        [
            .. plan.Spec.Similarity.Select(method => NextMap(method, SaliencyRow.Reinitialised, 0)),
            .. from method in plan.Spec.Similarity
               from pruning in plan.Spec.Pruning
               from level in plan.Spec.Sparsity
               select NextMap(method, pruning.Name, level),
        ];
        RowLists rows = RowLists.None.With<EpochMetrics>(history).With<PruningRow>(pruned).With<RobustnessRow>(robustness)
            .With<FinetuneRow>(finetune).With<SaliencyRow>(similarity);
        return new ModelResult(row, WithEmbedding(rows, key, unit, model), weights);
    }

    private static RowLists WithEmbedding(RowLists rows, ModelKey key, WorkUnit unit, ModelSpec model)
    {
        EmbeddingRow dense = new()
        {
            Key = key,
            Method = EmbeddingRow.Dense,
            Sparsity = 0,
            Points = 2,
            Perplexity = 30,
            Kl = 1.25,
            Trustworthiness = 0.97,
            NeighboursKept = 0.5,
        };
        EmbeddingPoint Point(string method, double level, int image, int label, double x, double y) =>
            new() { Key = key, Method = method, Sparsity = level, Image = image, Label = label, X = x, Y = y };
        EmbeddingPoint[] places =
        [
            Point("dense", 0, 17, 0, 1.5, -2), Point("dense", 0, 3, 1, 0.1f, 4), Point("random", 0.5, 17, 0, 0, 1),
            Point("random", 0.5, 3, 1, 1, 0),
        ];
        return unit is { Seed: 42 } && unit.Task.Classes[0] == 4 && model == new ModelSpec(4, 0.1)
            ? rows.With<EmbeddingRow>([dense, (dense with { Method = "random", Sparsity = 0.5 }).AsFailed()]).With<EmbeddingPoint>(places)
            : rows;
    }

    /// <summary>The same on every run, unlike <see cref="string.GetHashCode()"/>.</summary>
    private static int HashOf(string text) => text.Aggregate(17, (hash, letter) => unchecked((hash * 31) + letter));
}
