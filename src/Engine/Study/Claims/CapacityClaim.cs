namespace GpuMlp.Engine.Study.Claims;

/// <summary>C1: harder tasks need more hidden units.</summary>
internal static class CapacityClaim
{
    private const int EasySize = 4, StableSize = 10, HardLow = 12, HardHigh = 24;

    private const string OtherData = "the claim is about pairs of MNIST digits; this run is on other data";

    public static Claim Judge(StudyTables tables)
    {
        Dictionary<string, ResultRow[]> tasks = tables.Tasks.ToDictionary(
            task => task, task => tables.FocusResults.Where(row => row.Kind.Task == task).ToArray());
        return Claim.Judge(
            "C1",
            "Capacity needed grows with difficulty",
            "0v1 needs H = 4, 1v7 and 5v6 need H >= 10 to be stable, 4v9 needs 12 to 24 for F1 > 0.90",
            [Order(tables, tasks), Easy(tables, tasks), Stable(tables, tasks), Hard(tables, tasks), BestRate(tables), Agreement(tables, tasks)]);
    }

    private static Check Order(StudyTables tables, Dictionary<string, ResultRow[]> tasks)
    {
        string[] order = [.. StudyFigures.TasksByDifficulty.Where(tasks.ContainsKey)];
        string rule = $"H*, the smallest H with best training F1 > {Rules.LearnedF1:0.00} for the median seed, never falls from {string.Join(", ", StudyFigures.TasksByDifficulty)} and is larger at the end";
        if (!tables.IsStudyData || order.Length < 2)
        {
            return new Check("the order of the tasks", rule, "", tables.IsStudyData ? "fewer than two of its tasks" : OtherData, null);
        }

        int?[] smallest = [.. order.Select(task => Capacity.MedianSeed(tasks[task]))];
        int[] ranks = [.. smallest.Select(size => size ?? int.MaxValue)];
        bool rises = ranks.Zip(ranks.Skip(1)).All(pair => pair.First <= pair.Second) && ranks[^1] > ranks[0];
        return new Check("the order of the tasks", rule, "0v1 < 1v7, 5v6 < 4v9", $"{string.Join(", ", order)}: {Say.Sizes(smallest)}", rises);
    }

    private static Check Easy(StudyTables tables, Dictionary<string, ResultRow[]> tasks)
    {
        string rule = $"every seed exceeds {Rules.LearnedF1:0.00} at H = {EasySize}";
        ResultRow[] models = Models(tables, tasks, StudyFigures.EasyTask, EasySize);
        return models.Length == 0
            ? new Check("0v1 with 4 units", rule, $"H = {EasySize}", Why(tables, $"no models of 0v1 with H = {EasySize}"), null)
            : new Check("0v1 with 4 units", rule, $"H = {EasySize}", $"{Best(models)}; smallest H: {Say.Sizes([Capacity.EverySeed(tasks[StudyFigures.EasyTask])])}", Learned(models));
    }

    private static Check Stable(StudyTables tables, Dictionary<string, ResultRow[]> tasks)
    {
        const string Scope = "1v7 and 5v6 from 10 units on";
        string rule = $"at every H >= {StableSize} all seeds exceed {Rules.LearnedF1:0.00} and their standard deviation is at most {Rules.StableStd:0.00}";
        ResultRow[][] kinds = tables.IsStudyData
            ? [.. new[] { "1v7", "5v6" }.Where(tasks.ContainsKey)
                .SelectMany(task => tasks[task].Where(row => row.Kind.Hidden >= StableSize).GroupBy(row => row.Kind).Select(group => group.ToArray()))]
            : [];
        if (kinds.Length == 0 || kinds.Any(models => models.Length < 2))
        {
            return new Check(Scope, rule, "H >= 10", Why(tables, "it takes two seeds of 1v7 or 5v6 with H >= 10"), null);
        }

        bool stable = kinds.All(models => Learned(models) && Spread.Of(models.Select(model => model.BestTrainF1)).Std <= Rules.StableStd);
        ResultRow[] worst = kinds.MaxBy(models => Spread.Of(models.Select(model => model.Ok ? model.BestTrainF1 : 0)).Std)!;
        return new Check(Scope, rule, "H >= 10", $"least stable: {worst[0].Kind.Task}, H = {worst[0].Kind.Hidden}, {Best(worst)}", stable);
    }

    private static Check Hard(StudyTables tables, Dictionary<string, ResultRow[]> tasks)
    {
        const string Scope = "4v9 with 12 to 24 units";
        string rule = $"H* of 4v9 for the median seed lies in {HardLow}..{HardHigh}";
        const string Study = "12 to 24 in its text; its own figure passes 0.90 after H = 32";
        ResultRow[] models = tables.IsStudyData ? tasks.GetValueOrDefault(StudyFigures.HardTask, []) : [];
        int largest = models.Length == 0 ? 0 : models.Max(row => row.Kind.Hidden);
        int? smallest = Capacity.MedianSeed(models);
        if (models.Length == 0 || (smallest is null && largest < HardHigh))
        {
            return new Check(Scope, rule, Study, Why(tables, $"no models of 4v9 up to H = {HardHigh}"), null);
        }

        string ours = $"H* = {Say.Sizes([smallest])} for the median seed, {Say.Sizes([Capacity.EverySeed(models)])} for every seed";
        return new Check(Scope, rule, Study, ours, smallest is >= HardLow and <= HardHigh);
    }

    /// <summary>Whether a size is too small, or its training: told beside the verdict, since the claim names no rate.</summary>
    private static Check BestRate(StudyTables tables)
    {
        const string Scope = "4v9 at the best rate of the run";
        string rule = $"H* of 4v9 for the median seed lies in {HardLow}..{HardHigh} also at the rate with the highest F1";
        var best = tables.Results.Where(row => tables.IsStudyData && row.Kind.Task == StudyFigures.HardTask && row.Kind.How == tables.Focus.How)
            .GroupBy(row => row.Kind.Rate).MaxBy(rate => rate.Average(row => row.Ok ? row.BestTrainF1 : 0));
        if (best is null || best.Key == tables.Focus.Rate)
        {
            return new Check(Scope, rule, "", Why(tables, "no other rate is better or was tried"), null, Decides: false);
        }

        int? smallest = Capacity.MedianSeed(best);
        return new Check(Scope, rule, "", $"H* = {Say.Sizes([smallest])} at rate {Say.Number(best.Key)}", smallest is >= HardLow and <= HardHigh, Decides: false);
    }

    private static Check Agreement(StudyTables tables, Dictionary<string, ResultRow[]> tasks)
    {
        string rule = $"median best training F1 of 4v9 within {Rules.AgreesF1:0.00} of the printed one at every H that both have";
        var pairs = (
            from printed in StudyFigures.BestTrainF1
            let models = Models(tables, tasks, StudyFigures.HardTask, printed.Key)
            where models.Length > 0
            select (H: printed.Key, Study: printed.Value, Ours: Spread.Of(models.Select(model => model.Ok ? model.BestTrainF1 : 0)).Median)).ToList();
        string study = string.Join(" ", pairs.Select(pair => Say.F1(pair.Study)));
        string ours = pairs.Count == 0
            ? Why(tables, "no models of 4v9 at its sizes")
            : $"H {string.Join(" ", pairs.Select(pair => pair.H))}: {string.Join(" ", pairs.Select(pair => Say.F1(pair.Ours)))}";
        return new Check("the printed curve", rule, study, ours, pairs.Count == 0 ? null : pairs.All(pair => Math.Abs(pair.Ours - pair.Study) <= Rules.AgreesF1), Decides: false);
    }

    private static ResultRow[] Models(StudyTables tables, Dictionary<string, ResultRow[]> tasks, string task, int hidden) =>
        tables.IsStudyData ? [.. tasks.GetValueOrDefault(task, []).Where(row => row.Kind.Hidden == hidden)] : [];

    private static bool Learned(ResultRow[] models) => models.All(model => model.Ok && model.BestTrainF1 > Rules.LearnedF1);

    private static string Best(ResultRow[] models) => Say.Mean(Spread.Of(models.Select(model => model.Ok ? model.BestTrainF1 : 0)));

    private static string Why(StudyTables tables, string missing) => tables.IsStudyData ? missing : OtherData;
}
