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
public sealed record Check(string Scope, string Rule, string Study, string Ours, bool? Passed, bool Decides = true)
{
    /// <summary>Seeds that the figures are of; 0 without figures.</summary>
    public int Seeds { get; init; }
}

/// <summary>A claim of the study with what a run says about it.</summary>
/// <param name="Id"><c>C1</c> .. <c>C7</c></param>
/// <param name="Condition">After "holds only when"; or why it cannot be judged; else empty or what stays open.</param>
public sealed record Claim(string Id, string Title, string Statement, Verdict Verdict, string Condition, IReadOnlyList<Check> Checks)
{
    /// <summary>
    /// The verdict by one rule for all claims: it holds when every deciding check that the run allows passes, does not when
    /// none does, and holds only for the scopes of those that pass otherwise. Without any it cannot be judged.
    /// </summary>
    /// <param name="more">Told with a verdict that is not "holds"; changes none.</param>
    public static Claim Judge(string id, string title, string statement, IReadOnlyList<Check> checks, string more = "")
    {
        Check[] known = [.. checks.Where(check => check.Decides && check.Passed is not null)];
        string[] open = [.. checks.Where(check => check.Decides && check.Passed is null).Select(check => $"{check.Scope} ({check.Ours})")];
        string[] passed = [.. known.Where(check => check.Passed == true).Select(check => check.Scope)];
        string[] failed = [.. known.Where(check => check.Passed == false).Select(check => check.Scope)];
        Verdict verdict = (passed.Length, failed.Length) switch
        {
            (0, 0) => Verdict.CannotBeJudged,
            (_, 0) => Verdict.Holds,
            (0, _) => Verdict.DoesNotHold,
            _ => Verdict.HoldsOnlyWhen,
        };
        string[] said =
        [
            verdict == Verdict.HoldsOnlyWhen ? $"it is about {string.Join("; ", passed)}; not about {string.Join("; ", failed)}" : "",
            verdict is Verdict.HoldsOnlyWhen or Verdict.DoesNotHold ? more : "",
            open.Length > 0 ? $"not judged: {string.Join("; ", open)}" : "",
            known.Length > 0 && known.All(check => check.Seeds == 1) ? "from one seed: another may say otherwise" : "",
        ];
        return new Claim(id, title, statement, verdict, string.Join("; ", said.Where(part => part.Length > 0)), checks);
    }
}
