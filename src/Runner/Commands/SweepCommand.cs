using CommandLine;
using GpuMlp.Engine;
using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Runner.Pictures;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Verbs;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp sweep</c>: the main job on this machine: plan, train and prune, merge, pictures, tables.</summary>
internal static class SweepCommand
{
    /// <summary>Its own flags, and those of the fields of sweeps and of pictures.</summary>
    internal class Options : CommandOptions
    {
        /// <summary>In the order of help, but for <see cref="Sections"/>.</summary>
        public override IReadOnlyList<Flag> FieldFlags =>
        [
            .. AnalysisList.Fields.Select(one => one.Flag).OfType<Flag>(),
            .. PictureChoice.Fields.Select(one => one.Flag).OfType<Flag>().Select(flag => flag with { Section = Where }),
        ];

        [Option("preset")]
        [Flag(
            "NAME",
            "paper, the published study (default); quick, two models of it; when-sparse, 16 ways to train that show when pruning 95 % "
                + "keeps F1; tickets, 20 rounds of pruning and rewinding; double-descent, H from 1 to 1,024 under label noise; the flags "
                + "below change parts",
            "paper",
            Section = TrainingFields.Section)]
        public string? Preset { get; set; }

        [Option("spec"),
            Flag(
                "FILE",
                "the same choices from a JSON or YAML file or a run's plan.json, instead of --preset; a file may hold several sweeps, "
                    + "which are done one after the other",
                "sweep.yaml",
                Section = TrainingFields.Section)]
        public string? Spec { get; set; }

        [Option("analyses")]
        [Flag(
            "LIST",
            "these alone of what the preset or file does with trained models, or `none`: pruning, embedding, robustness, similarity, "
                + "finetuning, predictions; all but robustness and predictions look at pruned models and bring pruning",
            "pruning,robustness",
            Section = Which)]
        public string? Analyses { get; set; }

        [Option("train-only"), Flag("short for --analyses none --saliency 0", Section = Which)]
        public bool TrainOnly { get; set; }

        [Option("out")]
        [Flag(
            "DIR",
            "directory of the run (default: runs/ and the name of the preset or spec file, or of what flags have made of it: its tasks and "
                + "six digits of its hash); of several sweeps the folder of theirs; the same command again resumes it",
            "runs/mine",
            Section = Where)]
        public string? Out { get; set; }

        [Option("device")]
        [Flag(
            "auto|cpu|cuda[:I]|opencl[:I]",
            "what to train on (default: auto: CUDA, then an OpenCL GPU, then the CPU); cuda and opencl take all devices of their kind, "
                + "a unit each, cuda:0 takes one",
            "cpu")]
        public string? Device { get; set; }

        [Option("threads"), Flag("N", "CPU threads (default: one a core)", "4")]
        public string? Threads { get; set; }

        [Option("target-f1")]
        [Flag("X", "mean validation F1 that is enough: tables and report name the smallest models that reach it, see `report`", "0.95")]
        public string? TargetF1 { get; set; }

        [Option("dry-run"), Flag("print the plan and stop")]
        public bool DryRun { get; set; }

        public override bool OnlyPrints => DryRun;

        [Option("json"), Flag("what it prints as one JSON object, for programs")]
        public bool Json { get; set; }

        [Option("quiet"), Flag("nothing but errors and the final table")]
        public bool Quiet { get; set; }

        [Option("fail-fast"), Flag("stop at the first model that fails")]
        public bool FailFast { get; set; }
    }

    /// <summary>How lists are written, for help.</summary>
    public const string Lists = """
        Lists are comma-separated, without spaces. Ranges include both ends: 0..9
        is 0,1,...,9; a step is added or multiplied: 10..30+10, 2..64*2.
        """;

    private const string Where = "Where", Which = "What to do with trained models";

    /// <summary>Headings of help, in its order.</summary>
    public static IReadOnlyList<string> Sections =>
        [AnalysisList.Sections[0], Which, .. AnalysisList.Sections.Skip(1), Where, "How it runs"];

    public static Verb Verb { get; } = new Verb<Options>("sweep", Run)
    {
        Summary = "plan, train, merge and report; without flags the published MNIST study (5 digit pairs x 11 hidden sizes x 3 seeds) "
            + "into runs/paper",
        About = "gpumlp sweep: plan, train, merge and report on this machine.",
        Notes = Lists + """


            Examples
              gpumlp sweep
              gpumlp sweep --tasks 4v9 --hidden 2..64*2 --seeds 0..9 --out runs/4v9
              gpumlp sweep --data ~/fashion --tasks all --lr 0.01,0.03 --dry-run
            """,
        Sections = () => Sections,
    };

    /// <exception cref="UserErrorException">A flag that cannot be, data that is damaged, a run of another plan, a full disk.</exception>
    private static int Run(Options options, CommandIo io)
    {
        // Before the work: a value that is none must cost nothing.
        double? target = ReportCommand.Target(options.TargetF1);
        DeviceSelection devices = PhaseClock.OnTerminal(io, options.Quiet)
            .Measure("devices", () => DeviceFlags.Find(options.Device, options.Threads));
        if (options.DryRun)
        {
            Estimate(options, devices, io);
            return ExitCodes.Done;
        }

        using var ahead = DeviceStart.Begin(devices);
        devices = devices with { Ahead = ahead };

        // Before the data are read: a scheduler may take the machine back at any moment, and the exit code tells it why we went.
        using var stop = new StopSignals();
        var phases = new PhaseClock(options.Quiet ? null : io);
        IReadOnlyList<SweepPlanning> plannings = phases.Measure("plan", () => SweepPlanning.All(options));
        Dictionary<SweepPlanning, RunDirectory> runs = phases.Measure("plan", () => Open(plannings));
        List<object> told = [];
        int exitCode = ExitCodes.Done;
        foreach (SweepPlanning planning in plannings)
        {
            if (planning != plannings[0] && !options.Json)
                io.Out.WriteLine();
            exitCode = Math.Max(exitCode, Do(options, target, planning, runs[planning], devices, stop, phases, told, io));
            phases = new PhaseClock(options.Quiet ? null : io);
        }

        if (options.Json)
            SweepJson.Write(told, io);
        return exitCode;
    }

    private static void Estimate(Options options, DeviceSelection devices, CommandIo io)
    {
        List<object> told = [];
        var phases = PhaseClock.OnTerminal(io, options.Quiet);
        foreach (SweepPlanning planning in phases.Measure("plan", () => SweepPlanning.All(options)))
        {
            SweepEstimate estimate = phases.Measure("estimate", () => SweepEstimate.Measure(planning.Plan, planning.Data, devices));
            planning.Tell(options.Quiet, io);
            if (options.Json)
            {
                told.Add(SweepJson.Of(planning, estimate, devices));
                continue;
            }

            planning.WriteHead(io.Out);
            DryRun.Print(planning, estimate, devices, io);
        }

        if (options.Json)
            SweepJson.Write(told, io);
    }

    // Folders that exist first: of several sweeps none is begun when one of them is refused.
    private static Dictionary<SweepPlanning, RunDirectory> Open(IReadOnlyList<SweepPlanning> plannings) =>
        plannings.OrderByDescending(planning => Path.Exists(planning.Out))
            .ToDictionary(planning => planning, planning => RunDirectory.OpenOrCreate(planning.Out, planning.Plan));

    /// <summary>Does what is left of a run, and everything after that.</summary>
    /// <param name="phases">May have begun.</param>
    internal static int Do(
        Options options, SweepPlanning planning, RunDirectory run, DeviceSelection devices, StopSignals stop, PhaseClock phases,
        CommandIo io)
    {
        List<object> told = [];
        int exitCode = Do(options, ReportCommand.Target(options.TargetF1), planning, run, devices, stop, phases, told, io);
        if (options.Json)
            SweepJson.Write(told, io);
        return exitCode;
    }

    private static int Do(
        Options options, double? target, SweepPlanning planning, RunDirectory run, DeviceSelection devices, StopSignals stop,
        PhaseClock phases, List<object> told, CommandIo io)
    {
        if (!options.Quiet)
            planning.WriteHead(io.Error);
        run.WriteClassNames(planning.Data.ClassNames);
        planning.Tell(options.Quiet, io);
        if (run.Before is { } before && !options.Quiet)
            io.Error.WriteLine($"{run.Path} grows: {string.Join(", ", PlanDiff.Between(before, run.Plan))}; what is there is kept");
        using var ahead = new SheetsAhead(run, planning.Data);
        var work = new UnitWork(run, planning.Data, Shard.Whole, devices, options.Quiet, options.FailFast) { Saved = ahead.Saved };
        (bool trained, bool drained, _) = work.Do(stop, phases, io);
        if (drained)
        {
            throw new UserErrorException(
                $"interrupted by SIGUSR1; finished units stay in {run.Path}, the same command again resumes",
                ExitCodes.Interrupted);
        }

        return Finish(options, target, planning with { Plan = run.Plan }, run, devices, trained, ahead, stop, phases, told, io);
    }

    private static int Finish(
        Options options, double? target, SweepPlanning planning, RunDirectory run, DeviceSelection devices, bool trained,
        SheetsAhead ahead, StopSignals stop, PhaseClock phases, List<object> told, CommandIo io)
    {
        stop.EndIfAsked(run);
        MergeCommand.Merge(run, phases, io);
        stop.EndIfAsked(run);
        phases.Measure("saliency", at =>
        {
            RunSheets.Draw(run, planning.Data, devices.Threads, ahead, (done, all) => at("", done, all));
            return true;
        });
        stop.EndIfAsked(run);
        RunSummary summary = phases.Measure("table", () => RunSummary.Of(run));
        if (trained || !TrainingRecords.AreFolded(run))
            MergeCommand.Record(run, summary, trained ? devices : null, phases, trained, planning.Data.Table);
        string report = ReportCommand.Write(run, phases, recorded: trained, new ReportChoice { TargetF1 = target });
        if (options.Json)
        {
            told.Add(SweepJson.Of(run, summary, trained ? devices : null, phases, report));
        }
        else
        {
            planning.WriteHead(io.Out);
            summary.Write(planning.Plan.Spec, io, target);
        }

        if (!options.Quiet)
            io.Error.WriteLine($"{summary.Count} models in {phases.Total:F1} s; report: {report}");
        return summary.Failed > 0 ? ExitCodes.SomeModelsFailed : ExitCodes.Done;
    }
}
