using GpuMlp.Engine.Study;

namespace GpuMlp.Runner.Report;

/// <summary>Verdicts and checks as people read them.</summary>
internal static class VerdictText
{
    public static string Name(Verdict verdict) => verdict switch
    {
        Verdict.Holds => "holds",
        Verdict.HoldsOnlyWhen => "holds only when ...",
        Verdict.DoesNotHold => "does not hold",
        _ => "cannot be judged",
    };

    /// <summary>A coloured word.</summary>
    public static string Badge(Verdict verdict) => $"<span class=\"verdict {Class(verdict)}\">{Name(verdict)}</span>";

    /// <summary>The sign before a check, with a word for those who hear the page.</summary>
    public static string Sign(bool? passed) => passed switch
    {
        true => "<span class=\"sign pass\" role=\"img\" aria-label=\"passed\">\u2713</span>",
        false => "<span class=\"sign fail\" role=\"img\" aria-label=\"failed\">\u2717</span>",
        _ => "<span class=\"sign unknown\" role=\"img\" aria-label=\"not judged\">?</span>",
    };

    private static string Class(Verdict verdict) => verdict switch
    {
        Verdict.Holds => "holds",
        Verdict.HoldsOnlyWhen => "when",
        Verdict.DoesNotHold => "not",
        _ => "open",
    };
}
