using System.Diagnostics;
using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;

namespace GpuMlp.Perf;

/// <summary>
/// Seconds that it takes to rank, prune and evaluate all models of the study at all levels by all methods: ranking, conversion,
/// forward passes, F1, AUC, accuracy, zero shares and dead units. Training and the upload of the validation images come before.
/// </summary>
internal static class PruneReport
{
    public static int Run(TextWriter output, int threads)
    {
        SweepSpec study = Presets.Paper;
        Dataset data = DatasetLoader.Load(null);
        using var device = new CpuDevice(threads);
        var kernels = DeviceKernels.Create(device);
        var times = new List<double>();
        int models = 0;
        foreach (ClassTask task in study.Tasks)
        {
            foreach (int seed in study.Seeds)
            {
                ModelSpec[] sizes = [.. study.Hidden.Select(hidden => new ModelSpec(hidden, study.LearningRates[0]))];
                using var cohort = new Cohort(device, kernels, data, Splitter.Create(data, task, seed), sizes, study.Variants()[0]);
                cohort.Initialize();
                for (int epoch = 0; epoch < study.Epochs[0]; epoch++)
                    cohort.TrainEpoch();

                // The first cohort once more: what it compiles is not the others' cost.
                if (times.Count == 0)
                    PruningAnalysis.Evaluate(cohort, study, (_, _) => { });
                long start = Stopwatch.GetTimestamp();
                PruningAnalysis.Evaluate(cohort, study, (_, _) => { });
                times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                models += sizes.Length;
            }
        }
        int rows = models * study.Pruning.Count * study.Sparsity.Count;
        output.WriteLine($"{models} models x {study.Pruning.Count} methods x {study.Sparsity.Count} levels: {rows:N0} pruned models "
            + "ranked, pruned and evaluated "
            + $"in {times.Sum():F2} s on {threads} threads ({1e6 * times.Sum() / rows:F0} us each; {times.Min():F3} to {times.Max():F3} s "
            + $"a cohort of {study.Hidden.Count}).");
        return 0;
    }
}
