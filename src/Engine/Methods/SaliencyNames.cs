using GpuMlp.Engine.Fields;
using GpuMlp.Kernels.Analyses.Saliency;

namespace GpuMlp.Engine.Methods;

/// <summary>Saliency methods as text, in flags, spec files and tables.</summary>
public static class SaliencyNames
{
    /// <summary>What messages say is right.</summary>
    public const string Right = "gradient, input-gradient, smoothgrad, integrated or perturbation";

    private static readonly Dictionary<string, SaliencyMethod> s_methods = new()
    {
        ["gradient"] = SaliencyMethod.ProbabilityGradient,
        ["input-gradient"] = SaliencyMethod.InputGradient,
        ["smoothgrad"] = SaliencyMethod.SmoothGradient,
        ["integrated"] = SaliencyMethod.IntegratedGradient,
        ["perturbation"] = SaliencyMethod.Perturbation,
    };

    /// <summary>All methods that have a name, in the order of <see cref="Right"/>.</summary>
    public static IReadOnlyList<SaliencyMethod> All { get; } = [.. s_methods.Values];

    /// <exception cref="KeyNotFoundException">A method that people are not offered.</exception>
    public static string Name(SaliencyMethod method) =>
        s_methods.Where(pair => pair.Value == method).Select(pair => pair.Key).FirstOrDefault() ?? throw new KeyNotFoundException($"{method}");

    /// <summary>Null for a name that is none.</summary>
    public static SaliencyMethod? Find(string name) => s_methods.TryGetValue(name, out SaliencyMethod method) ? method : null;

    /// <summary>How they are written in lists.</summary>
    public static NamedItem<SaliencyMethod> Item { get; } = new("saliency method", Right, Name, Find);
}
