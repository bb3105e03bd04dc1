using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Study;

/// <summary>
/// Models of one size over the seeds: errors are shares of images with the wrong label, losses mean cross-entropies in nats.
/// </summary>
public sealed record SizeErrors(int Hidden, Spread TrainError, Spread ValError, Spread TrainLoss, Spread ValLoss);

/// <summary>
/// Error by hidden size of models that are trained with label noise: where they begin to fit all their labels, where the validation error
/// is largest, and what it is on both sides of that (double descent: Belkin, Hsu, Ma and Mandal 2019, "Reconciling modern
/// machine-learning practice and the classical bias-variance trade-off").
/// </summary>
/// <param name="Sizes">Ascending.</param>
/// <param name="Threshold">The smallest size from which on the mean training error is <see cref="Fitted"/>; null where none is.</param>
/// <param name="Least">Smallest mean validation error up to the peak.</param>
/// <param name="Peak">Largest mean validation error.</param>
/// <param name="Last">Smallest mean validation error from the peak on.</param>
public sealed record Descent(
    string Task, IReadOnlyList<SizeErrors> Sizes, int? Threshold, SizeErrors Least, SizeErrors Peak, SizeErrors Last)
{
    /// <summary>A training error that counts as all labels fitted.</summary>
    public static readonly Bound Fitted = Bound.AtMost(0.01);

    // Fewer sizes make no curve.
    private const int FewestSizes = 5;

    /// <summary>
    /// Whether the error falls beyond its peak by more than the standard deviation of the difference of two models, one of each size.
    /// </summary>
    public bool FallsAgain =>
        Peak.ValError.Mean - Last.ValError.Mean > Math.Sqrt(Square(Peak.ValError.Std) + Square(Last.ValError.Std));

    /// <summary>One a task, at the rate and training of the shown model; none for a run without label noise, or of few sizes.</summary>
    public static IReadOnlyList<Descent> Of(StudyTables tables)
    {
        if (!(tables.Shown.How.LabelNoise > 0))
            return [];
        List<Descent> all = [];
        foreach (string task in tables.Tasks)
        {
            SizeErrors[] sizes =
            [
                .. from row in tables.FocusResults
                   where row.Kind.Task == task && row.Ok
                   group row by row.Kind.Hidden into size
                   orderby size.Key
                   select new SizeErrors(
                       size.Key, Over(size, row => 1 - row.Train.Accuracy), Over(size, row => 1 - row.Validation.Accuracy),
                       Over(size, row => row.Train.Loss), Over(size, row => row.Validation.Loss)),
            ];
            if (sizes.Length < FewestSizes)
                continue;
            int peak = Array.IndexOf(sizes, sizes.MaxBy(size => size.ValError.Mean));
            SizeErrors[] fitted = [.. sizes.Reverse().TakeWhile(size => Fitted.Admits(size.TrainError.Mean))];
            all.Add(new Descent(
                task, sizes, fitted.Length == 0 ? null : fitted[^1].Hidden, sizes[..(peak + 1)].MinBy(size => size.ValError.Mean)!,
                sizes[peak], sizes[peak..].MinBy(size => size.ValError.Mean)!));
        }

        return all;
    }

    /// <summary>In a sentence.</summary>
    public string Say()
    {
        string fits = Threshold is { } size ? $"from H = {size} on" : "by no size";
        string falls = Last == Peak ? "and is largest at the largest size that was tried"
            : $"and falls to {Study.Say.Mean(Last.ValError)} (H = {Last.Hidden}) beyond, "
                + (FallsAgain ? "more than models differ by their seed" : "no more than models differ by their seed");
        string rises = Least == Peak ? $"is largest at the smallest size, {Study.Say.Mean(Peak.ValError)} (H = {Peak.Hidden}),"
            : $"rises from {Study.Say.Mean(Least.ValError)} (H = {Least.Hidden}) to {Study.Say.Mean(Peak.ValError)} (H = {Peak.Hidden})";
        return $"{Task}: all labels are fitted (training error {Fitted}) {fits}; the validation error {rises} {falls}.";
    }

    private static Spread Over(IEnumerable<ResultRow> rows, Func<ResultRow, double> figure) => Spread.Of(rows.Select(figure));

    private static double Square(double value) => value * value;
}
