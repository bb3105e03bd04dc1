using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Statistics;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Streams;

namespace GpuMlp.Runner.Commands;

/// <summary>What <c>--json</c> makes of a sweep, of its dry run and of its plan: the fields that docs/run.md promises.</summary>
internal static class SweepJson
{
    /// <summary>The end of a sweep: where everything is, and every figure of <c>results</c> over the seeds.</summary>
    /// <param name="devices">What this command trained on; null where all was there already.</param>
    /// <param name="report">Its path.</param>
    public static object Of(RunDirectory run, RunSummary summary, DeviceSelection? devices, PhaseClock phases, string report) =>
        new
        {
            JsonText.Format,
            Run = run.Path,
            PlanHash = run.Plan.Hash,
            Models = summary.Count,
            summary.Failed,
            Device = devices?.Name,
            phases.Seconds,
            SecondsInAll = Math.Round(phases.Total, 3),
            Report = report,
            Tables = run.Manifest.Tables,
            Kinds = summary.Models.GroupBy(row => row.Kind).Select(Of),
        };

    /// <summary>What a sweep would do and cost.</summary>
    public static object Of(SweepPlanning planning, SweepEstimate estimate, DeviceSelection devices) =>
        new
        {
            JsonText.Format,
            Run = planning.Out,
            PlanHash = planning.Plan.Hash,
            estimate.Models,
            estimate.Units,
            estimate.Flop,
            estimate.DiskBytes,
            estimate.DeviceBytes,
            Device = devices.Name,
            Gflops = estimate.GflopsPerSecond,
            Seconds = estimate.Time.TotalSeconds,
        };

    /// <summary>A plan that was written, or with <c>--dry-run</c> would be.</summary>
    /// <param name="secondsPerShard">Null while it is unknown.</param>
    public static object Of(string run, Plan plan, double? secondsPerShard) => new
    {
        JsonText.Format,
        Run = run,
        PlanHash = plan.Hash,
        Models = plan.Units.Sum(unit => (long)unit.ModelCount),
        Units = plan.Units.Count,
        plan.Shards,
        SecondsPerShard = secondsPerShard,
    };

    /// <summary>One sweep as itself, several as the list <c>sweeps</c>.</summary>
    /// <param name="sweeps">What the other methods made.</param>
    public static void Write(IReadOnlyList<object> sweeps, CommandIo io) =>
        JsonText.Write(io.Out, sweeps is [var one] ? one : new { JsonText.Format, Sweeps = sweeps });

    private static object Of(IGrouping<ModelKind, ResultRow> models)
    {
        ResultRow[] sound = [.. models.Where(model => model.Ok)];
        return new Dictionary<string, object>(
        [
            new("task", models.Key.Task),
            new("hidden", models.Key.Hidden),
            new("lr", models.Key.Rate),
            .. Schema<TrainedHow>.Columns.Select(
                column => new KeyValuePair<string, object>(
                    column.Name, column.Text(models.Key.How) ?? (object)column.Number(models.Key.How))),
            new("seeds", sound.Length),
            new("failed", models.Count() - sound.Length),
            new("figures", Schema<ResultRow>.Columns.Where(column => column.IsFigure).ToDictionary(
                column => column.Name,
                column =>
                {
                    Spread spread = Spread.Of(sound.Select(column.Number));
                    return new { spread.Mean, spread.Std, spread.Min, spread.Max };
                })),
        ]);
    }
}
