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

/// <summary>What a plan will cost on this machine, from its shape and a calibration of about a second.</summary>
/// <param name="Flop">Dense-equivalent floating point operations of all training.</param>
/// <param name="DiskBytes">Weights twice (unit files and merged files), splits and tables; an upper guess.</param>
/// <param name="DeviceBytes">Parameters, scratch and compressed images of the largest unit.</param>
/// <param name="GflopsPerSecond">Dense-equivalent rate of the calibration.</param>
/// <param name="Time">Training at that rate, with the measured cost of preparing and evaluating each unit, and its levels of
/// pruning.</param>
public sealed record SweepEstimate(
    int Models, int Units, double Flop, long DiskBytes, long DeviceBytes, double GflopsPerSecond, TimeSpan Time)
{
    private const int CalibrationEpochs = 8;

    // Key and metric columns of results, history and pruning in text form.
    private const int RowBytes = 300, HistoryRowBytes = 120, SplitEntryBytes = 8;

    // Making a saliency map of MNIST's size and comparing it, on one core.
    private const double SimilaritySeconds = 25e-6;

    /// <param name="plan">At least one unit.</param>
    /// <param name="data">Its data.</param>
    /// <param name="selection">The devices; the first one is measured.</param>
    public static SweepEstimate Measure(Plan plan, Dataset data, DeviceSelection selection)
    {
        using ComputeDevice device = ComputeDevice.Open(selection.Devices[0], selection.Threads);
        var kernels = DeviceKernels.Create(device);
        WorkUnit largest = plan.Units.MaxBy(unit => Columns(plan, unit));
        long start = Stopwatch.GetTimestamp();
        Split split = Splitter.Create(data, largest.Task, largest.Seed);
        using var cohort = new Cohort(device, kernels, data, split, plan.ModelsOf(largest), plan.VariantOf(largest));
        cohort.Initialize();
        double preparing = Stopwatch.GetElapsedTime(start).TotalSeconds;

        // The first epoch compiles; then the median of a few.
        cohort.TrainEpoch();
        var seconds = new List<double>();
        for (int epoch = 0; epoch < CalibrationEpochs; epoch++)
        {
            start = Stopwatch.GetTimestamp();
            cohort.TrainEpoch();
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        seconds.Sort();
        start = Stopwatch.GetTimestamp();
        cohort.EvaluateTrain();
        double evaluating = Stopwatch.GetElapsedTime(start).TotalSeconds;

        double rate = cohort.EpochFlop / seconds[seconds.Count / 2];
        double flop = UnitFlops(plan, data).Sum();

        // The validation images are a quarter of the training images; figures cost about as much as logits.
        double forwards = Costs(plan).Sum(cost => (cost.Forwards / 2) + cost.DenseForwards) * evaluating;
        int models = plan.Units.Sum(unit => unit.ModelCount);
        double maps = plan.Units.Sum(unit => unit.ModelCount * AnalysisList.CostsOf(plan.SpecOf(unit)).Sum(cost => cost.Maps))
            * SimilaritySeconds / Environment.ProcessorCount;
        double time = ((flop / rate) + (plan.Units.Count * (preparing + (2 * evaluating) + forwards)) + maps) / selection.Devices.Count;
        return new SweepEstimate(
            models, plan.Units.Count, flop, Disk(plan, data, models), DeviceMemory(plan, cohort), rate / 1e9, TimeSpan.FromSeconds(time));
    }

    /// <summary>Dense-equivalent operations of each unit, in the plan's order: 4 N D C an epoch.</summary>
    public static double[] UnitFlops(Plan plan, Dataset data)
    {
        Dictionary<PairTask, int> images = TrainImages(plan, data);
        return [.. plan.Units.Select(
            unit => 4.0 * images[unit.Task] * data.Inputs * Columns(plan, unit) * plan.SpecOf(unit).EpochsOf(plan.VariantOf(unit).Epochs))];
    }

    // Counting a task's images goes through all labels, so it is done once a task and not once a unit.
    private static Dictionary<PairTask, int> TrainImages(Plan plan, Dataset data) =>
        plan.Spec.Tasks.ToDictionary(task => task, task => Splitter.TrainImages(data, task));

    private static IReadOnlyList<AnalysisCost> Costs(Plan plan) => AnalysisList.CostsOf(plan.Spec);

    private static long Columns(Plan plan, WorkUnit unit) => plan.ModelsOf(unit).Sum(model => (long)model.Hidden);

    private static long Disk(Plan plan, Dataset data, int models)
    {
        long parameters = plan.Units.Sum(unit => (Columns(plan, unit) * (data.Inputs + 2)) + unit.ModelCount);
        long history = plan.Units.Sum(unit => (long)unit.ModelCount * plan.VariantOf(unit).Epochs);
        long splits = TrainImages(plan, data).Values.Sum(images => (long)images) * plan.Spec.Seeds.Count * 5 / 4;
        long rows = models * (RowBytes + Costs(plan).Sum(cost => cost.DiskBytes));
        return (2 * sizeof(float) * parameters) + (HistoryRowBytes * history) + rows + (2 * SplitEntryBytes * splits);
    }

    // An entry is an index (2 bytes) and a value (4 bytes), stored for both directions.
    private static long DeviceMemory(Plan plan, Cohort cohort) =>
        ((1 + Costs(plan).Select(cost => cost.Copies).Append(0).Max()) * DeviceCohort.Bytes(cohort.OnDevice.Layout))
            + (12 * cohort.TrainImages.NonZeros);
}
