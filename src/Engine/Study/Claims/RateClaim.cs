using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Study.Claims;

/// <summary>C7: one rate is best at every size. Also asks what the study could not see: whether a higher one is better.</summary>
internal static class RateClaim
{
    private static readonly Rule<double[]> s_best = new(
        $"at every H no lower rate has a higher mean best training F1 than 0.03, or one higher by {Rules.EqualF1}; {Rules.Failed}",
        gains => gains.All(Rules.EqualF1.Admits));

    private static readonly Rule<double[]> s_low = new(
        $"every rate of {Rules.LowRate} has a mean best training F1 lower than that of 0.03 by {Rules.UnderperformsF1} at every H; "
            + $"{Rules.Failed}",
        gains => gains.All(gain => Rules.UnderperformsF1.Admits(-gain)));

    private static readonly Rule<double[]> s_beyond = new(
        $"at no H a higher rate has a higher mean best training F1 than 0.03, or one higher by {Rules.EqualF1}; {Rules.Failed}",
        gains => gains.All(Rules.EqualF1.Admits));

    /// <summary>A rate at a size, beside 0.03 at the same.</summary>
    /// <param name="F1">Mean best training F1 over the seeds more than that of 0.03.</param>
    private readonly record struct Gain(int Hidden, double Rate, double F1);

    public static Claim Judge(StudyTables tables)
    {
        ResultRow[] rows = [.. tables.Results.Where(row => row.Kind.How == tables.Shown.How)];
        string? task = rows.GroupBy(row => row.Kind.Task)
            .Where(
                group => group.Any(row => row.Kind.Rate == StudyFigures.Rate) && group.Select(row => row.Kind.Rate).Distinct().Count() > 1)
            .Select(group => group.Key)
            .OrderBy(name => name != tables.Shown.Task)
            .FirstOrDefault();
        ResultRow[] models = [.. rows.Where(row => row.Kind.Task == task)];
        Dictionary<(int Hidden, double Rate), double> means = models.GroupBy(row => (row.Kind.Hidden, row.Kind.Rate))
            .ToDictionary(kind => kind.Key, kind => kind.Average(row => row.Ok ? row.BestTrainF1 : 0));
        Gain[] gains =
        [
            .. from mean in means
               where mean.Key.Rate != StudyFigures.Rate && means.ContainsKey((mean.Key.Hidden, StudyFigures.Rate))
               orderby mean.Key.Hidden, mean.Key.Rate
               select new Gain(mean.Key.Hidden, mean.Key.Rate, mean.Value - means[(mean.Key.Hidden, StudyFigures.Rate)]),
        ];
        int seeds = models.Select(row => row.Seed).Distinct().Count();
        return Claim.Judge(
            "C7",
            "Learning rate 0.03 is best at every size",
            "0.03 gives the best F1 at every hidden size (4v9); low rates under-perform",
            task is null
                ? [s_best.Open("the rates of the study", "0.03 at every H", "no task was trained at 0.03 and at another rate")]
                :
                [
                    Better(s_best, "rates up to 0.03", "0.03 at every H", [.. gains.Where(gain => gain.Rate < StudyFigures.Rate)], task,
                        seeds),
                    Low([.. gains.Where(gain => Rules.LowRate.Admits(gain.Rate))], task, seeds),
                    Better(s_beyond, "rates above 0.03, which the study did not try", "not tried: 0.03 is the end of its grid",
                        [.. gains.Where(gain => gain.Rate > StudyFigures.Rate)], task, seeds),
                ]);
    }

    private static Check Better(Rule<double[]> rule, string scope, string study, Gain[] gains, string task, int seeds)
    {
        if (gains.Length == 0)
        {
            return rule.Open(scope, study, "no such rate in this run");
        }

        string[] better =
        [
            .. gains.Where(gain => !Rules.EqualF1.Admits(gain.F1)).GroupBy(gain => gain.Hidden).Select(size => size.MaxBy(gain => gain.F1))
                .Select(gain => $"H = {gain.Hidden}: {Say.Number(gain.Rate)} by {Say.Change(gain.F1)}"),
        ];
        int sizes = gains.Select(gain => gain.Hidden).Distinct().Count();
        return rule.Judge(
            scope, study, F1(gains), seeds, better.Length == 0 ? $"{task}: none better at {sizes} sizes"
                : $"{task}: another is better at {Say.Some(better, sizes)}");
    }

    private static Check Low(Gain[] gains, string task, int seeds)
    {
        const string Scope = "low rates under-perform", Study = "visible in its figure";
        if (gains.Length == 0)
        {
            return s_low.Open(Scope, Study, "no such rate in this run");
        }

        Gain least = gains.MaxBy(gain => gain.F1);
        return s_low.Judge(
            Scope, Study, F1(gains), seeds, $"{task}: lower by {Say.F1(-least.F1)} (H = {least.Hidden}, {Say.Number(least.Rate)}) to "
                + $"{Say.F1(-gains.Min(gain => gain.F1))}");
    }

    private static double[] F1(Gain[] gains) => [.. gains.Select(gain => gain.F1)];
}
