using GpuMlp.Engine;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Kernels.Devices;
using GpuMlp.Runner.Options;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp sweep</c>: the main job on this machine: plan, train and prune, merge, pictures, tables.</summary>
internal static class SweepCommand
{
    /// <returns>An exit code.</returns>
    /// <exception cref="UserErrorException">A flag that cannot be, data that is damaged, a run of another plan, a full disk.</exception>
    public static int Run(SweepOptions options, CommandIo io)
    {
        SweepRequest request = SweepRequest.From(options);
        int threads = request.Threads ?? Math.Min(Environment.ProcessorCount, CpuDevice.MostThreads);
        var devices = DeviceSelection.Find("--device", request.Device, threads);
        if (request.DryRun)
        {
            SweepPlanning dry = SweepPlanning.From(request);
            SweepEstimate estimate = SweepEstimate.Measure(dry.Plan, dry.Data, devices);
            dry.Tell(request.Quiet, io);
            DryRun.Print(dry, estimate, devices, io);
            return ExitCodes.Done;
        }

        // Before the data are read: a scheduler may take the machine back at any moment, and the exit code tells it why we went.
        using var stop = new StopSignals();
        var phases = new PhaseClock();
        SweepPlanning planning = phases.Measure("plan", () => SweepPlanning.From(request));
        var run = RunDirectory.OpenOrCreate(planning.Out, planning.Plan);
        run.WriteClassNames(planning.Data.ClassNames);
        planning.Tell(request.Quiet, io);
        var work = new UnitWork(run, planning.Data, Shard.Whole, devices, request.Quiet, request.FailFast);
        (bool trained, bool drained, _) = work.Do(stop, phases, io);
        if (drained)
            throw new UserErrorException($"interrupted by SIGUSR1; finished units stay in {run.Path}, the same command again resumes", ExitCodes.Interrupted);
        return Finish(request, planning with { Plan = run.Plan }, run, devices, trained, stop, phases, io);
    }

    private static int Finish(
        SweepRequest request, SweepPlanning planning, RunDirectory run, DeviceSelection devices, bool trained, StopSignals stop, PhaseClock phases, CommandIo io)
    {
        stop.EndIfAsked(run);
        MergeCommand.Merge(run, phases, io);
        stop.EndIfAsked(run);
        phases.Measure("saliency", () => RunSheets.Draw(run, planning.Data, devices.Threads));
        stop.EndIfAsked(run);
        RunSummary summary = phases.Measure("table", () => RunSummary.Of(run));
        if (trained || !TrainingRecords.AreFolded(run))
            MergeCommand.Record(run, summary, trained ? devices : null, phases, trained);
        string report = ReportCommand.Write(run, phases, recorded: trained);
        summary.Write(planning.Plan.Spec, io);
        if (!request.Quiet)
            io.Error.WriteLine($"{summary.Count} models in {phases.Total:F1} s; report: {report}");
        return summary.Failed > 0 ? ExitCodes.SomeModelsFailed : ExitCodes.Done;
    }
}
