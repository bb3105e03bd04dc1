using GpuMlp.Engine.Fields;
using GpuMlp.Kernels.Analyses.Pruning;

namespace GpuMlp.Engine.Methods;

/// <summary>Pruning methods as text, in flags, spec files and tables.</summary>
public static class PruningMethods
{
    /// <summary>How they are written in lists.</summary>
    public static NamedItem<PruneMethod> Item { get; } = NamedItems.Of("method", PruneMethod.All, method => method.Name);
}
