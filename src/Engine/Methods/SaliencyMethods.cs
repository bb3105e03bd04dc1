using GpuMlp.Engine.Fields;
using GpuMlp.Kernels.Analyses.Saliency;

namespace GpuMlp.Engine.Methods;

/// <summary>Saliency methods as text, in flags, spec files and tables.</summary>
public static class SaliencyMethods
{
    /// <summary>How they are written in lists.</summary>
    public static NamedItem<SaliencyMethod> Item { get; }
        = NamedItems.Of("saliency method", SaliencyMethod.Offered, method => method.Name);
}
