using GpuMlp.Engine.Fields;
using GpuMlp.Kernels.Analyses.Pruning;

namespace GpuMlp.Engine.Methods;

/// <summary>The names of pruning methods in flags, spec files and tables.</summary>
public static class PruningMethods
{
    private static readonly PruneMethod[] s_all = Enum.GetValues<PruneMethod>();

    /// <summary><c>layer, global, w1 or random</c>: what messages say is right.</summary>
    public const string Right = "layer, global, w1 or random";

    public static string Name(PruneMethod method) => method.ToString().ToLowerInvariant();

    /// <summary>Null for a name that is none.</summary>
    public static PruneMethod? Find(string name) => s_all.Where(method => Name(method) == name).Select(method => (PruneMethod?)method).FirstOrDefault();

    /// <summary>How they are written in lists.</summary>
    public static NamedItem<PruneMethod> Item { get; } = new("method", Right, Name, Find);
}
