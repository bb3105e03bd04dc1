namespace GpuMlp.Engine.Study.Claims;

/// <summary>C7: one rate is best at every size. Also asks what the study could not see: whether a higher one is better.</summary>
internal static class RateClaim
{
    public static Claim Judge(StudyTables tables)
    {
        const string Title = "Learning rate 0.03 is best at every size";
        const string Statement = "0.03 gives the best F1 at every hidden size (4v9); low rates under-perform";
        ResultRow[] rows = [.. tables.Results.Where(row => row.Kind.How == tables.Focus.How)];
        string? task = rows.GroupBy(row => row.Kind.Task)
            .Where(group => group.Any(row => row.Kind.Rate == StudyFigures.Rate) && group.Select(row => row.Kind.Rate).Distinct().Count() > 1)
            .Select(group => group.Key)
            .OrderBy(name => name != StudyFigures.HardTask)
            .FirstOrDefault();
        string best = $"mean best training F1 at 0.03 is the highest of the study's rates, or within {Rules.EqualF1:0.000} of it, at every H";
        if (task is null)
        {
            return Claim.Judge("C7", Title, Statement, [new Check("the rates of the study", best, "0.03 at every H", "no task was trained at 0.03 and at another rate", null)]);
        }

        // Failed models (a rate too high) count as F1 0.
        Dictionary<int, Dictionary<double, double>> grid = rows.Where(row => row.Kind.Task == task)
            .GroupBy(row => row.Kind.Hidden)
            .ToDictionary(size => size.Key, size => size.GroupBy(row => row.Kind.Rate)
                .ToDictionary(rate => rate.Key, rate => rate.Average(row => row.Ok ? row.BestTrainF1 : 0)));
        foreach (int size in grid.Keys.Where(size => !grid[size].ContainsKey(StudyFigures.Rate)).ToList())
        {
            grid.Remove(size);
        }

        return Claim.Judge("C7", Title, Statement, [Best(grid, best, task), Low(grid, task), Beyond(grid, task)]);
    }

    private static Check Best(Dictionary<int, Dictionary<double, double>> grid, string rule, string task)
    {
        const string Scope = "rates up to 0.03";
        List<string> better = [];
        int compared = 0;
        foreach ((int size, Dictionary<double, double> rates) in grid.OrderBy(item => item.Key))
        {
            var others = rates.Where(rate => rate.Key < StudyFigures.Rate).ToList();
            if (others.Count == 0)
            {
                continue;
            }

            compared++;
            (double rate, double f1) = others.MaxBy(item => item.Value);
            if (f1 - rates[StudyFigures.Rate] > Rules.EqualF1)
            {
                better.Add($"H = {size}: {Say.Number(rate)} by {Say.Change(f1 - rates[StudyFigures.Rate])}");
            }
        }

        return compared == 0
            ? new Check(Scope, rule, "0.03 at every H", "no lower rate in this run", null)
            : new Check(Scope, rule, "0.03 at every H", better.Count == 0 ? $"{task}: 0.03 at all {compared} sizes" : $"{task}: a lower rate is better at {Say.Some(better, compared)}", better.Count == 0);
    }

    private static Check Low(Dictionary<int, Dictionary<double, double>> grid, string task)
    {
        const string Scope = "low rates under-perform";
        string rule = $"every rate up to {Say.Number(Rules.LowRate)} has a mean best training F1 lower by more than {Rules.UnderperformsF1:0.00} than 0.03 at every H";
        var gaps = (
            from size in grid
            from rate in size.Value
            where rate.Key <= Rules.LowRate
            select (Size: size.Key, Rate: rate.Key, Gap: size.Value[StudyFigures.Rate] - rate.Value)).ToList();
        if (gaps.Count == 0)
        {
            return new Check(Scope, rule, "visible in its figure", "no such rate in this run", null);
        }

        var (size0, rate0, least) = gaps.MinBy(gap => gap.Gap);
        return new Check(Scope, rule, "visible in its figure", $"{task}: lower by {Say.F1(least)} (H = {size0}, {Say.Number(rate0)}) to {Say.F1(gaps.Max(gap => gap.Gap))}", least > Rules.UnderperformsF1);
    }

    private static Check Beyond(Dictionary<int, Dictionary<double, double>> grid, string task)
    {
        const string Scope = "rates above 0.03, which the study did not try";
        string rule = $"no higher rate has a mean best training F1 more than {Rules.EqualF1:0.000} above that of 0.03, at any H";
        var higher = (
            from size in grid
            from rate in size.Value
            where rate.Key > StudyFigures.Rate
            select (Size: size.Key, Rate: rate.Key, Gain: rate.Value - size.Value[StudyFigures.Rate])).ToList();
        if (higher.Count == 0)
        {
            return new Check(Scope, rule, "not tried: 0.03 is the end of its grid", "no such rate in this run", null);
        }

        string[] better = [.. higher.Where(item => item.Gain > Rules.EqualF1).GroupBy(item => item.Size).OrderBy(size => size.Key)
            .Select(size => size.MaxBy(item => item.Gain)).Select(item => $"H = {item.Size}: {Say.Number(item.Rate)} by {Say.Change(item.Gain)}")];
        return new Check(Scope, rule, "not tried: 0.03 is the end of its grid",
            better.Length == 0 ? $"{task}: none better" : $"{task}: better at {Say.Some(better, grid.Count)}", better.Length == 0);
    }
}
