using GpuMlp.Engine.Fields;
using GpuMlp.Kernels.Analyses.Saliency;

namespace GpuMlp.Engine.Methods;

/// <summary>Saliency methods as text, in flags, spec files and tables.</summary>
public static class SaliencyNames
{
    private static readonly Dictionary<string, SaliencyMethod> s_methods = new()
    {
        ["gradient"] = SaliencyMethod.ProbabilityGradient,
        ["input-gradient"] = SaliencyMethod.InputGradient,
        ["smoothgrad"] = SaliencyMethod.SmoothGradient,
        ["integrated"] = SaliencyMethod.IntegratedGradient,
        ["perturbation"] = SaliencyMethod.Perturbation,
    };

    /// <summary>All methods that have a name, in the order of messages.</summary>
    public static IReadOnlyList<SaliencyMethod> All { get; } = [.. s_methods.Values];

    /// <exception cref="KeyNotFoundException">A method that people are not offered.</exception>
    public static string Name(SaliencyMethod method) =>
        s_methods.Where(pair => pair.Value == method).Select(pair => pair.Key).FirstOrDefault()
            ?? throw new KeyNotFoundException($"{method}");

    /// <summary>How they are written in lists.</summary>
    public static NamedItem<SaliencyMethod> Item { get; } = NamedItems.Of("saliency method", All, Name);
}
