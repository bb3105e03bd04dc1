using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;

namespace GpuMlp.Engine.Analyses.Contract;

/// <summary>What an analysis works on, and where its rows go.</summary>
/// <param name="cohort">Trained.</param>
/// <param name="spec">What is asked for.</param>
/// <param name="results">One a model, in the cohort's order; they take in the rows.</param>
/// <param name="afterEpoch">Called with the figures of each epoch of further training.</param>
/// <param name="worked">Called with the share of the analysis that is done, 0..1.</param>
/// <param name="cancel">To be looked at at least once a second.</param>
internal sealed class AnalysisRun(
    Cohort cohort,
    SweepSpec spec,
    ModelResult[] results,
    Action<IReadOnlyList<EpochMetrics>> afterEpoch,
    Action<double> worked,
    CancellationToken cancel)
{
    public Cohort Cohort => cohort;

    public SweepSpec Spec => spec;

    public Action<IReadOnlyList<EpochMetrics>> AfterEpoch => afterEpoch;

    public CancellationToken Cancel => cancel;

    /// <summary>Tells how far the analysis is, and looks at <see cref="Cancel"/>.</summary>
    /// <param name="done">Of <paramref name="steps"/> that take about as long as each other.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void Step(int done, int steps)
    {
        cancel.ThrowIfCancellationRequested();
        worked((double)done / steps);
    }

    /// <param name="rows">A list for each model of the cohort.</param>
    public void Add<TRow>(IReadOnlyList<IReadOnlyList<TRow>> rows)
    {
        for (int m = 0; m < results.Length; m++)
            results[m] = results[m] with { Rows = results[m].Rows.With(rows[m]) };
    }
}
