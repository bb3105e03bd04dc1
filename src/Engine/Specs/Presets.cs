using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Engine.Models;
using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Analyses.Pruning;

namespace GpuMlp.Engine.Specs;

/// <summary>Sweeps with a name, for <c>--preset</c>.</summary>
public static class Presets
{
    /// <summary>Levels of pruning of a sweep that names none and is not the study: from barely to badly.</summary>
    public static IReadOnlyList<double> UsualSparsity { get; } = [0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.8, 0.9, 0.95, 0.99];

    /// <summary>
    /// The grid of the published study: 5 tasks, 3 seeds, 11 hidden sizes, 165 models on the embedded MNIST; and on its hard
    /// pair the rates among which it chose 0.03, with two beyond the end of its grid.
    /// </summary>
    public static SweepSpec Paper { get; } = new()
    {
        Tasks = [new ClassTask(0, 1), new ClassTask(1, 7), new ClassTask(5, 6), new ClassTask(3, 8), new ClassTask(4, 9)],
        Hidden = [2, 4, 6, 8, 10, 12, 16, 24, 32, 48, 64],
        Seeds = [0, 42, 78],
        LearningRates = [0.03],
        Epochs = [100],
        Batches = [null],
        InitStds = [0.1],

        // The study's levels, and the levels at which its figure was in fact measured: its published code divides the
        // percentage by 100 twice, so that its "95 %" pruned 0.95 %. Both curves stand in one table.
        Sparsity = [0.001, 0.003, 0.005, 0.0095, 0.0099, .. UsualSparsity],
        Pruning = [PruneMethod.Layer, PruneMethod.Global, PruneMethod.W1, PruneMethod.Random],

        // The study's noise and occlusion, and what else happens to a scanned digit, from barely to badly.
        Corruptions =
        [
            .. Levels(CorruptionKind.Gaussian, 0.1, 0.2, 0.3, 0.4, 0.5),
            .. Levels(CorruptionKind.Occlusion, 7),
            .. Levels(CorruptionKind.SaltPepper, 0.02, 0.05, 0.1, 0.2),
            .. Levels(CorruptionKind.Blur, 0.5, 1, 1.5, 2),
            .. Levels(CorruptionKind.Rotation, 5, 15, 30, 45),
            .. Levels(CorruptionKind.Translation, 1, 2, 3, 4),
        ],
        Embedding = [new ClassTask(4, 9)],
        Similarity = SaliencyMethod.Offered,
        RateGrid = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 0.1, 0.3],
        RateTasks = [new ClassTask(4, 9)],
    };

    /// <summary>Two models of the hardest task, to see within seconds that everything works.</summary>
    public static SweepSpec Quick { get; } = Paper.WithoutRates() with
    {
        Tasks = [new ClassTask(4, 9)],
        Hidden = [4, 24],
        Seeds = [0],
        Epochs = [20],
        Sparsity = [0.5, 0.95],
        Pruning = [PruneMethod.Layer],
        Corruptions = [new(CorruptionKind.Gaussian, 0.3), new(CorruptionKind.Occlusion, 7)],
        Embedding = [],
    };

    /// <summary>
    /// Under which training and ranking pruning 95 % keeps F1: the study's training (full batch, 100 epochs = 100 updates,
    /// spread 0.1) varied in every part, on its three hard pairs. 100 epochs of batch 32 are 29,000 updates, enough for a
    /// weight decay of 1e-3 to show; 20 epochs of the full batch are the price of a plain product, and show undertraining.
    /// </summary>
    public static SweepSpec WhenSparse { get; } = Paper.WithoutRates() with
    {
        Tasks = [new ClassTask(5, 6), new ClassTask(3, 8), new ClassTask(4, 9)],
        Hidden = [12, 24, 64],
        Batches = [null, 32],
        Epochs = [20, 100],
        InitStds = [0.1, 0.03],
        WeightDecays = [0, 1e-3],
        Sparsity = [0.5, 0.8, 0.9, 0.95, 0.99],
        Pruning = [PruneMethod.Layer, PruneMethod.Global, PruneMethod.W1],
        Corruptions = [],
        Embedding = [],
        Similarity = [],
    };

    /// <summary>
    /// Whether sparse models that train as well as dense ones can be found, and whether it is their weights or their mask that counts: 20
    /// rounds of iterative pruning on the study's hard pairs, down to 1.2 % of the weights, beside one shot. Batches of 32 at rate 0.1
    /// learn in 5 epochs what the study's 100 updates do not, so that 60 trainings a model take minutes; the rate falls along a cosine, as
    /// the last updates of a constant one leave some seeds of 4v9 five hundredths of F1 behind.
    /// </summary>
    public static SweepSpec Tickets { get; } = Paper.WithoutRates() with
    {
        Tasks = [new ClassTask(5, 6), new ClassTask(3, 8), new ClassTask(4, 9)],
        Hidden = [8, 24, 64],
        Seeds = [0, 1, 2, 3, 4],
        LearningRates = [0.1],
        Batches = [32],
        Epochs = [5],
        Schedules = [new CosineSchedule()],
        Sparsity = [0.5, 0.8, 0.9, 0.95, 0.99],
        Pruning = [PruneMethod.Layer, PruneMethod.Global],
        Corruptions = [],
        Embedding = [],
        Similarity = [],
        Rounds = 20,
    };

    /// <summary>
    /// Whether more units do more harm once a model can learn its labels by heart (double descent): H from 1 to 1,024 on 2,000 images of
    /// the hard pair, a fifth of them with the wrong label. So few images are fitted from some 16 units on, and both sides of that size
    /// are in the grid; 200 epochs of batch 32 at rate 0.1 from a spread of 0.03 get there.
    /// </summary>
    public static SweepSpec DoubleDescent { get; } = Paper.WithoutRates() with
    {
        Tasks = [new ClassTask(4, 9)],
        Hidden = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32, 64, 128, 256, 512, 1024],
        Seeds = [0, 1, 2, 3, 4, 5, 6, 7],
        LearningRates = [0.1],
        Batches = [32],
        Epochs = [200],
        InitStds = [0.03],
        LabelNoises = [0.2],
        TrainImages = [2000],
        Sparsity = [],
        Pruning = [],
        Corruptions = [],
        Embedding = [],
        Similarity = [],
    };

    /// <summary>Every preset by its name.</summary>
    public static IReadOnlyDictionary<string, SweepSpec> All { get; } = new Dictionary<string, SweepSpec>
    {
        ["paper"] = Paper,
        ["quick"] = Quick,
        ["when-sparse"] = WhenSparse,
        ["tickets"] = Tickets,
        ["double-descent"] = DoubleDescent,
    };

    private static IEnumerable<Corruption> Levels(CorruptionKind kind, params double[] severities) =>
        severities.Select(severity => new Corruption(kind, severity));

    /// <exception cref="UserErrorException">There is no preset of that name.</exception>
    public static SweepSpec Get(string flag, string name) =>
        All.TryGetValue(name, out SweepSpec? spec)
            ? spec
            : throw new UserErrorException($"{flag}: no preset is called '{name}'; must be {string.Join(" or ", All.Keys)}");
}
