using GpuMlp.Engine.Fields;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Engine.Methods;

/// <summary>Optimisers as text, in flags, spec files and tables.</summary>
public static class Optimisers
{
    /// <summary>How they are written in lists.</summary>
    public static NamedItem<Optimiser> Item { get; } = NamedItems.Of("optimizer", Optimiser.All, optimiser => optimiser.Name);
}
