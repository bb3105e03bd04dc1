using System.Globalization;
using GpuMlp.Engine;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Splits;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Kernels.Devices;
using GpuMlp.Runner.Options;
using GpuMlp.Runner.Progress;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp plan</c>: writes plan.json, once, with units and shards of a size that suits the machines.</summary>
internal static class PlanCommand
{
    private const double DefaultTaskMinutes = 10, DefaultUnitSeconds = 30;

    // An epoch of the calibration: long enough to time, short enough for nine of them.
    private const double CalibrationEpochFlop = 0.05e12;

    /// <returns>An exit code.</returns>
    /// <exception cref="UserErrorException">A flag that cannot be, or another plan in the same place.</exception>
    public static int Run(PlanOptions options, CommandIo io)
    {
        SweepRequest request = SweepRequest.From(options);
        double taskMinutes = Number(options.TaskMinutes, "--task-minutes") ?? DefaultTaskMinutes;
        double unitSeconds = Number(options.UnitSeconds, "--unit-seconds") ?? DefaultUnitSeconds;
        int? shards = Shards(options.Shards);
        SweepPlanning planning = SweepPlanning.From(request);

        // Everything that the flags decide alone needs no calibration.
        (double rate, double unitOverhead) = Number(options.Gflops, "--gflops") is { } gflops ? (gflops * 1e9, 0)
            : shards is not null && options.UnitSeconds is null ? (0, 0)
            : Calibrate(planning, request);
        Plan plan = rate > 0 ? Cut(planning, rate * unitSeconds) : planning.Plan;
        double seconds = rate > 0 ? (SweepEstimate.UnitFlops(plan, planning.Data).Sum() / rate) + (plan.Units.Count * unitOverhead) : 0;
        int count = Math.Min(plan.Units.Count, shards ?? (int)Math.Clamp(Math.Ceiling(seconds / (60 * taskMinutes)), 1, plan.Units.Count));
        plan = plan with { Shards = count, Pictures = planning.Plan.Pictures };
        if (request.DryRun)
        {
            planning.Tell(request.Quiet, io);
            io.Out.WriteLine(Describe(plan, seconds, rate));
            return ExitCodes.Done;
        }

        var run = RunDirectory.OpenOrCreate(planning.Out, plan);
        run.WriteClassNames(planning.Data.ClassNames);
        if (shards is not null && run.Plan.Shards != count)
            throw new UserErrorException($"{run.Path} was made by another plan: shards {run.Plan.Shards} -> {count}; use another --out or the old flags");
        planning.Tell(request.Quiet, io);
        bool isOld = run.Plan.Hash != plan.Hash || run.Plan.Shards != plan.Shards;
        io.Out.WriteLine($"{run.PlanPath}: {(isOld ? "there already, " : "")}{Describe(run.Plan, isOld ? 0 : seconds, rate)}");
        if (!request.Quiet)
        {
            string path = Quoting.Bash(run.Path);
            io.Error.WriteLine($"next: `gpumlp run {path}` here, with `--shard K/{run.Plan.Shards}` on several machines, or `gpumlp slurm {path}`");
        }

        return ExitCodes.Done;
    }

    private static string Describe(Plan plan, double seconds, double rate)
    {
        string time = seconds > 0
            ? $", about {ProgressText.Duration(TimeSpan.FromSeconds(seconds / plan.Shards))} a shard at {ProgressText.Number(rate / 1e9)} GFLOP/s dense-equivalent"
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{plan.Units.Sum(unit => (long)unit.ModelCount):N0} models in {plan.Units.Count:N0} units, {plan.Shards:N0} shards{time}, plan {plan.Hash[..12]}");
    }

    // Powers of two, so that calibrations that differ by the noise of a machine nearly always cut the same units.
    private static Plan Cut(SweepPlanning planning, double unitFlop) =>
        Create(planning.Plan.Spec, planning, Math.Pow(2, Math.Round(Math.Log2(unitFlop))));

    private static Plan Create(SweepSpec spec, SweepPlanning planning, double unitFlop) =>
        Plan.Create(spec, planning.Data.Sha256, planning.Data.Inputs, task => Splitter.TrainImages(planning.Data, task), unitFlop, planning.Name);

    /// <summary>Trains some epochs of a small part of the sweep on this machine.</summary>
    /// <returns>FLOP/s, and what a unit costs besides, in seconds.</returns>
    private static (double Rate, double UnitOverhead) Calibrate(SweepPlanning planning, SweepRequest request)
    {
        int threads = request.Threads ?? Math.Min(Environment.ProcessorCount, CpuDevice.MostThreads);
        var devices = DeviceSelection.Find("--device", request.Device, threads);
        SweepSpec spec = planning.Plan.Spec;
        SweepSpec part = spec with
        {
            Tasks = [spec.Tasks[0]],
            Seeds = [spec.Seeds[0]],
            Epochs = [spec.Epochs[0]],
            Batches = [spec.Batches[0]],
            InitStds = [spec.InitStds[0]],
            WeightDecays = [spec.WeightDecays[0]],
        };
        Plan small = Create(part, planning, CalibrationEpochFlop * spec.Epochs[0]);
        SweepEstimate estimate = SweepEstimate.Measure(small, planning.Data, devices);
        double rate = estimate.GflopsPerSecond * 1e9;
        return (rate, Math.Max(0, estimate.Time.TotalSeconds - (estimate.Flop / rate)) / small.Units.Count);
    }

    private static int? Shards(string? text) =>
        text is null ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int shards) && shards >= 1 && shards <= Plan.MaxUnits ? shards
        : throw new UserErrorException($"--shards: '{text}' is not a whole number from 1 to {Plan.MaxUnits}.");

    private static double? Number(string? text, string flag) =>
        text is null ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) && number > 0 ? number
        : throw new UserErrorException($"{flag}: '{text}' is not a number above 0.");
}
