using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Study;

/// <summary>
/// What the published study printed, to stand beside a run: Y. Kumar, "Understanding Generalization, Robustness, and
/// Interpretability in Low-Capacity Neural Networks", arXiv 2507.16278 (2025).
/// </summary>
public static class StudyFigures
{
    /// <summary>The name of the data set in the plan of a run on the study's own data.</summary>
    public const string Data = "mnist";

    /// <summary>The learning rate that the study chose.</summary>
    public const double Rate = 0.03;

    /// <summary>The level at which its claims about pruning are made.</summary>
    public const double Level = 0.95;

    /// <summary>The level that its code applied where it says <see cref="Level"/>: it divides the percentage by 100 twice.</summary>
    public const double AppliedLevel = 0.0095;

    /// <summary>The ranking of its code: per layer.</summary>
    public const string Ranking = "layer";

    /// <summary>The hardest pair, on which most of its figures are.</summary>
    public const string HardTask = "4v9";

    public const string EasyTask = "0v1";

    /// <summary>From easy to hard, as the study orders them.</summary>
    public static IReadOnlyList<string> TasksByDifficulty { get; } = ["0v1", "1v7", "5v6", "3v8", "4v9"];

    /// <summary>The rates that it tried on the hard pair.</summary>
    public static IReadOnlyList<double> Rates { get; } = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2];

    /// <summary>Its training: the defaults of the <c>paper</c> preset.</summary>
    public static TrainedHow Training { get; } = new("full", 100, 0.1, 0);

    /// <summary>Best training F1 on 4v9, median of three seeds, by H; read off the printed figure to 0.005.</summary>
    public static IReadOnlyDictionary<int, double> BestTrainF1 { get; } = Pairs(
        (2, 0.62), (4, 0.75), (8, 0.79), (12, 0.87), (16, 0.785), (24, 0.88), (32, 0.90), (48, 0.905), (64, 0.92));

    /// <summary>F1 on 4v9 by H under noise of sigma 0.1 to 0.5.</summary>
    public static IReadOnlyDictionary<int, double[]> Gaussian { get; } = Pairs<double[]>(
        (24, [0.88, 0.853, 0.802, 0.73, 0.669]), (64, [0.917, 0.908, 0.869, 0.819, 0.766]));

    /// <summary>Sigma of <see cref="Gaussian"/>.</summary>
    public static IReadOnlyList<double> GaussianSigma { get; } = [0.1, 0.2, 0.3, 0.4, 0.5];

    /// <summary>F1 on 4v9 by H with one 7 x 7 square blackened.</summary>
    public static IReadOnlyDictionary<int, double> Occlusion { get; } = Pairs((24, 0.847), (48, 0.86), (64, 0.862));

    /// <summary>The side of that square, in pixels of 28.</summary>
    public const double OcclusionSide = 7;

    /// <summary>The models on which it counted dead units: task and H.</summary>
    public static IReadOnlyList<(string Task, int Hidden)> DeadUnitModels { get; } = [("0v1", 12), ("3v8", 16), ("4v9", 24)];

    /// <summary>The sizes that it compared under corruption.</summary>
    public static IReadOnlyList<int> RobustSizes { get; } = [24, 48, 64];

    private static Dictionary<int, T> Pairs<T>(params (int Hidden, T Figure)[] pairs)
        => pairs.ToDictionary(pair => pair.Hidden, pair => pair.Figure);
}
