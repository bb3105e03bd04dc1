using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Study.Claims;

/// <summary>
/// C2: 95 % of the weights can go. Judged on all models that learned anything, ranking by ranking; other rankings, trainings and
/// further training are the conditions under which it may hold all the same.
/// </summary>
internal static class PruningClaim
{
    private const double ExtremeLevel = 0.99;

    private static readonly Rule<PruningLoss[]> s_all = Keeps(StudyFigures.Level, "every task and H");

    private static readonly Rule<PruningLoss[]> s_extreme = Keeps(ExtremeLevel, $"every H of {StudyFigures.EasyTask}");

    private static readonly Rule<PruningLoss[]> s_asApplied = new(
        $"mean F1 changes by {Rules.KeptF1} at {Say.Percent(StudyFigures.AppliedLevel)}, the level that the published code applied where "
            + "it says 95 %",
        losses => losses.All(loss => Rules.KeptF1.Admits(Math.Abs(loss.Loss))));

    public static Claim Judge(StudyTables tables)
    {
        const string Title = "95 % pruning keeps F1";
        const string Statement = "one-shot magnitude pruning of 95 % of the weights changes F1 by 0.01 at most; 0v1 keeps it at 99 %";
        if (tables.Pruning is not { Count: > 0 } && tables.Finetune is not { Count: > 0 } && tables.Tickets is not { Count: > 0 })
        {
            return Claim.Judge("C2", Title, Statement, [s_all.Open("pruning", "", "the run has no pruning table")]);
        }

        IReadOnlyList<PruningLoss> losses = PruningLoss.All(tables);
        Check[] checks =
        [
            .. OneShot(tables, losses), .. Iterative(tables), Extreme(tables, losses), AsApplied(tables, losses),
        ];
        return Claim.Judge("C2", Title, Statement, [.. checks.Where(check => check.Passed is not null || check.Decides)],
            Single(tables, losses));
    }

    private static Rule<PruningLoss[]> Keeps(double level, string where) => new(
        $"mean validation F1 over the seeds falls by {Rules.KeptF1} at a true {Say.Percent(Math.Round(level, 4))}, for {where} whose dense "
            + $"F1 is {Rules.WorthPruningF1}; a seed that fails after pruning keeps nothing",
        losses => losses.All(loss => loss.Kept));

    /// <summary>A check a training, ranking and protocol.</summary>
    private static IEnumerable<Check> OneShot(StudyTables tables, IReadOnlyList<PruningLoss> losses)
    {
        var groups = losses.Where(loss => loss.Sparsity == StudyFigures.Level).GroupBy(loss => loss.How).ToList();
        if (groups.Count == 0)
        {
            yield return s_all.Open("95 %", "change of about 0.01 (4v9)", "no model that learned is pruned at a true 95 %");
        }

        foreach (IGrouping<PruningHow, PruningLoss> group in groups)
        {
            string study = group.Key.IsStudys(tables) ? "change of about 0.01 (4v9)" : "";
            yield return Judge(s_all, $"95 % {group.Key.Describe(tables)}", study, [.. group], decides: group.Key.Method != "random");
        }
    }

    /// <summary>A check a training and ranking of the tickets: the first round that has taken the level.</summary>
    private static IEnumerable<Check> Iterative(StudyTables tables)
    {
        if (tables.Tickets is not { Count: > 0 })
            yield break;
        var groups = PruningLoss.Rounds(tables).Where(loss => loss.Sparsity >= StudyFigures.Level).GroupBy(loss => loss.How).ToList();
        if (groups.Count == 0)
            yield return s_all.Open("95 % after iterative pruning", "", "no round leaves 5 % or less of a model that learned");
        foreach (IGrouping<PruningHow, PruningLoss> group in groups)
        {
            double level = group.Min(loss => loss.Sparsity);
            string scope = $"{Say.Percent(Math.Round(level, 3))} after iterative pruning, {group.Key.Describe(tables)}";
            PruningLoss[] round = [.. group.Where(loss => loss.Sparsity == level)];
            yield return Judge(Keeps(level, "every task and H"), scope, "", round, decides: true);
        }
    }

    private static Check Extreme(StudyTables tables, IReadOnlyList<PruningLoss> losses)
    {
        const string Scope = "0v1 at 99 %", Study = "change of about 0.00001";
        PruningLoss[] easy = tables.IsStudyData
            ? [.. losses.Where(
                loss => loss.Sparsity == ExtremeLevel && loss.Kind.Task == StudyFigures.EasyTask && loss.How.IsStudys(tables))]
            : [];
        return easy.Length == 0
            ? s_extreme.Open(Scope, Study, "no model of MNIST's 0v1 is pruned at a true 99 % in the study's way")
            : Judge(s_extreme, Scope, Study, easy, decides: true);
    }

    private static Check Judge(Rule<PruningLoss[]> rule, string scope, string study, PruningLoss[] losses, bool decides)
    {
        string kept = $"kept by {Say.Some([.. losses.Where(loss => loss.Kept).Select(loss => loss.Model)], losses.Length)} kinds of models";
        PruningLoss[] told = [.. losses.Where(loss => !double.IsNaN(loss.Loss)).OrderBy(loss => loss.Loss)];
        string change = told.Length == 0 ? "" : $"; change from {Say.Change(-told[0].Loss)} ({told[0].Model}) to "
            + $"{Say.Change(-told[^1].Loss)} ({told[^1].Model})";
        int failed = losses.Sum(loss => loss.Failed);
        return rule.Judge(scope, study, losses, Seeds(losses), kept + change + (failed > 0 ? $"; {failed} pruned models failed" : ""),
            decides);
    }

    /// <summary>What the study measured: not a check of the claim, but of the explanation for its figure.</summary>
    private static Check AsApplied(StudyTables tables, IReadOnlyList<PruningLoss> losses)
    {
        const string Scope = "the level in fact applied", Study = "no visible change";
        PruningLoss[] applied = [.. losses.Where(loss => loss.Sparsity == StudyFigures.AppliedLevel && loss.How.IsStudys(tables))];
        return applied.Length == 0
            ? s_asApplied.Open(Scope, Study, "", decides: false)
            : s_asApplied.Judge(
                Scope, Study, applied, Seeds(applied), $"largest change {Say.Change(-applied.MaxBy(loss => Math.Abs(loss.Loss))!.Loss)}",
                    decides: false);
    }

    /// <summary>Kinds of models that keep F1 though not all of their way do: told beside a verdict that they do not change.</summary>
    private static string Single(StudyTables tables, IReadOnlyList<PruningLoss> losses)
    {
        PruningLoss[] judged = [.. losses.Where(loss => loss.Sparsity == StudyFigures.Level && loss.How.Method != "random")];
        PruningLoss[] kept = [.. judged.Where(loss => loss.Kept)];
        if (kept.Length == 0)
        {
            return "";
        }

        var ways = kept.GroupBy(loss => loss.How).OrderByDescending(way => way.Count()).ToList();
        const int Told = 4;
        string some = string.Join("; ", ways.Take(Told).Select(way =>
            $"{way.Key.Describe(tables)}: {Say.Some([.. way.Select(loss => loss.Model)], judged.Count(loss => loss.How == way.Key))}"));
        string more = ways.Count > Told ? $"; and {ways.Count - Told} more ways" : "";
        string factors = string.Concat(Factors(judged).Select(factor => $"; {factor}"));
        return $"{kept.Length} of {judged.Length} pairs of model and way keep it: pruned {some}{more}{factors}";
    }

    /// <summary>For each part of the training that differs, how many models keep F1 by its values.</summary>
    private static IEnumerable<string> Factors(PruningLoss[] judged)
    {
        return
            from factor in TrainedHow.Parts
            let values = judged.GroupBy(loss => factor.Value(loss.How.Trained)).ToList()
            where values.Count > 1
            select $"{factor.Name} "
                + $"{string.Join(", ", values.Select(value => $"{value.Key}: {value.Count(loss => loss.Kept)} of {value.Count()}"))}";
    }

    private static int Seeds(PruningLoss[] losses) => losses.Max(loss => loss.Dense.Count);
}
