using GpuMlp.Kernels.Analyses.Saliency;

namespace GpuMlp.Engine.Saliency;

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

    /// <summary>One method.</summary>
    /// <exception cref="UserErrorException">One line that names the flag.</exception>
    public static SaliencyMethod ParseOne(string flag, string name) =>
        Find(name) ?? throw new UserErrorException($"{flag}: '{OneLine.Of(name)}' is no saliency method; {Right} is right");

    /// <summary>Reads <c>gradient,integrated</c> in the order written.</summary>
    /// <exception cref="UserErrorException">One line that names the flag.</exception>
    public static IReadOnlyList<SaliencyMethod> Parse(string flag, string text) =>
        [.. text.Split(',', StringSplitOptions.TrimEntries).Select(name => ParseOne(flag, name))];
}
