using GpuMlp.Engine.Analyses.Robustness;
using GpuMlp.Engine.Statistics;

namespace GpuMlp.Engine.Study.Claims;

/// <summary>C4: larger models are more robust. Two readings: a higher F1 under corruption, and a smaller loss of F1.</summary>
internal static class RobustnessClaim
{
    // The study's two; every other corruption of a run is told beside the verdict.
    private static readonly string[] s_studys = ["gaussian", "occlusion"];

    private static readonly Rule<double[]> s_higher = Grows("is higher"), s_lossLess = Grows("loses less against clean images");

    private static readonly Rule<double[]> s_agreement = new(
        $"mean F1 differs from every printed figure by {Rules.AgreesF1}", off => off.All(Rules.AgreesF1.Admits));

    public static Claim Judge(StudyTables tables)
    {
        // Severity 0 is the clean image, of which nothing is lost.
        RobustnessRow[] rows = [.. (tables.Robustness ?? []).Where(row => tables.InFocus(row.Kind) && row.Severity > 0)];
        string? task = rows.Select(row => row.Kind.Task).OrderBy(name => name != tables.Shown.Task).FirstOrDefault();
        RobustnessRow[] ofTask = [.. rows.Where(row => row.Kind.Task == task)];
        Dictionary<(int Hidden, int Seed), double> clean = tables.FocusResults.Where(row => row.Ok && row.Kind.Task == task)
            .ToDictionary(row => (row.Kind.Hidden, row.Seed), row => row.Validation.F1);
        (int Small, int Large)? sizes = Sizes([.. ofTask.Select(row => row.Kind.Hidden).Distinct().Order()], clean);
        List<Check> checks = [];
        foreach (string corruption in s_studys.Concat(ofTask.Select(row => row.Corruption).Distinct().Except(s_studys)))
        {
            RobustnessRow[] of = [.. ofTask.Where(row => row.Corruption == corruption)];
            bool decides = s_studys.Contains(corruption);
            if (of.Length == 0 || sizes is not { } pair)
            {
                string why = of.Length == 0 ? $"the run has no {corruption} table"
                    : $"it takes two hidden sizes with a clean F1 of {Rules.WorthPruningF1}";
                checks.Add(s_higher.Open($"F1 under {corruption}", "", why, decides));
                continue;
            }

            checks.Add(Compare(s_higher, $"F1 under {corruption}", Study(tables, corruption), of, pair, (_, _) => 0, decides));
            checks.Add(Compare(s_lossLess, $"loss of F1 under {corruption}", "", of, pair,
                (hidden, seed) => clean.GetValueOrDefault((hidden, seed), double.NaN), decides));
        }

        checks.Add(Agreement(tables, rows));
        return Claim.Judge(
            "C4",
            "Larger models are more robust",
            "F1 under noise and occlusion grows with the hidden size (4v9, H = 24, 48, 64)",
            checks);
    }

    private static Rule<double[]> Grows(string what) => new(
        $"mean F1 of the largest size {what} than that of the smallest at every severity, and for every seed on average over them; of "
            + $"sizes with a mean clean F1 of {Rules.WorthPruningF1}",
        gains => gains.All(Rules.Gain.Admits));

    /// <param name="clean">What a model's F1 is counted from, by size and seed.</param>
    private static Check Compare(
        Rule<double[]> rule, string scope, string study, RobustnessRow[] rows, (int Small, int Large) sizes,
        Func<int, int, double> clean, bool decides)
    {
        // Positive: the large model is the better one.
        var gains = (
            from large in rows
            where large.Kind.Hidden == sizes.Large
            join small in rows.Where(row => row.Kind.Hidden == sizes.Small) on
                (large.Seed, large.Severity) equals (small.Seed, small.Severity)
            let head = clean(sizes.Large, large.Seed) - clean(sizes.Small, large.Seed)
            where !double.IsNaN(head)
            select (large.Seed, large.Severity, Gain: large.ValF1 - small.ValF1 - head)).ToList();
        if (gains.Count == 0)
        {
            return rule.Open(scope, study, "no seed has both sizes", decides);
        }

        double[] bySeverity = [.. gains.GroupBy(item => item.Severity).Select(group => group.Average(item => item.Gain))];
        double[] bySeed = [.. gains.GroupBy(item => item.Seed).Select(group => group.Average(item => item.Gain))];
        return rule.Judge(
            scope, study, [.. bySeverity, .. bySeed], bySeed.Length,
            $"{rows[0].Kind.Task}, H = {sizes.Large} against {sizes.Small}: {Say.Change(bySeverity.Min())} to "
                + $"{Say.Change(bySeverity.Max())} over severities, {Say.Change(bySeed.Min())} to {Say.Change(bySeed.Max())} over seeds",
            decides);
    }

    private static string Study(StudyTables tables, string corruption) => (tables.IsStudyData, corruption) switch
    {
        (true, "gaussian") => "+0.037 to +0.097 (H = 64 against 24)",
        (true, "occlusion") => "+0.015 (H = 64 against 24)",
        _ => "",
    };

    private static Check Agreement(StudyTables tables, RobustnessRow[] rows)
    {
        const string Scope = "the printed figures";
        var printed = StudyFigures.Gaussian
            .SelectMany(size => size.Value
                .Select((f1, i) => (Corruption: "gaussian", Hidden: size.Key, Severity: StudyFigures.GaussianSigma[i], F1: f1)))
            .Concat(StudyFigures.Occlusion
                .Select(size => (Corruption: "occlusion", Hidden: size.Key, Severity: StudyFigures.OcclusionSide, F1: size.Value)));
        var both = (
            from figure in printed
            let ours = rows.Where(row => row.Kind.Task == StudyFigures.HardTask && row.Kind.Hidden == figure.Hidden
                && row.Corruption == figure.Corruption && row.Severity == figure.Severity).ToList()
            where tables.IsStudyData && ours.Count > 0
            let mean = ours.Average(row => row.ValF1)
            select (figure, Ours: mean, Off: Math.Abs(mean - figure.F1), Seeds: ours.Count)).ToList();
        if (both.Count == 0)
        {
            return s_agreement.Open(Scope, "", "the run has none of them", decides: false);
        }

        var (worst, ours0, _, _) = both.MaxBy(item => item.Off);
        return s_agreement.Judge(
            Scope, $"{both.Count} figures", [.. both.Select(item => item.Off)], both.Max(item => item.Seeds),
            $"{both.Count(item => Rules.AgreesF1.Admits(item.Off))} of {both.Count} within; furthest "
                + $"{worst.Corruption} {Say.Number(worst.Severity)}, H = {worst.Hidden}: {Say.F1(ours0)} against {Say.F1(worst.F1)}",
            decides: false);
    }

    private static (int Small, int Large)? Sizes(int[] hidden, Dictionary<(int Hidden, int Seed), double> clean)
    {
        int[] learned = [.. hidden.Where(
            size => Rules.WorthPruningF1.Admits(Spread
                .Of(clean.Where(model => model.Key.Hidden == size).Select(model => model.Value)).Mean))];
        int[] studys = [.. StudyFigures.RobustSizes.Where(learned.Contains)];
        int[] used = studys.Length > 1 ? studys : learned;
        return used.Length > 1 ? (used[0], used[^1]) : null;
    }
}
