namespace GpuMlp.Engine.Study.Claims;

/// <summary>C3: pruning leaves no dead units.</summary>
internal static class DeadUnitClaim
{
    public static Claim Judge(StudyTables tables)
    {
        bool IsChosen(ModelKind kind) => StudyFigures.DeadUnitModels.Contains((kind.Task, kind.Hidden));
        ResultRow[] all = [.. tables.FocusResults.Where(row => row.Ok)];
        bool chosen = tables.IsStudyData && all.Any(row => IsChosen(row.Kind));
        ResultRow[] dense = chosen ? [.. all.Where(row => IsChosen(row.Kind))] : all;
        PruningRow[] pruned =
        [
            .. (tables.Pruning ?? []).Where(row => row.Method == StudyFigures.Ranking && row.Sparsity == StudyFigures.Level
                && tables.InFocus(row.Kind) && (!chosen || IsChosen(row.Kind))),
        ];
        string models = chosen ? $"in {string.Join(", ", StudyFigures.DeadUnitModels.Select(model => $"{model.Task} H{model.Hidden}"))}" : "in every model";
        return Claim.Judge(
            "C3",
            "No dead units before or after pruning",
            "no hidden unit is dead before or after 95 % pruning: 0 and 0 in 0v1 H = 12, 3v8 H = 16, 4v9 H = 24",
            [
                Count("units of the dense models", "is inactive on every validation image before pruning", models, dense, row => row.Kind, row => row.DeadInactive),
                Count("inactive units at 95 %", "is inactive on every validation image at a true 95 % by layer", models, pruned, row => row.Kind, row => row.DeadInactive),
                Count("units without an input weight at 95 %", "is left without an input weight at a true 95 % by layer", models, pruned, row => row.Kind, row => row.DeadNoInput),
                Count("units without an output weight at 95 %", "is left without an output weight, so without any effect, at a true 95 % by layer", models, pruned, row => row.Kind, row => row.DeadNoOutput),
            ]);
    }

    private static Check Count<T>(string scope, string what, string models, T[] rows, Func<T, ModelKind> kind, Func<T, int> dead)
    {
        string rule = $"no unit {what}, {models}, for every seed";
        if (rows.Length == 0)
        {
            return new Check(scope, rule, "0", "the run has no such models", null);
        }

        int units = rows.Sum(row => kind(row).Hidden), count = rows.Sum(dead);
        var byModel = rows.GroupBy(kind).Where(group => group.Any(row => dead(row) > 0))
            .Select(group => FormattableString.Invariant($"{group.Key.Task} H{group.Key.Hidden}: {group.Average(dead):0.#} of {group.Key.Hidden}")).ToList();
        const int Told = 4;
        string where = byModel.Count is > 0 and <= Told ? $" ({string.Join(", ", byModel)})" : "";
        return new Check(scope, rule, "0", $"{count} of {units} units over {rows.Length} models{where}", count == 0);
    }
}
