namespace GpuMlp.Engine.Study.Claims;

/// <summary>C6: the classes stay apart in a t-SNE picture of hidden activations. Judged by numbers beside the picture.</summary>
internal static class EmbeddingClaim
{
    private const string Dense = "dense";

    public static Claim Judge(StudyTables tables)
    {
        const string Title = "t-SNE clusters stay separated at 95 % pruning";
        const string Statement = "clusters of the hidden activations stay as separated after 95 % pruning as before (4v9, H = 24)";
        string rule = $"the share of the nearest neighbours in the picture that have a point's own class falls by at most {Rules.PurityLoss:0.00}, in pictures with a trustworthiness of {Rules.TrustworthyPicture:0.00} or more";
        EmbeddingRow[] rows = [.. (tables.Embedding ?? []).Where(row => tables.InFocus(row.Kind))];
        var groups = rows.Where(row => row.Method != Dense && row.Sparsity == StudyFigures.Level).GroupBy(row => row.Method).ToList();
        if (groups.Count == 0)
        {
            return Claim.Judge("C6", Title, Statement,
                [new Check("the embedding", rule, "by eye, at 0.95 %", rows.Length == 0 ? "the run has no embedding table" : "no picture at a true 95 %", null)]);
        }

        return Claim.Judge("C6", Title, Statement, [.. groups.Select(group => Compare(group.Key, rule, [.. group], rows))]);
    }

    private static Check Compare(string ranking, string rule, EmbeddingRow[] pruned, EmbeddingRow[] all)
    {
        string scope = $"pruned by {ranking}";
        string study = ranking == StudyFigures.Ranking ? "by eye, at 0.95 %" : "";
        bool decides = ranking != "random";
        Dictionary<(ModelKind, int), EmbeddingRow> dense = all.Where(row => row.Method == Dense).ToDictionary(row => (row.Kind, row.Seed));
        var pairs = pruned.Where(row => dense.ContainsKey((row.Kind, row.Seed))).Select(row => (Before: dense[(row.Kind, row.Seed)], After: row))
            .Where(pair => !double.IsNaN(pair.Before.Purity) && !double.IsNaN(pair.After.Purity)).ToList();
        if (pairs.Count == 0)
        {
            return new Check(scope, rule, study, "no picture before and after of the same model", null, decides);
        }

        double before = pairs.Average(pair => pair.Before.Purity), after = pairs.Average(pair => pair.After.Purity);
        double trust = pairs.Min(pair => Math.Min(pair.Before.Trustworthiness, pair.After.Trustworthiness));
        string ours = $"{Say.F1(before)} before, {Say.F1(after)} after over {pairs.Count} models; least trustworthiness {Say.F1(trust)}";
        return trust >= Rules.TrustworthyPicture
            ? new Check(scope, rule, study, ours, before - after <= Rules.PurityLoss, decides)
            : new Check(scope, rule, study, $"{ours}: the pictures show too little of the activations", null, decides);
    }
}
