using GpuMlp.Engine.Analyses.Embedding;
using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Analyses.Robustness;
using GpuMlp.Engine.Analyses.Similarity;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Tests.Study;

/// <summary>A run in which every claim of the study holds, made of formulas; tests change its numbers.</summary>
internal static class SampleStudy
{
    public static readonly int[] Seeds = [0, 42, 78];
    public static readonly int[] Sizes = [2, 4, 8, 10, 12, 16, 24, 48, 64];

    /// <summary>Every table full, every claim true.</summary>
    public static StudyTables True() => new(
        StudyFigures.Data, Kind("4v9", 24), Results(), [], Pruning(), Robustness(), Saliency(), null, Embedding(), []);

    public static ModelKind Kind(string task, int hidden, double rate = StudyFigures.Rate)
        => new(task, hidden, rate, StudyFigures.Training);

    /// <summary>H that a task needs: 4, 10, 10, 12, 16.</summary>
    public static int Needs(string task) => task switch { "0v1" => 4, "1v7" or "5v6" => 8, "3v8" => 10, _ => 16 };

    public static double Dense(string task, int hidden) => hidden >= Needs(task) ? 0.93 + (hidden / 2000.0) : 0.85;

    public static List<ResultRow> Results()
    {
        List<ResultRow> rows = [];
        foreach (string task in StudyFigures.TasksByDifficulty)
        {
            foreach (int hidden in Sizes)
            {
                rows.AddRange(Seeds.Select((seed, i) => Result(Kind(task, hidden), seed, Dense(task, hidden) + (0.001 * i))));
            }
        }

        foreach (double rate in StudyFigures.Rates.Where(rate => rate < StudyFigures.Rate).Append(0.1))
        {
            foreach (int hidden in Sizes)
            {
                double f1 = Dense("4v9", hidden) - (Rules.LowRate.Admits(rate) ? 0.3 : 0.01);
                rows.AddRange(Seeds.Select(seed => Result(Kind("4v9", hidden, rate), seed, f1)));
            }
        }

        return rows;
    }

    public static ModelKey Key(ModelKind kind, int seed) =>
        new() { Task = kind.Task, Seed = seed, Hidden = kind.Hidden, LearningRate = kind.Rate, How = kind.How };

    public static ResultRow Result(ModelKind kind, int seed, double f1)
    {
        Metrics metrics = new() { Loss = 0.1, Accuracy = f1, Precision = f1, Recall = f1, F1 = f1, Auc = 0.99 };
        return new()
        {
            Key = Key(kind, seed),
            Train = metrics,
            Validation = metrics,
            BestTrainF1 = f1,
            BestTrainF1Epoch = 1,
            LearnedEpoch = 1,
            DeadInactive = 0,
            DeadNoInput = 0,
            DeadNoOutput = 0,
        };
    }

    public static PruningRow Pruned(ModelKind kind, int seed, string method, double level, double f1) => new()
    {
        Key = Key(kind, seed),
        Method = method,
        Sparsity = level,
        ZeroW1 = level,
        ZeroW2 = level,
        WeightsLeft = (int)((1 - level) * 785 * kind.Hidden),
        ValF1 = f1,
        ValAuc = f1,
        ValAccuracy = f1,
        DeadInactive = 0,
        DeadNoInput = 0,
        DeadNoOutput = 0,
    };

    public static List<PruningRow> Pruning() =>
    [
        .. from task in StudyFigures.TasksByDifficulty
           from hidden in Sizes
           from seed in Seeds
           from method in new[] { "layer", "global", "random" }
           from level in new[] { StudyFigures.AppliedLevel, 0.5, 0.95, 0.99 }
           let dense = Dense(task, hidden) + (0.001 * Array.IndexOf(Seeds, seed))
           select Pruned(Kind(task, hidden), seed, method, level, dense - (method == "random" ? level : 0.001)),
    ];

    public static List<RobustnessRow> Robustness() =>
    [
        .. from hidden in new[] { 24, 48, 64 }
           from seed in Seeds
           from item in StudyFigures.GaussianSigma.Select(sigma => (Corruption: "gaussian", Severity: sigma))
               .Append((Corruption: "occlusion", Severity: 7.0))
               .Append((Corruption: "blur", Severity: 1.0))
           let share = item.Severity / 10
           let f1 = Dense("4v9", hidden) - (share * (1 - (hidden / 100.0)))
           select new RobustnessRow
           {
               Key = Key(Kind("4v9", hidden), seed),
               Corruption = item.Corruption,
               Severity = item.Severity,
               ValF1 = f1,
               ValAccuracy = f1,
           },
    ];

    public static List<SaliencyRow> Saliency() =>
    [
        .. from seed in Seeds
           from method in new[] { "gradient", "perturbation" }
           from item in new (string Pruning, double Sparsity, double Similarity)[] {
               ("layer", 0.95, 0.9),
               ("global", 0.95, 0.95),
               ("layer", 0.5, 0.97),
               ("reinitialised", 0.0, 0.3) }
           select new SaliencyRow
           {
               Key = Key(Kind("4v9", 24), seed),
               Method = method,
               Pruning = item.Pruning,
               Sparsity = item.Sparsity,
               Spearman = item.Similarity,
               Ssim = item.Similarity,
               TopkIou = item.Similarity,
           },
    ];

    public static List<EmbeddingRow> Embedding() =>
    [
        .. from item in new (string Method, double Sparsity, double Purity)[] {
            ("dense", 0.0, 0.96),
            ("layer", 0.95, 0.95),
            ("global", 0.95, 0.955) }
           select new EmbeddingRow
           {
               Key = Key(Kind("4v9", 24), 0),
               Method = item.Method,
               Sparsity = item.Sparsity,
               Points = 2300,
               Perplexity = 30,
               Kl = 1.2,
               Trustworthiness = 0.97,
               NeighboursKept = 0.5,
               Purity = item.Purity,
           },
    ];
}
