using GpuMlp.Engine.Splits;

namespace GpuMlp.Engine.Sweeps;

/// <summary>Sweeps with a name, for <c>--preset</c>.</summary>
public static class Presets
{
    /// <summary>The grid of the published study: 5 tasks, 3 seeds, 11 hidden sizes, 165 models on the embedded MNIST.</summary>
    public static SweepSpec Paper { get; } = new(
        "mnist",
        [new PairTask(0, 1), new PairTask(1, 7), new PairTask(5, 6), new PairTask(3, 8), new PairTask(4, 9)],
        [2, 4, 6, 8, 10, 12, 16, 24, 32, 48, 64],
        [0, 42, 78],
        [0.03],
        Epochs: 100,
        Batch: null,
        InitStd: 0.1);

    /// <summary>Two models of the hardest task, to see within seconds that everything works.</summary>
    public static SweepSpec Quick { get; } = Paper with
    {
        Tasks = [new PairTask(4, 9)],
        Hidden = [4, 24],
        Seeds = [0],
        Epochs = 20,
    };

    /// <summary>Every preset by its name.</summary>
    public static IReadOnlyDictionary<string, SweepSpec> All { get; } = new Dictionary<string, SweepSpec>
    {
        ["paper"] = Paper,
        ["quick"] = Quick,
    };

    /// <exception cref="UserErrorException">There is no preset of that name.</exception>
    public static SweepSpec Get(string flag, string name) =>
        All.TryGetValue(name, out SweepSpec? spec)
            ? spec
            : throw new UserErrorException($"{flag}: no preset is called '{name}'; {string.Join(" or ", All.Keys)} is right");
}
