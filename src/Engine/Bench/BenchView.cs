using GpuMlp.Engine.Statistics;

namespace GpuMlp.Engine.Bench;

/// <summary>Parts of a result that are shown side by side.</summary>
public static class BenchView
{
    // What the study's examples use, and a launch that is neither idle nor larger than any sweep.
    private const int UsualHidden = 24, UsualModels = 100;

    // The level of the study's claim.
    private const double UsualSparsity = 0.95;

    /// <summary>The size that tables and plots show: near 24 hidden units and 100 models, the largest batch.</summary>
    public static (int Hidden, int Models, int Batch) Main(BenchResult result) =>
    (
        Nearest(result.Rows.Select(row => row.Case.Hidden), UsualHidden),
        Nearest(result.Rows.Select(row => row.Case.Models), UsualModels),
        result.Rows.Max(row => row.Case.Batch)
    );

    /// <summary>The level nearest to 0.95.</summary>
    public static double MainSparsity(BenchResult result)
        => result.Rows.Select(row => row.Case.Sparsity).MinBy(level => Math.Abs(level - UsualSparsity));

    /// <summary>Levels in ascending order: all, or <paramref name="most"/> spread over them, first and last included.</summary>
    public static double[] Levels(BenchResult result, int most)
    {
        double[] all = [.. result.Rows.Select(row => row.Case.Sparsity).Distinct().Order()];
        return all.Length <= most ? all : [.. Enumerable.Range(0, most).Select(i => all[i * (all.Length - 1) / (most - 1)])];
    }

    /// <summary>Rows of one size.</summary>
    public static IEnumerable<BenchRow> At(BenchResult result, int hidden, int models, int batch) =>
        result.Rows.Where(row => row.Case.Hidden == hidden && row.Case.Models == models && row.Case.Batch == batch);

    /// <summary>
    /// Whether a curve has a break-even: it is of several levels, and of a form that skips something. Whether a masked form is a
    /// little slower than the dense one or a little faster is up to chance.
    /// </summary>
    public static bool HasBreakEven(IGrouping<BenchCase, BenchRow> curve)
        => curve.Key.Form is not (BenchForm.Dense or BenchForm.Masked) && curve.Count() > 1;

    /// <summary>
    /// The break-even of a curve with the dense form, from where on nine of ten samples are faster than its median: a gain within the
    /// spread is none. The input-sparse form does not look at the weights: its levels are
    /// repetitions, and their median says whether it is faster, always or never.
    /// </summary>
    public static BreakEven OverDense(IGrouping<BenchCase, BenchRow> curve)
    {
        return BreakEven.Sure(Found(row => row.SlowSpeedupVsDense), Found(row => row.SpeedupVsDense));

        BreakEven Found(Func<BenchRow, double> speedup) => curve.Key.Form == BenchForm.InputSparse
            ? BreakEven.Find([(0, Spread.Quantile(curve.Select(speedup), 0.5))])
            : BreakEven.Find(curve.Select(row => (row.Case.Sparsity, speedup(row))));
    }

    /// <summary>
    /// The break-even of weight-sparse forward passes with the faster of the dense and the input-sparse form, which both
    /// keep all weights; null when not all three were measured at several levels.
    /// </summary>
    public static BreakEven? OverBest(IEnumerable<BenchRow> rows, BenchMasks masks)
    {
        var points = new List<(double, double)>();
        foreach (IGrouping<double, BenchRow> level in rows.Where(row => row.Case.Op == BenchOp.Forward && row.Case.Masks == masks)
            .GroupBy(row => row.Case.Sparsity))
        {
            double? dense = Of(level, BenchForm.Dense)?.MedianMs, input = Of(level, BenchForm.InputSparse)?.MedianMs;
            double? sparse = Of(level, BenchForm.WeightSparse)?.P90Ms;
            if (Math.Min(dense ?? double.NaN, input ?? double.NaN) / sparse is double speedup && double.IsFinite(speedup))
                points.Add((level.Key, speedup));
        }
        return points.Count < 2 ? null : BreakEven.Find(points);
    }

    private static BenchRow? Of(IEnumerable<BenchRow> rows, BenchForm form) => rows.FirstOrDefault(row => row.Case.Form == form);

    private static int Nearest(IEnumerable<int> values, int wanted) => values.MinBy(value => Math.Abs(Math.Log((double)value / wanted)));
}
