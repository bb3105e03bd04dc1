using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Study.Claims;

/// <summary>C1: harder tasks need more hidden units.</summary>
internal static class CapacityClaim
{
    private const int EasySize = 4, StableSize = 10, HardLow = 12, HardHigh = 24;

    private const string OtherData = "the claim is about pairs of MNIST digits; this run is on other data";

    private static readonly Rule<int?[]> s_order = new(
        $"H*, the smallest H of which the median seed has a best training F1 of {Rules.LearnedF1}, never falls from "
            + $"{string.Join(", ", StudyFigures.TasksByDifficulty)} and is larger at the end; {Rules.Failed}",
        smallest =>
        {
            int[] ranks = [.. smallest.Select(size => size ?? int.MaxValue)];
            return ranks.Zip(ranks.Skip(1)).All(pair => pair.First <= pair.Second) && ranks[^1] > ranks[0];
        });

    private static readonly Rule<ResultRow[]> s_easy = new(
        $"{EasySize} units are enough: at H = {EasySize} every seed has a best training F1 of {Rules.LearnedF1}",
        models => models.All(Capacity.Learned));

    private static readonly Rule<int?> s_fewer = new(
        "fewer are not: at no smaller H of the run has every seed such an F1", smallest => smallest is not < EasySize);

    private static readonly Rule<ResultRow[][]> s_stable = new(
        $"at every H >= {StableSize} every seed has a best training F1 of {Rules.LearnedF1} and their standard deviation is "
            + $"{Rules.StableStd}",
        kinds => kinds.All(models => models.All(Capacity.Learned) && Rules.StableStd.Admits(Best(models).Std)));

    // Sizes that were not tried might be the smallest.
    private static readonly Rule<(int? Smallest, int[] Tried)> s_hard = new(
        $"H* of 4v9 for the median seed lies in {HardLow}..{HardHigh}; {Rules.Failed}",
        sizes => sizes.Smallest switch
        {
            < HardLow => false,
            <= HardHigh => sizes.Tried.Any(size => size < HardLow) ? true : null,
            _ => sizes.Tried.Contains(HardHigh) ? false : null,
        });

    private static readonly Rule<(double Study, double Ours)[]> s_agreement = new(
        $"median best training F1 of 4v9 differs from the printed one by {Rules.AgreesF1} at every H that both have; {Rules.Failed}",
        pairs => pairs.All(pair => Rules.AgreesF1.Admits(Math.Abs(pair.Ours - pair.Study))));

    public static Claim Judge(StudyTables tables)
    {
        // Of other data nothing is left, so that every check says why it is open.
        Dictionary<string, ResultRow[]> tasks = tables.IsStudyData
            ? tables.FocusResults.GroupBy(row => row.Kind.Task).ToDictionary(task => task.Key, task => task.ToArray())
            : [];
        return Claim.Judge(
            "C1",
            "Capacity needed grows with difficulty",
            "0v1 needs H = 4, 1v7 and 5v6 need H >= 10 to be stable, 4v9 needs 12 to 24 for F1 > 0.90",
            [Order(tables, tasks), Easy(tables, tasks), Fewer(tables, tasks), Stable(tables, tasks), Hard(tables, tasks),
                BestRate(tables), Agreement(tables, tasks)]);
    }

    private static Check Order(StudyTables tables, Dictionary<string, ResultRow[]> tasks)
    {
        const string Scope = "the order of the tasks", Study = "0v1 < 1v7, 5v6 < 4v9";
        string[] order = [.. StudyFigures.TasksByDifficulty.Where(tasks.ContainsKey)];
        if (order.Length < 2)
        {
            return s_order.Open(Scope, "", Why(tables, "fewer than two of its tasks"));
        }

        int?[] smallest = [.. order.Select(task => Capacity.MedianSeed(tasks[task]))];
        string ours = $"{string.Join(", ", order)}: {Say.Sizes(smallest)}";
        bool hidden = smallest.Distinct().Count() == 1 && (smallest[0] is null || smallest[0] == tables.Hidden[0]);
        return hidden
            ? s_order.Open(Scope, Study, $"{ours}; the sizes of this run do not tell them apart")
            : s_order.Judge(Scope, Study, smallest, Seeds(order.SelectMany(task => tasks[task])), ours);
    }

    private static Check Easy(StudyTables tables, Dictionary<string, ResultRow[]> tasks)
    {
        const string Scope = "0v1 with 4 units", Study = "H = 4";
        ResultRow[] models = Models(tasks, StudyFigures.EasyTask, EasySize);
        return models.Length == 0
            ? s_easy.Open(Scope, Study, Why(tables, $"no models of 0v1 with H = {EasySize}"))
            : s_easy.Judge(Scope, Study, models, Seeds(models), Say.Mean(Best(models)));
    }

    /// <summary>
    /// That 4 are enough does not say that they are needed: told beside the verdict, since the study's table begins there.
    /// </summary>
    private static Check Fewer(StudyTables tables, Dictionary<string, ResultRow[]> tasks)
    {
        const string Scope = "0v1 with fewer than 4 units";
        ResultRow[] models = [.. tasks.GetValueOrDefault(StudyFigures.EasyTask, []).Where(row => row.Kind.Hidden <= EasySize)];
        if (models.All(row => row.Kind.Hidden == EasySize))
        {
            return s_fewer.Open(Scope, "", Why(tables, "no such models"), decides: false);
        }

        int? smallest = Capacity.EverySeed(models);
        return s_fewer.Judge(Scope, "", smallest, Seeds(models), $"smallest H that is enough for every seed: {Say.Sizes([smallest])}",
            decides: false);
    }

    private static Check Stable(StudyTables tables, Dictionary<string, ResultRow[]> tasks)
    {
        const string Study = "H >= 10";
        string[] both = ["1v7", "5v6"], here = [.. both.Where(tasks.ContainsKey)];
        string scope = $"{string.Join(" and ", here.Length > 0 ? here : both)} from {StableSize} units on";
        ResultRow[][] kinds =
        [
            .. here.SelectMany(
                task => tasks[task].Where(row => row.Kind.Hidden >= StableSize).GroupBy(row => row.Kind).Select(group => group.ToArray())),
        ];
        if (kinds.Length == 0 || kinds.Any(models => models.Length < 2))
        {
            return s_stable.Open(scope, Study, Why(tables, "it takes two seeds of 1v7 or 5v6 with H >= 10"));
        }

        ResultRow[] worst = kinds.MaxBy(models => Best(models).Std)!;
        return s_stable.Judge(
            scope, Study, kinds, Seeds(kinds.SelectMany(models => models)),
                $"least stable: {worst[0].Kind.Task}, H = {worst[0].Kind.Hidden}, {Say.Mean(Best(worst))}");
    }

    private static Check Hard(StudyTables tables, Dictionary<string, ResultRow[]> tasks)
    {
        const string Scope = "4v9 with 12 to 24 units", Study = "12 to 24 in its text; its own figure passes 0.90 after H = 32";
        ResultRow[] models = tasks.GetValueOrDefault(StudyFigures.HardTask, []);
        if (models.Length == 0)
        {
            return s_hard.Open(Scope, Study, Why(tables, "no models of 4v9"));
        }

        int? smallest = Capacity.MedianSeed(models);
        Check check = s_hard.Judge(
            Scope, Study, (smallest, Tried(models)), Seeds(models), $"H* = {Say.Sizes([smallest])} for the median seed, "
                + $"{Say.Sizes([Capacity.EverySeed(models)])} for every seed");
        return check.Passed is null ? s_hard.Open(Scope, Study, $"{check.Ours}; sizes that decide were not tried: {HardHigh}, or fewer "
            + $"than {HardLow}") : check;
    }

    /// <summary>Whether a size is too small, or its training: told beside the verdict, since the claim names no rate.</summary>
    private static Check BestRate(StudyTables tables)
    {
        const string Scope = "4v9 at the best rate of the run";
        Rule<(int?, int[])> rule = new($"the same at the rate with the highest mean best training F1: {s_hard.Text}", s_hard.IsMet);
        var best = tables.Results.Where(row => tables.IsStudyData && row.Kind.Task == StudyFigures.HardTask
            && row.Kind.How == tables.Shown.How)
            .GroupBy(row => row.Kind.Rate).MaxBy(rate => rate.Average(row => row.Ok ? row.BestTrainF1 : 0));
        if (best is null || best.Key == tables.Shown.Rate)
        {
            return rule.Open(Scope, "", Why(tables, "no other rate is better or was tried"), decides: false);
        }

        int? smallest = Capacity.MedianSeed(best);
        return rule.Judge(Scope, "", (smallest, Tried(best)), Seeds(best),
            $"H* = {Say.Sizes([smallest])} at rate {Say.Number(best.Key)}", decides: false);
    }

    private static Check Agreement(StudyTables tables, Dictionary<string, ResultRow[]> tasks)
    {
        var pairs = (
            from printed in StudyFigures.BestTrainF1
            let models = Models(tasks, StudyFigures.HardTask, printed.Key)
            where models.Length > 0
            select (H: printed.Key, Study: printed.Value, Ours: Best(models).Median, Seeds: Seeds(models))).ToList();
        const string Scope = "the printed curve";
        return pairs.Count == 0
            ? s_agreement.Open(Scope, "", Why(tables, "no models of 4v9 at its sizes"), decides: false)
            : s_agreement.Judge(
                Scope, string.Join(" ", pairs.Select(pair => Say.F1(pair.Study))), [.. pairs.Select(pair => (pair.Study, pair.Ours))],
                    pairs.Max(pair => pair.Seeds),
                $"H {string.Join(" ", pairs.Select(pair => pair.H))}: {string.Join(" ", pairs.Select(pair => Say.F1(pair.Ours)))}",
                    decides: false);
    }

    private static ResultRow[] Models(Dictionary<string, ResultRow[]> tasks, string task, int hidden) =>
        [.. tasks.GetValueOrDefault(task, []).Where(row => row.Kind.Hidden == hidden)];

    private static Spread Best(ResultRow[] models) => Spread.Of(models.Select(model => model.Ok ? model.BestTrainF1 : 0));

    private static int[] Tried(IEnumerable<ResultRow> models) => [.. models.Select(row => row.Kind.Hidden).Distinct()];

    private static int Seeds(IEnumerable<ResultRow> models) => models.Select(row => row.Seed).Distinct().Count();

    private static string Why(StudyTables tables, string missing) => tables.IsStudyData ? missing : OtherData;
}
