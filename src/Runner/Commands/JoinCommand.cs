using CommandLine;
using GpuMlp.Engine;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Verbs;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp join RUN RUN2</c>: the run that has all models of several.</summary>
internal static class JoinCommand
{
    internal sealed class Options : RunFolderOptions
    {
        public override IReadOnlyList<string> RunWords => ["RUN", "RUN2..."];

        protected override bool TakesMore => true;

        [Option("out")]
        [Flag("DIR", "directory of the new run, or the first of the others, to grow it; the same command again resumes", "runs/all")]
        public string? Out { get; set; }

        [Option("data"), Flag("DIR", "where the data are on this machine", "~/fashion")]
        public string? Data { get; set; }

        [Option("device")]
        [Flag("auto|cpu|cuda[:I]|opencl[:I]", "for an embedding that no run has, as in `gpumlp sweep --help`", "cpu")]
        public string? Device { get; set; }

        [Option("threads"), Flag("N", "CPU threads (default: one a core)", "4")]
        public string? Threads { get; set; }

        [Option("json"), Flag("what it prints as one JSON object, for programs")]
        public bool Json { get; set; }

        [Option("quiet"), Flag("nothing but errors and the final table")]
        public bool Quiet { get; set; }
    }

    public static Verb Verb { get; } = new Verb<Options>("join", Run)
    {
        Summary = "one run of the models of several, without training",
        About = """
            gpumlp join RUN RUN2... --out NEW makes a run with the models of all of them,
            with the bytes of a sweep that had trained them at once. They must be finished,
            of the same data and with the same analyses, and together have every
            combination of their tasks, seeds, sizes, rates and ways to train. They are
            left as they are.
            """,
        Notes = """
            Example
              gpumlp join runs/seeds-0-4 runs/seeds-5-9 --out runs/all
            """,
    };

    /// <exception cref="UserErrorException">
    /// Runs that do not belong together, that are not finished or damaged (exit 3), a folder of another run, a full disk.
    /// </exception>
    private static int Run(Options options, CommandIo io)
    {
        using var stop = new StopSignals();
        string folder = options.Out
            ?? throw new UserErrorException("--out: missing; must name the folder of the joined run, as in `--out runs/all`");
        var phases = new PhaseClock(options.Quiet ? null : io);
        DeviceSelection devices = PhaseClock.OnTerminal(io, options.Quiet)
            .Measure("devices", () => DeviceFlags.Find(options.Device, options.Threads));
        RunDirectory[] runs = [.. options.Runs.Select(RunDirectory.Open)];
        for (int i = 1; i < runs.Length; i++)
        {
            if (Array.Exists(runs[..i], run => RunJoin.IsAt(run, runs[i].Path)))
                throw new UserErrorException($"{runs[i].Path}: named twice; must be once");
        }

        SweepPlanning planning = phases.Measure("plan", () => Plan(runs, folder, options.Data));
        RunDirectory joined = phases.Measure("check", () => RunJoin.OpenOrCreate(folder, planning.Plan, runs));
        return SweepCommand.Do(
            new() { Json = options.Json, Quiet = options.Quiet }, planning, joined, devices, stop, phases, io);
    }

    private static SweepPlanning Plan(RunDirectory[] runs, string folder, string? at)
    {
        SweepSpec spec = RunJoin.SpecOf(runs);
        Plan first = runs[0].Plan;
        Dataset data = RunData.Load(first, at);
        bool usual = Array.TrueForAll(runs, run => run.Plan.Pictures == PictureChoice.Usual(run.Plan.Spec));
        var plan = Engine.Plans.Plan.Create(
            spec, data.Sha256, data.Inputs, Splitter.SizesOf(data), testSha256: first.TestSha256);
        return new SweepPlanning(plan with { Pictures = usual ? PictureChoice.Usual(spec) : first.Pictures }, data, folder);
    }
}
