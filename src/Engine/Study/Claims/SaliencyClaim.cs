using GpuMlp.Engine.Analyses.Similarity;

namespace GpuMlp.Engine.Study.Claims;

/// <summary>C5: saliency maps survive pruning. A similarity means nothing without the floor that a re-initialised model gives.</summary>
internal static class SaliencyClaim
{
    private const string Floor = SaliencyRow.Reinitialised;

    private static readonly (string Name, Func<SaliencyRow, double> Of)[] s_measures =
        [("Spearman", row => row.Spearman), ("SSIM", row => row.Ssim), ("top-k overlap", row => row.TopkIou)];

    // A floor of 1 leaves no room between.
    private static readonly Rule<(double Ours, double Floor)[]> s_rule = new(
        "mean Spearman, SSIM and top-k overlap of pruned with dense maps are all closer to 1 (the same map) than to what a "
            + "re-initialised model gives",
        measures => measures.All(measure => Rules.Gain.Admits(1 - measure.Floor))
            ? measures.All(measure => Rules.Gain.Admits((measure.Ours - measure.Floor) - (1 - measure.Ours)))
            : null);

    public static Claim Judge(StudyTables tables)
    {
        const string Title = "Saliency at 95 % pruning is consistent with the dense model's";
        const string Statement = "maps of the model pruned by 95 % are \"remarkably consistent\" with those of the dense model";
        SaliencyRow[] rows = [.. (tables.Saliency ?? []).Where(row => tables.InFocus(row.Kind))];
        SaliencyRow[] level = [.. rows.Where(row => row.Pruning != Floor && row.Sparsity == StudyFigures.Level)];
        if (level.Length == 0)
        {
            return Claim.Judge("C5", Title, Statement,
                [s_rule.Open("saliency", "by eye, at 0.95 %", rows.Length == 0 ? "the run has no saliency table"
                    : "no map at a true 95 %")]);
        }

        return Claim.Judge("C5", Title, Statement, [.. level.GroupBy(row => (row.Method, row.Pruning)).Select(group =>
            Compare(group.Key.Method, group.Key.Pruning, [.. group],
                [.. rows.Where(row => row.Pruning == Floor && row.Method == group.Key.Method)]))]);
    }

    private static Check Compare(string method, string ranking, SaliencyRow[] pruned, SaliencyRow[] floor)
    {
        string scope = $"{method}, pruned by {ranking}";
        string study = ranking == StudyFigures.Ranking ? "by eye, at 0.95 %" : "";
        bool decides = ranking != "random";
        var pairs = pruned.Join(floor, row => (row.Kind, row.Seed), row => (row.Kind, row.Seed),
            (ours, bottom) => (Ours: ours, Floor: bottom)).ToList();
        if (pairs.Count == 0)
        {
            return s_rule.Open(scope, study, "no re-initialised model to compare with", decides);
        }

        var measures = s_measures.Select(measure =>
            (measure.Name, Ours: pairs.Average(pair => measure.Of(pair.Ours)),
                Floor: pairs.Average(pair => measure.Of(pair.Floor)))).ToList();
        Check check = s_rule.Judge(
            scope, study, [.. measures.Select(measure => (measure.Ours, measure.Floor))],
                pairs.Select(pair => pair.Ours.Seed).Distinct().Count(),
            string.Join(", ", measures.Select(measure => $"{measure.Name} {Say.F1(measure.Ours)} (floor {Say.F1(measure.Floor)})")),
                decides);
        return check.Passed is not null ? check : s_rule.Open(scope, study, $"{check.Ours}: the floor is as high as can be", decides);
    }
}
