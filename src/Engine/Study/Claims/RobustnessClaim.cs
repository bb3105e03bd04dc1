namespace GpuMlp.Engine.Study.Claims;

/// <summary>C4: larger models are more robust. Two readings: a higher F1 under corruption, and a smaller loss of F1.</summary>
internal static class RobustnessClaim
{
    // The study's two; every other corruption of a run is told beside the verdict.
    private static readonly string[] s_studys = ["gaussian", "occlusion"];

    public static Claim Judge(StudyTables tables)
    {
        List<Check> checks = [];
        RobustnessRow[] rows = [.. (tables.Robustness ?? []).Where(row => tables.InFocus(row.Kind))];
        string? task = Task(rows);
        (int Small, int Large)? sizes = task is null ? null : Sizes([.. rows.Where(row => row.Kind.Task == task).Select(row => row.Kind.Hidden).Distinct().Order()]);
        foreach (string corruption in s_studys.Concat(rows.Select(row => row.Corruption).Distinct().Except(s_studys)))
        {
            RobustnessRow[] of = [.. rows.Where(row => row.Corruption == corruption && row.Kind.Task == task)];
            if (of.Length == 0 || sizes is not { } pair)
            {
                string why = of.Length == 0 ? $"the run has no {corruption} table" : "it takes two hidden sizes";
                checks.Add(new Check($"F1 under {corruption}", Rule("is higher"), "", why, null));
                continue;
            }

            bool decides = s_studys.Contains(corruption);
            checks.Add(Compare(tables, of, corruption, pair, lossOnly: false) with { Decides = decides });
            checks.Add(Compare(tables, of, corruption, pair, lossOnly: true) with { Decides = decides });
        }

        checks.Add(Agreement(tables, rows));
        return Claim.Judge(
            "C4",
            "Larger models are more robust",
            "F1 under noise and occlusion grows with the hidden size (4v9, H = 24, 48, 64)",
            checks);
    }

    private static string Rule(string what) =>
        $"mean F1 of the largest size {what} than that of the smallest at every severity, and for every seed on average over them";

    private static Check Compare(StudyTables tables, RobustnessRow[] rows, string corruption, (int Small, int Large) sizes, bool lossOnly)
    {
        Dictionary<(int Hidden, int Seed), double> clean = tables.FocusResults
            .Where(row => row.Kind.Task == rows[0].Kind.Task)
            .ToDictionary(row => (row.Kind.Hidden, row.Seed), row => row.Ok ? row.ValF1 : double.NaN);

        // Positive: the large model is the better one.
        var gains = (
            from large in rows
            where large.Kind.Hidden == sizes.Large
            join small in rows.Where(row => row.Kind.Hidden == sizes.Small) on (large.Seed, large.Severity) equals (small.Seed, small.Severity)
            let head = lossOnly ? clean.GetValueOrDefault((sizes.Large, large.Seed), double.NaN) - clean.GetValueOrDefault((sizes.Small, large.Seed), double.NaN) : 0
            select (large.Seed, large.Severity, Gain: large.ValF1 - small.ValF1 - head)).ToList();
        string scope = lossOnly ? $"loss of F1 under {corruption}" : $"F1 under {corruption}";
        string rule = Rule(lossOnly ? "loses less against clean images" : "is higher");
        if (gains.Count == 0)
        {
            return new Check(scope, rule, "", "no seed has both sizes", null);
        }

        var bySeverity = gains.GroupBy(item => item.Severity).OrderBy(group => group.Key).Select(group => (group.Key, Mean: group.Average(item => item.Gain))).ToList();
        var bySeed = gains.GroupBy(item => item.Seed).Select(group => group.Average(item => item.Gain)).ToList();
        bool passed = bySeverity.All(item => item.Mean > 0) && bySeed.All(gain => gain > 0);
        string ours = $"{rows[0].Kind.Task}, H = {sizes.Large} against {sizes.Small}: {Say.Change(bySeverity.Min(item => item.Mean))} to {Say.Change(bySeverity.Max(item => item.Mean))} over severities, {Say.Change(bySeed.Min())} to {Say.Change(bySeed.Max())} over seeds";
        return new Check(scope, rule, Study(tables, corruption, lossOnly), ours, passed);
    }

    private static string Study(StudyTables tables, string corruption, bool lossOnly) => (tables.IsStudyData, corruption, lossOnly) switch
    {
        (true, "gaussian", false) => "+0.037 to +0.097 (H = 64 against 24)",
        (true, "occlusion", false) => "+0.015 (H = 64 against 24)",
        _ => "",
    };

    private static Check Agreement(StudyTables tables, RobustnessRow[] rows)
    {
        string rule = $"mean F1 within {Rules.AgreesF1:0.00} of every printed figure";
        var printed = StudyFigures.Gaussian
            .SelectMany(size => size.Value.Select((f1, i) => (Corruption: "gaussian", Hidden: size.Key, Severity: StudyFigures.GaussianSigma[i], F1: f1)))
            .Concat(StudyFigures.Occlusion.Select(size => (Corruption: "occlusion", Hidden: size.Key, Severity: StudyFigures.OcclusionSide, F1: size.Value)));
        var both = (
            from figure in printed
            let ours = rows.Where(row => row.Kind.Task == StudyFigures.HardTask && row.Kind.Hidden == figure.Hidden
                && row.Corruption == figure.Corruption && row.Severity == figure.Severity).Select(row => row.ValF1).ToList()
            where tables.IsStudyData && ours.Count > 0
            select (figure, Ours: ours.Average(), Off: Math.Abs(ours.Average() - figure.F1))).ToList();
        if (both.Count == 0)
        {
            return new Check("the printed figures", rule, "", "the run has none of them", null, Decides: false);
        }

        var (worst, mean, off) = both.MaxBy(item => item.Off);
        return new Check(
            "the printed figures", rule, $"{both.Count} figures",
            $"{both.Count(item => item.Off <= Rules.AgreesF1)} of {both.Count} within; furthest {worst.Corruption} {Say.Number(worst.Severity)}, H = {worst.Hidden}: {Say.F1(mean)} against {Say.F1(worst.F1)}",
            off <= Rules.AgreesF1, Decides: false);
    }

    /// <summary>The study's task where the run has it, else the first.</summary>
    private static string? Task(RobustnessRow[] rows) =>
        rows.Any(row => row.Kind.Task == StudyFigures.HardTask) ? StudyFigures.HardTask : rows.FirstOrDefault()?.Kind.Task;

    private static (int Small, int Large)? Sizes(int[] hidden)
    {
        int[] studys = [.. StudyFigures.RobustSizes.Where(hidden.Contains)];
        int[] used = studys.Length > 1 ? studys : hidden;
        return used.Length > 1 ? (used[0], used[^1]) : null;
    }
}
