namespace GpuMlp.Engine.Study.Claims;

/// <summary>
/// C2: 95 % of the weights can go. Judged by the study's ranking on all models that learned anything; other rankings,
/// trainings and further training are the conditions under which it may hold all the same.
/// </summary>
internal static class PruningClaim
{
    private const double ExtremeLevel = 0.99;

    public static Claim Judge(StudyTables tables)
    {
        const string Title = "95 % pruning keeps F1";
        const string Statement = "one-shot magnitude pruning of 95 % of the weights changes F1 by 0.01 at most; 0v1 keeps it at 99 %";
        if (tables.Pruning is not { Count: > 0 } && tables.Finetune is not { Count: > 0 })
        {
            return Claim.Judge("C2", Title, Statement, [new Check("pruning", Rule(StudyFigures.Level), "", "the run has no pruning table", null)]);
        }

        IReadOnlyList<PruningLoss> losses = PruningLoss.All(tables);
        List<Check> checks = [.. OneShot(tables, losses), Extreme(tables, losses), AsApplied(tables, losses)];
        Claim claim = Claim.Judge("C2", Title, Statement, [.. checks.Where(check => check.Passed is not null || check.Decides)]);
        return claim.Verdict == Verdict.HoldsOnlyWhen || claim.Checks.All(check => check.Passed != true || !check.Decides)
            ? WithConditions(tables, claim, losses)
            : claim;
    }

    private static string Rule(double level) =>
        $"mean validation F1 over the seeds falls by at most {Rules.KeptF1:0.00} at a true {Say.Percent(level)}, for every task and H whose dense F1 is {Rules.WorthPruningF1:0.00} or more";

    /// <summary>A check a training, ranking and protocol.</summary>
    private static IEnumerable<Check> OneShot(StudyTables tables, IReadOnlyList<PruningLoss> losses)
    {
        var groups = losses.Where(loss => loss.Sparsity == StudyFigures.Level).GroupBy(loss => loss.How).ToList();
        if (groups.Count == 0)
        {
            yield return new Check("95 %", Rule(StudyFigures.Level), "change of about 0.01 (4v9)", "no model that learned is pruned at a true 95 %", null);
        }

        foreach (IGrouping<PruningHow, PruningLoss> group in groups)
        {
            PruningLoss[] all = [.. group];
            PruningLoss[] kept = [.. all.Where(loss => loss.Kept)];
            PruningLoss worst = all.MaxBy(loss => loss.Loss)!, best = all.MinBy(loss => loss.Loss)!;
            string ours = $"kept by {Say.Some([.. kept.Select(loss => loss.Model)], all.Length)} kinds of models; change from {Say.Change(-best.Loss)} ({best.Model}) to {Say.Change(-worst.Loss)} ({worst.Model})";
            bool study = group.Key.IsStudys(tables);
            yield return new Check(
                $"95 % {group.Key.Describe(tables)}", Rule(StudyFigures.Level), study ? "change of about 0.01 (4v9)" : "", ours,
                kept.Length == all.Length, Decides: group.Key.Method != "random");
        }
    }

    private static Check Extreme(StudyTables tables, IReadOnlyList<PruningLoss> losses)
    {
        const string Scope = "0v1 at 99 %";
        PruningLoss[] easy = tables.IsStudyData
            ? [.. losses.Where(loss => loss.Sparsity == ExtremeLevel && loss.Kind.Task == StudyFigures.EasyTask && loss.How.IsStudys(tables))]
            : [];
        string ours = easy.Length == 0
            ? "no model of MNIST's 0v1 is pruned at a true 99 % in the study's way"
            : $"kept by {Say.Some([.. easy.Where(loss => loss.Kept).Select(loss => loss.Model)], easy.Length)} kinds of models; change from {Say.Change(-easy.Min(loss => loss.Loss))} to {Say.Change(-easy.Max(loss => loss.Loss))}";
        return new Check(Scope, Rule(ExtremeLevel), "change of about 0.00001", ours, easy.Length == 0 ? null : easy.All(loss => loss.Kept));
    }

    /// <summary>What the study measured: not a check of the claim, but of the explanation for its figure.</summary>
    private static Check AsApplied(StudyTables tables, IReadOnlyList<PruningLoss> losses)
    {
        PruningLoss[] applied = [.. losses.Where(loss => loss.Sparsity == StudyFigures.AppliedLevel && loss.How.IsStudys(tables))];
        string rule = $"mean F1 changes by at most {Rules.KeptF1:0.00} at {Say.Percent(StudyFigures.AppliedLevel)}, the level that the published code applied where it says 95 %";
        return new Check(
            "the level in fact applied", rule, "no visible change",
            applied.Length == 0 ? "" : $"largest change {Say.Change(-applied.MaxBy(loss => Math.Abs(loss.Loss))!.Loss)}",
            applied.Length == 0 ? null : applied.All(loss => Math.Abs(loss.Loss) <= Rules.KeptF1), Decides: false);
    }

    /// <summary>Not only which whole groups pass: the single models that keep F1 by some way tell when the claim holds.</summary>
    private static Claim WithConditions(StudyTables tables, Claim claim, IReadOnlyList<PruningLoss> losses)
    {
        PruningLoss[] judged = [.. losses.Where(loss => loss.Sparsity == StudyFigures.Level && loss.How.Method != "random")];
        PruningLoss[] kept = [.. judged.Where(loss => loss.Kept)];
        if (kept.Length == 0)
        {
            return claim;
        }

        var ways = kept.GroupBy(loss => loss.How).OrderByDescending(way => way.Count()).ToList();
        const int Told = 4;
        string some = string.Join("; ", ways.Take(Told).Select(way =>
            $"{way.Key.Describe(tables)}: {Say.Some([.. way.Select(loss => loss.Model)], judged.Count(loss => loss.How == way.Key))}"));
        string more = ways.Count > Told ? $"; and {ways.Count - Told} more ways" : "";
        string factors = string.Concat(Factors(judged).Select(factor => $"; {factor}"));
        return claim with { Verdict = Verdict.HoldsOnlyWhen, Condition = $"pruned {some}{more} ({kept.Length} of {judged.Length} pairs of model and way){factors}" };
    }

    /// <summary>For each part of the training that differs, how many models keep F1 by its values.</summary>
    private static IEnumerable<string> Factors(PruningLoss[] judged)
    {
        (string Name, Func<PruningLoss, string> Value)[] factors =
        [
            ("batch", loss => loss.How.Trained.Batch),
            ("epochs", loss => Say.Number(loss.How.Trained.Epochs)),
            ("initial sd", loss => Say.Number(loss.How.Trained.InitStd)),
            ("weight decay", loss => Say.Number(loss.How.Trained.WeightDecay)),
        ];
        return
            from factor in factors
            let values = judged.GroupBy(factor.Value).ToList()
            where values.Count > 1
            select $"{factor.Name} {string.Join(", ", values.Select(value => $"{value.Key}: {value.Count(loss => loss.Kept)} of {value.Count()}"))}";
    }
}
