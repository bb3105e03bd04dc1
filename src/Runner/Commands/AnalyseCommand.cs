using CommandLine;
using GpuMlp.Engine;
using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Verbs;

namespace GpuMlp.Runner.Commands;

/// <summary>
/// <c>gpumlp analyse RUN</c>: a sweep whose models are those of a run that is there, so that nothing is trained: they are pruned,
/// corrupted, explained or embedded in another way.
/// </summary>
internal static class AnalyseCommand
{
    internal sealed class Options : RunFolderOptions
    {
        public override IReadOnlyList<Flag> FieldFlags =>
        [
            .. AnalysisList.AnalysisFields.Select(one => one.Flag).OfType<Flag>(),
            .. PictureChoice.Fields.Select(one => one.Flag).OfType<Flag>().Select(flag => flag with { Section = Where }),
        ];

        [Option("analyses")]
        [Flag(
            "LIST",
            "these alone of what the run does with trained models, or `none`, as in `gpumlp sweep --help`",
            "pruning,robustness",
            Section = Which)]
        public string? Analyses { get; set; }

        [Option("out")]
        [Flag("DIR", "directory of the new run; RUN itself, where something is added to it; the same command again resumes", "runs/more",
            Section = Where)]
        public string? Out { get; set; }

        [Option("data"), Flag("DIR", "where the plan's data are on this machine", "~/fashion", Section = Where)]
        public string? Data { get; set; }

        [Option("device"), Flag("auto|cpu|cuda[:I]|opencl[:I]", "as in `gpumlp sweep --help`", "cpu")]
        public string? Device { get; set; }

        [Option("threads"), Flag("N", "CPU threads (default: one a core)", "4")]
        public string? Threads { get; set; }

        [Option("target-f1"), Flag("X", "mean validation F1 that is enough, see `report`", "0.95")]
        public string? TargetF1 { get; set; }

        [Option("json"), Flag("what it prints as one JSON object, for programs")]
        public bool Json { get; set; }

        [Option("quiet"), Flag("nothing but errors and the final table")]
        public bool Quiet { get; set; }
    }

    public static Verb Verb { get; } = new Verb<Options>("analyse", Run)
    {
        Summary = "prune, corrupt, explain or embed the models of a run in another way, without training",
        About = """
            gpumlp analyse RUN --out NEW makes a run with the models of RUN, of which nothing
            is trained again, and with other analyses: what no flag says is as in RUN. NEW has
            the bytes of a sweep with these flags. RUN must be finished, and is left as it is.
            """,
        Notes = SweepCommand.Lists + """


            Examples
              gpumlp analyse runs/mine --sparsity 0.5..0.9+0.1 --out runs/levels
              gpumlp analyse runs/mine --analyses robustness --noise 0.1,0.3 --out runs/noise
            """,
        Sections = () =>
        [
            Which, .. AnalysisList.AnalysisFields.Select(field => field.Section).Where(section => section.Length > 0).Distinct(), Where,
            "How it runs",
        ],
    };

    private const string Where = "Where", Which = "What to do with trained models";

    /// <exception cref="UserErrorException">
    /// A flag that cannot be, a run that is not finished or damaged (exit 3), a folder of another run, a full disk.
    /// </exception>
    private static int Run(Options options, CommandIo io)
    {
        using var stop = new StopSignals();
        string folder = options.Out
            ?? throw new UserErrorException("--out: missing; must name the folder of the new run, as in `--out runs/more`");
        _ = ReportCommand.Target(options.TargetF1);
        var phases = new PhaseClock(options.Quiet ? null : io);
        DeviceSelection devices = PhaseClock.OnTerminal(io, options.Quiet)
            .Measure("devices", () => DeviceFlags.Find(options.Device, options.Threads));
        var source = RunDirectory.Open(options.Run);
        SweepCommand.Options sweep = new()
        {
            Spec = source.PlanPath,
            Analyses = options.Analyses,
            Given = options.Given,
            Out = folder,
            TargetF1 = options.TargetF1,
            Json = options.Json,
            Quiet = options.Quiet,
        };
        SweepPlanning planning = phases.Measure("plan", () => Plan(sweep, source, options.Data));
        if (planning.Plan.Hash == source.Plan.Hash && !RunJoin.IsAt(source, folder))
        {
            throw new UserErrorException(
                $"--out: {folder} would be {source.Path} once more; flags must say what is to be done with its models in another way");
        }

        RunDirectory run = phases.Measure("check", () => RunJoin.OpenOrCreate(folder, planning.Plan, [source]));
        return SweepCommand.Do(sweep, planning, run, devices, stop, phases, io);
    }

    private static SweepPlanning Plan(SweepCommand.Options sweep, RunDirectory source, string? folder)
    {
        Dictionary<DataRequest, Dataset> loaded = new() { [source.Plan.Spec.Request] = RunData.Load(source.Plan, folder) };
        return SweepPlanning.All(sweep, loaded)[0];
    }
}
