using CommandLine;
using GpuMlp.Engine;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Runs;
using GpuMlp.Runner.Cluster;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Verbs;

namespace GpuMlp.Runner.Commands;

/// <summary>
/// <c>gpumlp run RUN</c>: does units of a plan that is there already, all or those of one shard. Any number of processes on
/// any number of machines may do so at once, also twice the same: a unit is done when its file is there, and its file has
/// the same bytes whoever wrote it.
/// </summary>
internal static class RunCommand
{
    internal sealed class Options : RunFolderOptions
    {
        [Option("shard")]
        [Flag(
            "K/N|auto",
            "one of the plan's N shards, counted from 0; auto takes K from Slurm (SLURM_ARRAY_TASK_ID, under srun also SLURM_PROCID) "
                + "or from Kubernetes (JOB_COMPLETION_INDEX)",
            "0/8")]
        public string? Shard { get; set; }

        [Option("data"), Flag("DIR", "where the plan's data are on this machine", "~/fashion")]
        public string? Data { get; set; }

        [Option("device")]
        [Flag(
            "auto|cpu|cuda[:I]|opencl[:I]",
            "as in `gpumlp sweep --help`; CUDA shows a process the devices of CUDA_VISIBLE_DEVICES alone",
            "cpu")]
        public string? Device { get; set; }

        [Option("threads"), Flag("N", "CPU threads (default: one a core)", "4")]
        public string? Threads { get; set; }

        [Option("requeue"), Flag("upon SIGUSR1 put this Slurm job back into the queue")]
        public bool Requeue { get; set; }

        [Option("max-requeues"), Flag("N", "at most so often (default: 20)", "20")]
        public string? MaxRequeues { get; set; }

        [Option("quiet"), Flag("nothing but errors")]
        public bool Quiet { get; set; }

        [Option("fail-fast"), Flag("stop at the first model that fails")]
        public bool FailFast { get; set; }
    }

    public static Verb Verb { get; } = new Verb<Options>("run", Run)
    {
        Summary = "do the units of a plan, all or one shard of them",
        About = """
            gpumlp run RUN does the units of a plan, all that are left or those of a shard.
            Any number of processes may do so at once; what is finished stays finished.
            """,
        Notes = """
            SIGUSR1 finishes the units in flight and begins no other; SIGTERM, SIGHUP and
            Ctrl-C stop at the next epoch. A unit that cannot be finished leaves a file in
            RUN/errors, the others go on, and the exit code is 3.
            """,
    };

    /// <exception cref="UserErrorException">No run, no shard of it, other data, stopped by a signal, units that could not be
    /// finished.</exception>
    private static int Run(Options options, CommandIo io)
    {
        // Before anything is read: a scheduler may take the machine back at any moment.
        using var stop = new StopSignals();
        var phases = new PhaseClock(options.Quiet ? null : io);
        (DeviceRequest device, int threads) = (DeviceFlags.Request(options.Device), DeviceFlags.Threads(options.Threads));
        int mostRequeues = options.MaxRequeues is { } most
            ? ListFlags.Whole("--max-requeues", most, 0, int.MaxValue)
            : SelfRequeue.DefaultMost;
        RunDirectory run = phases.Measure("plan", () => RunDirectory.OpenForWriting(options.Run, clean: false));
        if (ShardChoice.From(options.Shard, run.Plan, Environment.GetEnvironmentVariable) is not { } shard)
        {
            io.Error.WriteLine("more processes than shards; nothing to do for this one");
            return ExitCodes.Done;
        }

        DeviceSelection devices = PhaseClock.OnTerminal(io, options.Quiet)
            .Measure("devices", () => DeviceSelection.Find("--device", device, threads));
        Dataset data = phases.Measure("data", () => RunData.Load(run.Plan, options.Data));
        var work = new UnitWork(run, data, shard, devices, options.Quiet, options.FailFast);
        (_, bool drained, int failed) = work.Do(stop, phases, io);
        if (drained)
        {
            string requeued = options.Requeue ? ": " + SelfRequeue.Do(mostRequeues, Environment.GetEnvironmentVariable, stop.Token) : "";
            throw new UserErrorException(
                $"stopped by SIGUSR1 before the next unit{requeued}; finished units stay in {run.Path}, the same command again resumes",
                ExitCodes.Interrupted);
        }

        if (!options.Quiet)
        {
            io.Error.WriteLine(
                $"shard {shard} is done in {phases.Total:F1} s; `gpumlp status {Quoting.Bash(run.Path)}` tells of the others");
        }

        return failed > 0 ? ExitCodes.SomeModelsFailed : ExitCodes.Done;
    }
}
