using System.Globalization;
using GpuMlp.Engine;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Runs;
using GpuMlp.Kernels.Devices;
using GpuMlp.Runner.Cluster;
using GpuMlp.Runner.Options;

namespace GpuMlp.Runner.Commands;

/// <summary>
/// <c>gpumlp run RUN</c>: does units of a plan that is there already, all or those of one shard. Any number of processes on
/// any number of machines may do so at once, also twice the same: a unit is done when its file is there, and its file has
/// the same bytes whoever wrote it.
/// </summary>
internal static class RunCommand
{
    /// <returns>An exit code.</returns>
    /// <exception cref="UserErrorException">No run, no shard of it, other data, stopped by a signal, units that could not be finished.</exception>
    public static int Run(RunOptions options, CommandIo io)
    {
        // Before anything is read: a scheduler may take the machine back at any moment.
        using var stop = new StopSignals();
        var phases = new PhaseClock();
        SweepRequest request = SweepRequest.From(new SweepOptions { Device = options.Device, Threads = options.Threads });
        int mostRequeues = MostRequeues(options.MaxRequeues);
        RunDirectory run = phases.Measure("plan", () => RunDirectory.OpenForWriting(options.Run, clean: false));
        if (ShardChoice.From(options.Shard, run.Plan, Environment.GetEnvironmentVariable) is not { } shard)
        {
            io.Error.WriteLine("more processes than shards; nothing to do for this one");
            return ExitCodes.Done;
        }

        int threads = request.Threads ?? Math.Min(Environment.ProcessorCount, CpuDevice.MostThreads);
        var devices = DeviceSelection.Find("--device", request.Device, threads);
        Dataset data = phases.Measure("data", () => RunData.Load(run.Plan, options.Data));
        var work = new UnitWork(run, data, shard, devices, options.Quiet, options.FailFast);
        (_, bool drained, int failed) = work.Do(stop, phases, io);
        if (drained)
        {
            string requeued = options.Requeue ? ": " + SelfRequeue.Do(mostRequeues, Environment.GetEnvironmentVariable, stop.Token) : "";
            throw new UserErrorException(
                $"stopped by SIGUSR1 before the next unit{requeued}; finished units stay in {run.Path}, the same command again resumes", ExitCodes.Interrupted);
        }

        if (!options.Quiet)
            io.Error.WriteLine($"shard {shard} is done in {phases.Total:F1} s; `gpumlp status {Quoting.Bash(run.Path)}` tells of the others");
        return failed > 0 ? ExitCodes.SomeModelsFailed : ExitCodes.Done;
    }

    private static int MostRequeues(string? text) =>
        text is null ? SelfRequeue.DefaultMost
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int most) ? most
        : throw new UserErrorException($"--max-requeues: '{text}' is not a whole number from 0.");
}
