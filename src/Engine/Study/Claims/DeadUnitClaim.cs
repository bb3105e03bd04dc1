using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Study.Claims;

/// <summary>C3: pruning leaves no dead units.</summary>
internal static class DeadUnitClaim
{
    public static Claim Judge(StudyTables tables)
    {
        ResultRow[] all = [.. tables.FocusResults.Where(row => row.Ok)];
        (string Task, int Hidden)[] studys = tables.IsStudyData
            ? [.. StudyFigures.DeadUnitModels.Where(model => all.Any(row => (row.Kind.Task, row.Kind.Hidden) == model))]
            : [];
        bool IsMeant(ModelKind kind) => studys.Length == 0 || studys.Contains((kind.Task, kind.Hidden));
        ResultRow[] dense = [.. all.Where(row => IsMeant(row.Kind))];
        PruningRow[] pruned =
        [
            .. (tables.Pruning ?? []).Where(row => row.Method == StudyFigures.Ranking && row.Sparsity == StudyFigures.Level
                && tables.InFocus(row.Kind) && IsMeant(row.Kind)),
        ];
        string models = studys.Length > 0 ? $"in {string.Join(", ", studys.Select(model => $"{model.Task} H{model.Hidden}"))}"
            : "in any model";
        return Claim.Judge(
            "C3",
            "No dead units before or after pruning",
            "no hidden unit is dead before or after 95 % pruning: 0 and 0 in 0v1 H = 12, 3v8 H = 16, 4v9 H = 24",
            [
                Count("units of the dense models", "is inactive on every validation image before pruning", models,
                    Units(dense, row => row.DeadInactive)),
                Count("inactive units at 95 %", "is inactive on every validation image at a true 95 % by layer", models,
                    Units(pruned, row => row.DeadInactive)),
                Count("units without an input weight at 95 %", "is left without an input weight at a true 95 % by layer", models,
                    Units(pruned, row => row.DeadNoInput)),
                Count(
                    "units without an output weight at 95 %", "is left without an output weight, "
                        + "so without any effect, at a true 95 % by layer",
                    models, Units(pruned, row => row.DeadNoOutput)),
            ]);
    }

    private static Dead[] Units(ResultRow[] rows, Func<ResultRow, int?> dead)
        => [.. rows.Select(row => new Dead(row.Kind, row.Seed, dead(row) ?? 0))];

    private static Dead[] Units(PruningRow[] rows, Func<PruningRow, int?> dead)
        => [.. rows.Select(row => new Dead(row.Kind, row.Seed, dead(row) ?? 0))];

    private static Check Count(string scope, string what, string models, Dead[] rows)
    {
        Rule<int> rule = new($"no unit {what}, {models}, for any seed", count => count == 0);
        if (rows.Length == 0)
        {
            return rule.Open(scope, "0", "the run has no such models");
        }

        int units = rows.Sum(row => row.Kind.Hidden), count = rows.Sum(row => row.Units);
        var byModel = rows.GroupBy(row => row.Kind).Where(group => group.Any(row => row.Units > 0))
            .Select(group => FormattableString.Invariant(
                $"{group.Key.Task} H{group.Key.Hidden}: {group.Average(row => row.Units):0.#} of {group.Key.Hidden}"))
            .ToList();
        const int Told = 4;
        string where = byModel.Count is > 0 and <= Told ? $" ({string.Join(", ", byModel)})" : "";
        return rule.Judge(
            scope, "0", count, rows.Select(row => row.Seed).Distinct()
                .Count(), $"{count} of {units} units over {rows.Length} models{where}");
    }

    /// <summary>Dead units of one model.</summary>
    private readonly record struct Dead(ModelKind Kind, int Seed, int Units);
}
