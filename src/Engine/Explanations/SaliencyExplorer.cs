using GpuMlp.Engine.Data;
using GpuMlp.Engine.Evaluation;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Explanations;

/// <summary>A way to change a trained model; none leaves it as it is.</summary>
public readonly record struct MapLevel(PruneMethod? Pruning, double Sparsity)
{
    public static MapLevel Dense => new(null, 0);
}

/// <summary>One model on one image, or on the average image of a class.</summary>
/// <param name="Class">Number of the class that map and probability are of.</param>
/// <param name="Probability">For a class, the mean over its images.</param>
/// <param name="Map">[D], or the mean of the maps of a class.</param>
public sealed record MapView(int Class, double Probability, float[] Map);

/// <summary>The images of one class, averaged.</summary>
/// <param name="Pixels">[D], mean grey levels, rounded.</param>
/// <param name="Images">How many.</param>
/// <param name="Levels">One a level asked for.</param>
public sealed record ClassAverage(int Class, byte[] Pixels, int Images, IReadOnlyList<MapView> Levels);

/// <summary>
/// Saliency maps of saved models on a CPU, before and after pruning; pruned exactly as the sweep prunes. With one logit they are of the
/// task's second class; with a logit a class of the class that was asked for, else of the one that each model, pruned or not, takes the
/// image for, and of the mean of a class of that class.
/// </summary>
public sealed class SaliencyExplorer : IDisposable
{
    private readonly CpuDevice _device;
    private readonly DeviceKernels _kernels;
    private readonly Dataset _data;
    private readonly SavedModels _models;
    private readonly DeviceCohort _dense, _pruned;
    private readonly PruneRanks _ranks;
    private readonly int? _label;

    /// <param name="ofClass">Number of a class of the task, for models with a logit a class; null for none.</param>
    /// <exception cref="ArgumentException">A class for models with one logit, or one that the task does not have.</exception>
    public SaliencyExplorer(Dataset data, SavedModels models, int threads, int? ofClass = null)
    {
        if (ofClass is { } wanted && (!models.HasClassLogits || !models.Task.Classes.Contains((byte)wanted)))
            throw new ArgumentException($"class {wanted}; must be one of {models.Task} with a logit a class", nameof(ofClass));
        (_data, _models, _label) = (data, models, ofClass is { } one ? models.Task.LabelOf((byte)one) : null);
        _device = new CpuDevice(threads);
        _kernels = DeviceKernels.Create(_device);
        ColumnLayout layout = ColumnLayout.Create(
            [.. models.Models.Select(model => model.Hidden)], data.Inputs, threads, models.Weights[0].Outputs);
        float[] rates = [.. models.Models.Select(model => (float)model.LearningRate)];
        _dense = new DeviceCohort(_device, layout, rates);
        _pruned = new DeviceCohort(_device, layout, rates);
        _ranks = new PruneRanks(_device, layout, Cohort.OriginOf(models.Task, models.Seed, models.Models, models.InitStd));
        _dense.Upload(models.Weights);
    }

    /// <summary>[model][image].</summary>
    public MapView[][] Explain(SaliencyMethod method, ReadOnlySpan<int> images, MapLevel level) => Explain(method, images, level, _label);

    private MapView[][] Explain(SaliencyMethod method, ReadOnlySpan<int> images, MapLevel level, int? label)
    {
        SplitImages gathered = SplitImages.Gather(_data, _models.Task, images);
        using DeviceImages device = Upload(gathered);
        DeviceCohort cohort = Changed(level);
        ModelEvaluation[] evaluations = _kernels.Evaluate(cohort, device);
        ReadOnlyMemory<float>[] maps = _kernels.Saliency(cohort, device, method, label);
        int count = images.Length, inputs = _data.Inputs, outputs = cohort.Outputs;
        return [.. maps.Select((map, m) => Enumerable.Range(0, count).Select(n =>
        {
            ReadOnlySpan<float> logits = evaluations[m].Logits.Span.Slice(n * outputs, outputs);
            int shown = outputs == 1 ? 1 : label ?? ModelMetrics.Predict(logits);
            return new MapView(_models.Task.Classes[shown], Probability(logits, shown), map.Slice(n * inputs, inputs).ToArray());
        }).ToArray())];
    }

    /// <summary>The first validation images that the first model gets right, and wrong, and null where there is none.</summary>
    public (int? Correct, int? Mistake) Examples()
    {
        MapLevel dense = MapLevel.Dense;
        SplitImages gathered = SplitImages.Gather(_data, _models.Task, _models.Validation);
        using DeviceImages device = Upload(gathered);
        float[] logits = _kernels.Evaluate(Changed(dense), device)[0].Logits.ToArray();
        int outputs = _dense.Outputs;
        int? First(bool right) => Enumerable.Range(0, gathered.Labels.Length)
            .Where(n => (ModelMetrics.Predict(logits.AsSpan(n * outputs, outputs)) == gathered.Labels[n]) == right)
            .Select(n => (int?)_models.Validation[n]).FirstOrDefault();
        return (First(true), First(false));
    }

    /// <summary>The classes of the task over at most <paramref name="most"/> validation images of each, for the first model.</summary>
    public ClassAverage[] Averages(SaliencyMethod method, IReadOnlyList<MapLevel> levels, int most) =>
        [.. _models.Task.Classes.Select(label => Average(label, method, levels, most)).OfType<ClassAverage>()];

    public void Dispose()
    {
        _ranks.Dispose();
        _pruned.Dispose();
        _dense.Dispose();
        _device.Dispose();
    }

    private ClassAverage? Average(int label, SaliencyMethod method, IReadOnlyList<MapLevel> levels, int most)
    {
        int[] images = [.. _models.Validation.Where(image => _data.Labels[image] == label).Take(most)];
        if (images.Length == 0)
            return null;
        var pixels = new double[_data.Inputs];
        foreach (int image in images)
        {
            for (int d = 0; d < pixels.Length; d++)
                pixels[d] += _data.Pixels[(image * pixels.Length) + d];
        }
        int? own = _models.HasClassLogits ? _label ?? _models.Task.LabelOf((byte)label) : null;
        byte[] mean = [.. pixels.Select(sum => (byte)Math.Round(sum / images.Length))];
        return new ClassAverage(label, mean, images.Length, [.. levels.Select(level => Mean(Explain(method, images, level, own)[0]))]);
    }

    private static MapView Mean(MapView[] views)
    {
        var sum = new double[views[0].Map.Length];
        foreach (MapView view in views)
        {
            for (int d = 0; d < sum.Length; d++)
                sum[d] += view.Map[d];
        }
        return new MapView(
            views[0].Class, views.Average(view => view.Probability), [.. sum.Select(value => (float)(value / views.Length))]);
    }

    private DeviceCohort Changed(MapLevel level)
    {
        if (level.Pruning is not { } pruning)
            return _dense;
        _kernels.PruneRank(_dense, _ranks, pruning);
        _kernels.Prune(_dense, _ranks, level.Sparsity, _pruned);
        return _pruned;
    }

    private DeviceImages Upload(SplitImages images)
    {
        ChunkSchedule schedule = ChunkSchedule.Consecutive(images.Labels.Length, images.Labels.Length);
        return new DeviceImages(
            _device, images.Pixels, images.Labels, _data.Inputs, schedule, KernelForm.InputSparse, withBackward: false);
    }

    // In double, of one logit by the logistic function, of several by softmax.
    private static double Probability(ReadOnlySpan<float> logits, int label)
    {
        if (logits.Length == 1)
            return 1 / (1 + Math.Exp(-(double)logits[0]));
        double sum = 0;
        foreach (float logit in logits)
            sum += Math.Exp((double)logit - logits[label]);
        return 1 / sum;
    }
}
