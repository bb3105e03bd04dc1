using System.Globalization;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Export;

/// <summary>How models are pruned before they are exported.</summary>
/// <param name="Methods">At least one.</param>
/// <param name="Levels">Shares of weights, 0..1; at least one.</param>
public sealed record ModelPruning(IReadOnlyList<PruneMethod> Methods, IReadOnlyList<double> Levels);

/// <summary>One model as it is exported.</summary>
/// <param name="Suffix">Of its file's name: empty, or <c>-layer0.95</c>.</param>
/// <param name="Metadata">What there is to know about its pruning.</param>
internal readonly record struct ExportedModel(string Suffix, ModelParameters Parameters, (string Key, string Value)[] Metadata);

/// <summary>
/// Prunes saved models by the kernels that a sweep prunes them by, so that the same weights go, those of the random baseline too.
/// </summary>
internal sealed class ExportPruner : IDisposable
{
    private readonly CpuDevice _device = new(Math.Min(Environment.ProcessorCount, CpuDevice.MostThreads));
    private readonly DeviceKernels _kernels;

    public ExportPruner()
    {
        _kernels = DeviceKernels.Create(_device);
    }

    /// <param name="models">Of one task and seed.</param>
    /// <param name="weights">Theirs, trained.</param>
    /// <param name="initStd">Standard deviation of the weights that they were trained from.</param>
    /// <returns>A list a model: methods (outer) and levels (inner).</returns>
    public IReadOnlyList<ExportedModel>[] Prune(
        ClassTask task,
        int seed,
        IReadOnlyList<ModelSpec> models,
        IReadOnlyList<ModelParameters> weights,
        double initStd,
        ModelPruning pruning)
    {
        ColumnLayout layout = ColumnLayout.Create(
            [.. models.Select(model => model.Hidden)],
            weights[0].W1.Length / models[0].Hidden,
            _device.LayoutWays,
            weights[0].Outputs);
        using DeviceCohort trained = new(_device, layout, new float[models.Count]), pruned = new(_device, layout, new float[models.Count]);
        using var ranks = new PruneRanks(_device, layout, Cohort.OriginOf(task, seed, models, initStd));
        trained.Upload(weights);
        List<ExportedModel>[] results = [.. models.Select(_ => new List<ExportedModel>())];
        foreach (PruneMethod method in pruning.Methods)
        {
            _kernels.PruneRank(trained, ranks, method);
            foreach (double level in pruning.Levels)
            {
                _kernels.Prune(trained, ranks, level, pruned);
                ModelParameters[] left = pruned.Download();
                string name = method.Name, share = level.ToString("R", CultureInfo.InvariantCulture);
                for (int m = 0; m < left.Length; m++)
                    results[m].Add(new ExportedModel($"-{name}{share}", left[m], [("pruning", name), ("sparsity", share)]));
            }
        }
        return results;
    }

    public void Dispose() => _device.Dispose();
}
