using GpuMlp.Engine.Analyses.Embedding;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Study.Claims;

/// <summary>C6: the classes stay apart in a t-SNE picture of hidden activations. Judged by numbers beside the picture.</summary>
internal static class EmbeddingClaim
{
    private static readonly Rule<(double Before, double After, double Trust)> s_rule = new(
        $"the share of the nearest neighbours in the picture that have a point's own class is {Rules.Separated} before pruning and falls "
            + $"by {Rules.PurityLoss}; judged where the first is so, in pictures with a trustworthiness of {Rules.TrustworthyPicture}",
        pictures => Rules.TrustworthyPicture.Admits(pictures.Trust) && Rules.Separated.Admits(pictures.Before)
            ? Rules.PurityLoss.Admits(pictures.Before - pictures.After)
            : null);

    public static Claim Judge(StudyTables tables)
    {
        const string Title = "t-SNE clusters stay separated at 95 % pruning";
        const string Statement = "clusters of the hidden activations stay as separated after 95 % pruning as before (4v9, H = 24)";
        EmbeddingRow[] rows = [.. (tables.Embedding ?? []).Where(row => tables.InFocus(row.Kind))];
        var groups = rows.Where(row => row.Method != EmbeddingRow.Dense && row.Sparsity == StudyFigures.Level).GroupBy(row => row.Method)
            .ToList();
        if (groups.Count == 0)
        {
            string why = rows.Length == 0 ? "the run has no embedding table with this model in it" : "no picture at a true 95 %";
            return Claim.Judge("C6", Title, Statement, [s_rule.Open("the embedding", "by eye, at 0.95 %", why)]);
        }

        return Claim.Judge("C6", Title, Statement, [.. groups.Select(group => Compare(group.Key, [.. group], rows))]);
    }

    private static Check Compare(string ranking, EmbeddingRow[] pruned, EmbeddingRow[] all)
    {
        string scope = $"pruned by {ranking}";
        string study = ranking == StudyFigures.Ranking ? "by eye, at 0.95 %" : "";
        bool decides = ranking != "random";
        Dictionary<(ModelKind, int), EmbeddingRow> dense = all.Where(row => row.Method == EmbeddingRow.Dense)
            .ToDictionary(row => (row.Kind, row.Seed));
        var pairs = pruned.Where(row => dense.ContainsKey((row.Kind, row.Seed)))
            .Select(row => (Before: dense[(row.Kind, row.Seed)], After: row))
            .Where(pair => !double.IsNaN(pair.Before.Purity) && !double.IsNaN(pair.After.Purity))
            .ToList();
        if (pairs.Count == 0)
        {
            return s_rule.Open(scope, study, "no picture before and after of the same model", decides);
        }

        double before = pairs.Average(pair => pair.Before.Purity), after = pairs.Average(pair => pair.After.Purity);
        double trust = pairs.Min(pair => Math.Min(pair.Before.Trustworthiness, pair.After.Trustworthiness));
        string models = pairs.Count == 1 ? $"{pairs[0].After.Kind.Task}, H = {pairs[0].After.Kind.Hidden}" : $"{pairs.Count} models";
        Check check = s_rule.Judge(
            scope, study, (before, after, trust), pairs.Select(pair => pair.After.Seed).Distinct().Count(),
            $"{models}: {Say.F1(before)} before, {Say.F1(after)} after; least trustworthiness {Say.F1(trust)}", decides);
        return check.Passed is not null ? check : s_rule.Open(
            scope,
            study,
            $"{check.Ours}: "
                + (Rules.Separated.Admits(before)
                    ? "the pictures show too little of the activations"
                    : "the classes are not separated before pruning"),
            decides);
    }
}
