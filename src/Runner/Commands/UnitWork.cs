using GpuMlp.Engine;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Runner.Cluster;
using GpuMlp.Runner.Progress;
using GpuMlp.Runner.Streams;

namespace GpuMlp.Runner.Commands;

/// <summary>Trains what is left of a run, or of one of its shards: the part that <c>sweep</c> and <c>run</c> share.</summary>
/// <param name="Data">What the plan was made for.</param>
internal sealed record UnitWork(RunDirectory Run, Dataset Data, Shard Shard, DeviceSelection Devices, bool Quiet, bool FailFast)
{
    /// <summary>Told each unit that is saved, also those that were before, where something is left to train; from any thread.</summary>
    public Action<int>? Saved { get; init; }

    /// <summary>Trains.</summary>
    /// <returns>Whether there was anything left to train, and whether SIGUSR1 left some of it.</returns>
    /// <exception cref="UserErrorException">Stopped by a signal or <c>--fail-fast</c>, or a unit could not be finished.</exception>
    public (bool Trained, bool Drained, int FailedModels) Do(StopSignals stop, PhaseClock phases, CommandIo io)
    {
        IReadOnlyList<string> setAside = [];
        IReadOnlySet<int> finished = phases.Measure(
            "resume", told => Run.FinishedUnits(Shard, out setAside, (done, all) => told("", done, all)));
        foreach (string line in setAside)
            io.Error.WriteLine(line);
        if (!Quiet)
            io.Error.WriteLine(Opening(finished.Count));

        HashSet<int> skipped = [.. finished, .. Run.Plan.Units.Select(unit => unit.Id).Where(id => !Shard.Holds(id))];
        if (skipped.Count == Run.Plan.Units.Count)
            return (false, false, 0);

        Run.CheckWritable();
        using ISweepProgress display = SweepProgress.Create(io, Quiet);
        var observer = new SweepObserver(Run.Plan, Data, Shard, finished, display) { Saved = Saved };
        var runner = new SweepRunner(Run.Plan, Data, Run, new DeviceWorkers(Devices, Run.Plan, Data), FailFast);
        using var presence = new RunPresence(Run, Shard, SelfRequeue.JobName(Environment.GetEnvironmentVariable), observer);
        foreach (int unit in finished)
            Saved?.Invoke(unit);
        int failed;
        try
        {
            failed = phases.Measure("train", () => runner.Run(skipped, presence, stop.Token, stop.Drain));
        }
        catch (OperationCanceledException)
        {
            observer.Stopped();
            throw stop.Interrupted(Run);
        }
        finally
        {
            Record(presence, phases);
        }

        if (failed > 0 && FailFast)
        {
            throw new UserErrorException(
                "--fail-fast: a model failed (its loss or weights are not finite); finished units stay",
                ExitCodes.SomeModelsFailed);
        }

        if (runner.Errors > 0 && !runner.Drained)
        {
            throw new UserErrorException(
                $"{Run.Path}: {runner.Errors} units could not be finished, errors/unit-*.json there say why; the others are saved, the "
                    + "same command again tries these once more",
                ExitCodes.Incomplete);
        }

        return (true, runner.Drained, failed);
    }

    // Also of a process that was stopped: its units count.
    private void Record(RunPresence presence, PhaseClock phases)
    {
        (int units, int ok, int failed) = presence.Done;
        if (units > 0)
        {
            string simd = $"{(int)SimdSupport.Best} bit";
            var info = RunInfo.Create(Environment.CommandLine, Devices, simd, phases.StartedUtc, phases.Seconds, ok, failed);
            TrainingRecords.Write(Run, info with
            {
                PlanHash = Run.Plan.Hash,
                Host = Environment.MachineName,
                Units = units,
                Table = Data.Table,
            });
        }
    }

    private string Opening(int finished)
    {
        WorkUnit[] units = [.. Run.Plan.Units.Where(unit => Shard.Holds(unit.Id))];
        string part = Shard.Count > 1 ? $", shard {Shard}" : "", resumed = finished > 0 ? $", {finished} units already done" : "";
        return $"{units.Sum(unit => unit.ModelCount)} models in {units.Length} units on {DeviceText.Of(Devices)} "
            + $"-> {Run.Path}{part}{resumed}";
    }
}
