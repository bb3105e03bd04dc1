namespace GpuMlp.Kernels.Analyses.Pruning;

/// <summary>What weights are ranked by: those with the smallest go first.</summary>
internal enum PruneScore
{
    /// <summary>|w|; weights of equal magnitude have equal ranks.</summary>
    Magnitude,

    /// <summary>A random word, another one for every weight.</summary>
    Random,
}

/// <summary>Which weights go first. Biases always stay. One object each, in <see cref="All"/>.</summary>
public sealed class PruneMethod
{
    private PruneMethod(string name, string help) => (Name, Help) = (name, help);

    public static PruneMethod Layer { get; } = new("layer", "the smallest weights of each layer");

    public static PruneMethod Global { get; } = new("global", "of both together") { IsTogether = true };

    public static PruneMethod W1 { get; } = new("w1", "of W1 alone") { SparesW2 = true };

    /// <summary>As many of W1 and of w2 as <see cref="Layer"/> takes.</summary>
    public static PruneMethod Random { get; } = new("random", "weights chosen at random") { Score = PruneScore.Random };

    /// <summary>Every method, as flags and help name them.</summary>
    public static IReadOnlyList<PruneMethod> All { get; } = [Layer, Global, W1, Random];

    /// <summary>In flags, files and tables.</summary>
    public string Name { get; }

    /// <summary>What goes first, as a part of a sentence that goes through <see cref="All"/>.</summary>
    public string Help { get; }

    internal PruneScore Score { get; private init; }

    /// <summary>W1 and w2 are ranked together; else each by itself.</summary>
    internal bool IsTogether { get; private init; }

    /// <summary>No weight of w2 goes.</summary>
    internal bool SparesW2 { get; private init; }

    /// <summary>Null for a name that is none.</summary>
    public static PruneMethod? Find(string name) => All.FirstOrDefault(method => method.Name == name);

    public override string ToString() => Name;
}
