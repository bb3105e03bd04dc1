using System.Globalization;
using GpuMlp.Engine.Fields;
using GpuMlp.Kernels.Analyses.Corruptions;

namespace GpuMlp.Engine.Methods;

/// <summary>Corruptions as text, in flags, spec files and tables: <c>gaussian:0.1</c>, the kind and its severity.</summary>
public static class CorruptionNames
{
    /// <summary>What messages say is right.</summary>
    public static string Right { get; } = Choice.Of(CorruptionKind.All.Select(kind => kind.Name));

    public static string Name(Corruption corruption) =>
        string.Create(CultureInfo.InvariantCulture, $"{corruption.Kind.Name}:{corruption.Severity:R}");

    /// <summary>How they are written in lists.</summary>
    public static NamedItem<Corruption> Item { get; } = new("corruption", Right, Name, TryFind, Problem);

    /// <summary>Reads <c>blur:1.5</c>; null for any other text. The severity may still be out of range.</summary>
    public static Corruption? Find(string text)
    {
        string[] parts = text.Split(':');
        return parts.Length == 2 && CorruptionKind.Find(parts[0]) is { } kind
            && double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double severity) && double.IsFinite(severity)
            ? new Corruption(kind, severity)
            : null;
    }

    private static bool TryFind(string text, out Corruption corruption)
    {
        Corruption? found = Find(text);
        corruption = found ?? default;
        return found is not null;
    }

    /// <summary>Which severities a kind has, in words; null when this is one of them.</summary>
    public static string? Problem(Corruption corruption)
    {
        (CorruptionKind kind, double severity) = corruption;
        if (kind.Allows(severity))
        {
            return null;
        }

        string whole = kind.IsWhole ? "a whole number " : "";
        return string.Create(
            CultureInfo.InvariantCulture, $"{Name(corruption)} is out of range; must be {whole}0..{kind.Largest:R} ({kind.Unit})");
    }

    /// <summary>
    /// Reads <c>blur:1,rotation:15,occlusion</c> in the order written; a kind without a severity takes those of the study.
    /// </summary>
    /// <param name="flag">For messages.</param>
    /// <param name="study">The severities that a bare kind stands for.</param>
    /// <exception cref="UserErrorException">One line that names the flag.</exception>
    public static IReadOnlyList<Corruption> Parse(string flag, string text, IReadOnlyList<Corruption> study)
    {
        List<Corruption> corruptions = [];
        foreach (string item in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (CorruptionKind.Find(item) is { } kind)
            {
                corruptions.AddRange(study.Where(corruption => corruption.Kind == kind).DefaultIfEmpty(new Corruption(kind, double.NaN)));
                if (double.IsNaN(corruptions[^1].Severity))
                {
                    throw new UserErrorException(
                        $"{flag}: {kind} is none of the study's; must have a severity, as in {kind}:{kind.Tried[0]:R}");
                }
            }
            else
            {
                corruptions.Add(Find(item) ?? throw new UserErrorException(
                    $"{flag}: '{OneLine.Of(item)}' is no corruption; must be {Right}, each with a severity as in blur:1.5 or without"));
            }
        }

        return corruptions;
    }
}
