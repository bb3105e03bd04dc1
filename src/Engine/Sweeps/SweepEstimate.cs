using System.Diagnostics;
using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Analyses.Contract;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Sweeps;

/// <summary>What a part of a plan's work will cost: training, or one of the analyses.</summary>
/// <param name="Name">As in <see cref="UnitPhase"/>.</param>
/// <param name="Models">On which it works.</param>
/// <param name="Memory">Bytes on the device and off it that the largest unit needs for it, beside the trained models and their images
/// where it is an analysis.</param>
/// <param name="Disk">Bytes of what it makes; an upper guess.</param>
public sealed record PhaseEstimate(string Name, int Models, TimeSpan Time, long Memory, long Disk);

/// <summary>What a plan will cost on this machine, from its shape and a calibration of about a second.</summary>
/// <param name="Flop">Dense-equivalent floating point operations of all training.</param>
/// <param name="GflopsPerSecond">Dense-equivalent rate of the calibration.</param>
/// <param name="Phases">In the order in which they are done, training first.</param>
public sealed record SweepEstimate(int Models, int Units, double Flop, double GflopsPerSecond, IReadOnlyList<PhaseEstimate> Phases)
{
    // The median of eight epochs, or of as many as take a second: one of a large unit may take several.
    private const int MostCalibrationEpochs = 8;
    private const double EnoughSeconds = 1;

    // Key and metric columns of results and history in text form; a number of a split's file.
    private const int RowBytes = 300, HistoryRowBytes = 120, SplitEntryBytes = 8;

    // A prepared map, for each pixel; and what one comparison of maps takes at most.
    private const int MapBytes = 29;

    // A row of predictions before it is saved.
    private const int HeldRowBytes = 40;
    private const long MostMapBytes = 256L << 20;

    /// <summary>Of all phases.</summary>
    public TimeSpan Time => TimeSpan.FromSeconds(Phases.Sum(phase => phase.Time.TotalSeconds));

    /// <summary>Weights twice (unit files and merged files), splits and tables; an upper guess.</summary>
    public long DiskBytes => Phases.Sum(phase => phase.Disk);

    /// <summary>Parameters, scratch and compressed images of the largest unit, and what its most demanding analysis adds.</summary>
    public long DeviceBytes => Phases[0].Memory + Phases.Skip(1).Select(phase => phase.Memory).Append(0).Max();

    /// <param name="plan">At least one unit.</param>
    /// <param name="data">Its data.</param>
    /// <param name="selection">The devices; the first one is measured.</param>
    public static SweepEstimate Measure(Plan plan, Dataset data, DeviceSelection selection)
    {
        using ComputeDevice device = ComputeDevice.Open(selection.Devices[0], selection.Threads);
        var kernels = DeviceKernels.Create(device);
        WorkUnit largest = plan.Units.MaxBy(unit => Columns(plan, unit));
        long start = Stopwatch.GetTimestamp();
        Split split = Splitter.Create(data, largest.Task, largest.Seed, plan.VariantOf(largest).Images);
        using var cohort = new Cohort(device, kernels, data, split, plan.ModelsOf(largest), plan.VariantOf(largest));
        cohort.Initialize();
        double preparing = Stopwatch.GetElapsedTime(start).TotalSeconds;

        // The first epoch compiles; then the median of a few.
        cohort.TrainEpoch();
        var seconds = new List<double>();
        while (seconds.Count < MostCalibrationEpochs && seconds.Sum() < EnoughSeconds)
        {
            start = Stopwatch.GetTimestamp();
            cohort.TrainEpoch();
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        seconds.Sort();
        start = Stopwatch.GetTimestamp();
        cohort.EvaluateTrain();
        double evaluating = Stopwatch.GetElapsedTime(start).TotalSeconds;

        double epochSeconds = seconds[seconds.Count / 2];
        WorkSpeed speed = new(epochSeconds / cohort.EpochFlop, evaluating / cohort.EpochFlop, preparing);
        double rate = cohort.EpochFlop / epochSeconds;
        return new SweepEstimate(
            plan.Units.Sum(unit => unit.ModelCount),
            plan.Units.Count,
            UnitFlops(plan, data).Sum(),
            rate / 1e9,
            PhasesOf(plan, data, cohort, speed, selection.Devices.Count));
    }

    /// <summary>Dense-equivalent operations of each unit, in the plan's order: 4 N (D + K - 1) C an epoch, K logits.</summary>
    public static double[] UnitFlops(Plan plan, Dataset data)
    {
        Func<WorkUnit, SplitSize> images = UnitPhase.SizesOf(plan, data);
        return [.. plan.Units.Select(unit =>
            4.0 * images(unit).Train * (data.Inputs + Outputs(plan, unit) - 1) * Columns(plan, unit)
                * plan.SpecOf(unit).EpochsOf(plan.VariantOf(unit).Epochs))];
    }

    private static PhaseEstimate[] PhasesOf(Plan plan, Dataset data, Cohort largest, WorkSpeed speed, int devices)
    {
        Func<WorkUnit, SplitSize> images = UnitPhase.SizesOf(plan, data);
        ILookup<string, (WorkUnit Unit, UnitPhase Phase)> all = plan.Units
            .SelectMany(unit => UnitPhase.Of(plan, unit, data.Inputs, images(unit), speed).Select(phase => (unit, phase)))
            .ToLookup(item => item.phase.Name);
        PhaseEstimate Of(string name, long memory, Func<UnitPhase, int, double> diskOfUnit)
        {
            double disk = 0;
            foreach ((WorkUnit unit, UnitPhase phase) in all[name])
                disk += diskOfUnit(phase, images(unit).All);
            return new PhaseEstimate(
                name,
                all[name].Sum(item => item.Phase.Models),
                TimeSpan.FromSeconds(all[name].Sum(item => item.Phase.Seconds) / devices),
                memory,
                (long)disk);
        }
        long Memory(AnalysisCost cost) => cost.Bytes + (cost.Copies * DeviceCohort.Bytes(largest.OnDevice.Layout, largest.OnDevice.States))
            + (long)(cost.RowsPerImage * HeldRowBytes * largest.Models.Count * largest.TrainLabels.Length)
            + Math.Min(MostMapBytes, (long)cost.MapsAtOnce * MapBytes * largest.Models.Count * data.Inputs * plan.Spec.SimilarityImages);

        // An entry of compressed images is an index (2 bytes) and a value (4 bytes), stored for both directions.
        long trained = DeviceCohort.Bytes(largest.OnDevice.Layout, largest.OnDevice.States) + (12 * largest.TrainImages.NonZeros);
        return
        [
            Of(AnalysisList.Training, trained, (_, _) => 0) with { Disk = TrainingDisk(plan, data, images) },
            .. AnalysisList.Of(plan.Spec).Select(analysis =>
            {
                AnalysisCost cost = analysis.CostOf(plan.Spec, largest.Variant.Epochs);
                return Of(
                    analysis.Name, Memory(cost), (phase, count) => phase.Models * (cost.DiskBytes + (cost.DiskBytesPerImage * count)));
            }),
        ];
    }

    private static long Columns(Plan plan, WorkUnit unit) => plan.ModelsOf(unit).Sum(model => (long)model.Hidden);

    private static int Outputs(Plan plan, WorkUnit unit) => plan.VariantOf(unit).OutputsOf(unit.Task);

    private static long TrainingDisk(Plan plan, Dataset data, Func<WorkUnit, SplitSize> images)
    {
        int models = plan.Units.Sum(unit => unit.ModelCount);
        long parameters = plan.Units.Sum(unit => (Columns(plan, unit) * (data.Inputs + 1 + Outputs(plan, unit)))
            + (unit.ModelCount * Outputs(plan, unit)));

        // What optimisers remember is in unit files alone.
        long states = plan.Units.Sum(unit => plan.ModelsOf(unit).Sum(model =>
            (long)model.Training.Steps.States * ((model.Hidden * (data.Inputs + 1 + Outputs(plan, unit))) + Outputs(plan, unit))));
        long history = plan.Units.Sum(unit => (long)unit.ModelCount * plan.VariantOf(unit).Epochs);
        long splits = plan.Units.DistinctBy(unit => (unit.Task, unit.Seed, plan.VariantOf(unit).Images))
            .Sum(unit => images(unit) is var size ? (long)(size.Train * (1 + size.Validation)) : 0);
        return (sizeof(float) * ((2 * parameters) + states)) + (HistoryRowBytes * history)
            + ((long)RowBytes * models) + (2 * SplitEntryBytes * splits);
    }
}
