using GpuMlp.Kernels.Analyses.Pruning;

namespace GpuMlp.Engine.Pruning;

/// <summary>The names of pruning methods in flags, spec files and tables.</summary>
public static class PruningMethods
{
    private static readonly PruneMethod[] s_all = Enum.GetValues<PruneMethod>();

    /// <summary><c>layer, global, w1 or random</c>: what messages say is right.</summary>
    public const string Right = "layer, global, w1 or random";

    public static string Name(PruneMethod method) => method.ToString().ToLowerInvariant();

    /// <summary>Null for a name that is none.</summary>
    public static PruneMethod? Find(string name) => s_all.Where(method => Name(method) == name).Select(method => (PruneMethod?)method).FirstOrDefault();

    /// <summary>Reads <c>layer,random</c>, in the order written.</summary>
    /// <exception cref="UserErrorException">One line that names the flag.</exception>
    public static IReadOnlyList<PruneMethod> Parse(string flag, string text)
    {
        PruneMethod[] methods =
        [
            .. text.Split(',', StringSplitOptions.TrimEntries)
                .Select(name => Find(name) ?? throw new UserErrorException($"{flag}: '{OneLine.Of(name)}' is no method; {Right} is right")),
        ];
        return methods.Distinct().Count() == methods.Length
            ? methods
            : throw new UserErrorException($"{flag}: '{OneLine.Of(text)}' names a method twice; name every one once");
    }
}
