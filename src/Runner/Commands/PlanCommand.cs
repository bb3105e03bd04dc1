using System.Globalization;
using CommandLine;
using GpuMlp.Engine;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Runner.Progress;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Verbs;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp plan</c>: writes plan.json, once, with units and shards of a size that suits the machines.</summary>
internal static class PlanCommand
{
    internal sealed class Options : SweepCommand.Options
    {
        [Option("shards"), Flag("N", "parts for `run --shard K/N` (default: by --task-minutes)", "8", Section = Cutting)]
        public string? Shards { get; set; }

        [Option("task-minutes"), Flag("X", "how long a shard takes (default: 10)", "10", Section = Cutting)]
        public string? TaskMinutes { get; set; }

        [Option("unit-seconds")]
        [Flag(
            "X",
            "how long a unit takes, the least that is saved and the most that a kill costs (default: 30)",
            "30",
            Section = Cutting)]
        public string? UnitSeconds { get; set; }

        [Option("gflops")]
        [Flag("X", "speed of the machines meant, dense-equivalent, instead of measuring this one", "300", Section = Cutting)]
        public string? Gflops { get; set; }
    }

    public static Verb Verb { get; } = new Verb<Options>("plan", Run)
    {
        Summary = "only write the plan of a sweep, cut into units and shards",
        About = """
            gpumlp plan writes plan.json, once: every unit of a sweep, in shards for so many
            machines. It trains a little of the sweep to see how fast this machine is.
            """,
        Notes = SweepCommand.Lists,
        Sections = () => [Cutting, .. SweepCommand.Sections],
    };

    private const string Cutting = "How the work is cut";

    private const double DefaultTaskMinutes = 10, DefaultUnitSeconds = 30;

    // An epoch of the calibration: long enough to time, short enough for nine of them.
    private const double CalibrationEpochFlop = 0.05e12;

    /// <exception cref="UserErrorException">A flag that cannot be, or another plan in the same place.</exception>
    private static int Run(Options options, CommandIo io)
    {
        (DeviceRequest device, int threads) = (DeviceFlags.Request(options.Device), DeviceFlags.Threads(options.Threads));
        double taskMinutes = Number(options.TaskMinutes, "--task-minutes") ?? DefaultTaskMinutes;
        double unitSeconds = Number(options.UnitSeconds, "--unit-seconds") ?? DefaultUnitSeconds;
        int? shards = options.Shards is { } text ? ListFlags.Whole("--shards", text, 1, Plan.MaxUnits) : null;
        var phases = PhaseClock.OnTerminal(io, options.Quiet);
        IReadOnlyList<SweepPlanning> plannings = phases.Measure("plan", () => SweepPlanning.All(options));
        List<object> told = [];
        foreach (SweepPlanning planning in plannings)
        {
            // Everything that the flags decide alone needs no calibration.
            (double rate, double unitOverhead) = Number(options.Gflops, "--gflops") is { } gflops ? (gflops * 1e9, 0)
                : shards is not null && options.UnitSeconds is null ? (0, 0)
                : phases.Measure("estimate", () => Calibrate(planning, device, threads));
            Plan plan = rate > 0 ? Cut(planning, rate * unitSeconds) : planning.Plan;
            double seconds = rate > 0
                ? (SweepEstimate.UnitFlops(plan, planning.Data).Sum() / rate) + (plan.Units.Count * unitOverhead)
                : 0;
            int count = Math.Min(
                plan.Units.Count, shards ?? (int)Math.Clamp(Math.Ceiling(seconds / (60 * taskMinutes)), 1, plan.Units.Count));
            plan = plan with { Shards = count, Pictures = planning.Plan.Pictures };
            if (!options.DryRun)
            {
                told.Add(Write(planning, plan, shards, seconds, rate, options, io));
                continue;
            }

            planning.Tell(options.Quiet, io);
            told.Add(SweepJson.Of(planning.Out, plan, SecondsPerShard(plan, seconds)));
            if (!options.Json)
            {
                planning.WriteHead(io.Out);
                io.Out.WriteLine(Describe(plan, seconds, rate));
            }
        }

        if (options.Json)
            SweepJson.Write(told, io);
        return ExitCodes.Done;
    }

    private static object Write(
        SweepPlanning planning, Plan plan, int? shards, double seconds, double rate, Options options, CommandIo io)
    {
        var run = RunDirectory.OpenOrCreate(planning.Out, plan);
        run.WriteClassNames(planning.Data.ClassNames);
        if (shards is not null && run.Plan.Shards != plan.Shards)
        {
            throw new UserErrorException(
                $"{run.Path} was made by another plan: shards {run.Plan.Shards} -> {plan.Shards}; use another --out or the old flags");
        }

        planning.Tell(options.Quiet, io);
        bool isOld = run.Plan.Hash != plan.Hash || run.Plan.Shards != plan.Shards;
        if (!options.Json)
            io.Out.WriteLine($"{run.PlanPath}: {(isOld ? "there already, " : "")}{Describe(run.Plan, isOld ? 0 : seconds, rate)}");
        if (!options.Quiet)
        {
            string path = Quoting.Bash(run.Path);
            io.Error.WriteLine(
                $"next: `gpumlp run {path}` here, with `--shard K/{run.Plan.Shards}` on several machines, or `gpumlp slurm {path}`");
        }

        return SweepJson.Of(run.Path, run.Plan, SecondsPerShard(run.Plan, isOld ? 0 : seconds));
    }

    private static double? SecondsPerShard(Plan plan, double seconds) => seconds > 0 ? seconds / plan.Shards : null;

    private static string Describe(Plan plan, double seconds, double rate)
    {
        string time = seconds > 0
            ? $", about {ProgressText.Duration(TimeSpan.FromSeconds(seconds / plan.Shards))} a shard at "
                + $"{ProgressText.Number(rate / 1e9)} GFLOP/s dense-equivalent"
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{plan.Units.Sum(unit => (long)unit.ModelCount):N0} models in {plan.Units.Count:N0} units, "
                + $"{plan.Shards:N0} shards{time}, plan {plan.Hash[..12]}");
    }

    // Powers of two, so that calibrations that differ by the noise of a machine nearly always cut the same units.
    private static Plan Cut(SweepPlanning planning, double unitFlop) =>
        Create(planning.Plan.Spec, planning, Math.Pow(2, Math.Round(Math.Log2(unitFlop))));

    private static Plan Create(SweepSpec spec, SweepPlanning planning, double unitFlop) =>
        Plan.Create(
            spec,
            planning.Data.Sha256,
            planning.Data.Inputs,
            Splitter.SizesOf(planning.Data, planning.Name),
            unitFlop,
            planning.Name,
            planning.Plan.TestSha256);

    /// <summary>Trains some epochs of a small part of the sweep on this machine.</summary>
    /// <returns>FLOP/s, and what a unit costs besides, in seconds.</returns>
    private static (double Rate, double UnitOverhead) Calibrate(SweepPlanning planning, DeviceRequest device, int threads)
    {
        var devices = DeviceSelection.Find("--device", device, threads);
        SweepSpec spec = planning.Plan.Spec;
        // What belongs to other tasks goes with them.
        SweepSpec part = (spec with
        {
            Tasks = [spec.Tasks[0]],
            Seeds = [spec.Seeds[0]],
            Epochs = [spec.Epochs[0]],
            Batches = [spec.Batches[0]],
            InitStds = [spec.InitStds[0]],
            WeightDecays = [spec.WeightDecays[0]],
            Losses = [spec.Losses[0]],
            Schedules = [spec.Schedules[0]],
            Splits = [spec.Splits[0]],
            LabelNoises = [spec.LabelNoises[0]],
            TrainImages = [spec.TrainImages[0]],
            ClassWeights = [spec.ClassWeights[0]],
            Dropouts = [spec.Dropouts[0]],
            Patiences = [spec.Patiences[0]],
        }).WithoutRates().WithFittedEmbedding(otherData: false);
        Plan small = Create(part, planning, CalibrationEpochFlop * spec.Epochs[0]);
        SweepEstimate estimate = SweepEstimate.Measure(small, planning.Data, devices);
        double rate = estimate.GflopsPerSecond * 1e9;
        return (rate, Math.Max(0, estimate.Time.TotalSeconds - (estimate.Flop / rate)) / small.Units.Count);
    }

    private static double? Number(string? text, string flag) =>
        text is null ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
            && number > 0 ? number
        : throw new UserErrorException($"{flag}: '{text}' is not a number above 0.");
}
