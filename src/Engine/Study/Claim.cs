namespace GpuMlp.Engine.Study;

/// <summary>What a run says about a claim.</summary>
public enum Verdict
{
    Holds,
    HoldsOnlyWhen,
    DoesNotHold,
    CannotBeJudged,
}

/// <summary>One rule of a claim, applied to a run's numbers.</summary>
/// <param name="Scope">Where the claim would hold if this passes, in words that follow "holds only when it is about".</param>
/// <param name="Rule">In words, with its numbers.</param>
/// <param name="Study">What the study has for it, or empty.</param>
/// <param name="Ours">The run's figures; why not, when there is no outcome.</param>
/// <param name="Passed">Null: the run lacks what it takes.</param>
/// <param name="Decides">False: it is told beside the verdict and does not change it.</param>
public sealed record Check(string Scope, string Rule, string Study, string Ours, bool? Passed, bool Decides = true);

/// <summary>A claim of the study with what a run says about it.</summary>
/// <param name="Id"><c>C1</c> .. <c>C7</c></param>
/// <param name="Condition">After "holds only when"; or why it cannot be judged; else empty or what stays open.</param>
public sealed record Claim(string Id, string Title, string Statement, Verdict Verdict, string Condition, IReadOnlyList<Check> Checks)
{
    /// <summary>
    /// The verdict by one rule for all claims: it holds when every deciding check that the run allows passes, does not when
    /// none does, and holds only for the scopes of those that pass otherwise. Without any it cannot be judged.
    /// </summary>
    public static Claim Judge(string id, string title, string statement, IReadOnlyList<Check> checks)
    {
        Check[] known = [.. checks.Where(check => check.Decides && check.Passed is not null)];
        string[] open = [.. checks.Where(check => check.Decides && check.Passed is null).Select(check => $"{check.Scope} ({check.Ours})")];
        string[] passed = [.. known.Where(check => check.Passed == true).Select(check => check.Scope)];
        string[] failed = [.. known.Where(check => check.Passed == false).Select(check => check.Scope)];
        string rest = open.Length == 0 ? "" : $"not judged: {string.Join("; ", open)}";
        return (passed.Length, failed.Length) switch
        {
            (0, 0) => new Claim(id, title, statement, Verdict.CannotBeJudged, rest, checks),
            (_, 0) => new Claim(id, title, statement, Verdict.Holds, rest, checks),
            (0, _) => new Claim(id, title, statement, Verdict.DoesNotHold, rest, checks),
            _ => new Claim(id, title, statement, Verdict.HoldsOnlyWhen, Join($"it is about {string.Join("; ", passed)}; not about {string.Join("; ", failed)}", rest), checks),
        };
    }

    private static string Join(string first, string second) => second.Length == 0 ? first : $"{first}; {second}";
}
