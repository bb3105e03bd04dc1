namespace GpuMlp.Engine.Study.Claims;

/// <summary>C5: saliency maps survive pruning. A similarity means nothing without the floor that a re-initialised model gives.</summary>
internal static class SaliencyClaim
{
    /// <summary>The name of the floor in the column <c>pruning</c>.</summary>
    public const string Floor = "reinitialised";

    private static readonly (string Name, Func<SaliencyRow, double> Of)[] s_measures =
        [("Spearman", row => row.Spearman), ("SSIM", row => row.Ssim), ("top-k overlap", row => row.TopkIou)];

    public static Claim Judge(StudyTables tables)
    {
        const string Title = "Saliency at 95 % pruning is consistent with the dense model's";
        const string Statement = "maps of the model pruned by 95 % are \"remarkably consistent\" with those of the dense model";
        string rule = "mean Spearman, SSIM and top-k overlap of pruned with dense maps are all closer to 1 (the same map) than to what a re-initialised model gives";
        SaliencyRow[] rows = [.. (tables.Saliency ?? []).Where(row => tables.InFocus(row.Kind))];
        SaliencyRow[] level = [.. rows.Where(row => row.Pruning != Floor && row.Sparsity == StudyFigures.Level)];
        if (level.Length == 0)
        {
            return Claim.Judge("C5", Title, Statement,
                [new Check("saliency", rule, "by eye, at 0.95 %", rows.Length == 0 ? "the run has no saliency table" : "no map at a true 95 %", null)]);
        }

        List<Check> checks = [];
        foreach (var group in level.GroupBy(row => (row.Method, row.Pruning)))
        {
            SaliencyRow[] floor = [.. rows.Where(row => row.Pruning == Floor && row.Method == group.Key.Method)];
            checks.Add(Compare(group.Key.Method, group.Key.Pruning, rule, [.. group], floor));
        }

        return Claim.Judge("C5", Title, Statement, checks);
    }

    private static Check Compare(string method, string ranking, string rule, SaliencyRow[] pruned, SaliencyRow[] floor)
    {
        string scope = $"{method}, pruned by {ranking}";
        string study = ranking == StudyFigures.Ranking ? "by eye, at 0.95 %" : "";
        bool decides = ranking != "random";
        if (floor.Length == 0)
        {
            return new Check(scope, rule, study, "no re-initialised model to compare with", null, decides);
        }

        List<string> said = [];
        bool all = true;
        foreach ((string name, Func<SaliencyRow, double> of) in s_measures)
        {
            double ours = pruned.Average(of), bottom = floor.Average(of);
            all &= ours >= (1 + bottom) / 2;
            said.Add($"{name} {Say.F1(ours)} (floor {Say.F1(bottom)})");
        }

        return new Check(scope, rule, study, string.Join(", ", said), all, decides);
    }
}
