using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Engine.Bench;

/// <summary>
/// Trained models of one hidden size and what pruning leaves of them. Sixteen are trained, each from its own start; a
/// launch of more models has them again and again, in memory of their own.
/// </summary>
internal sealed class BenchModels : IDisposable
{
    /// <summary>Most different models of one hidden size.</summary>
    public const int Different = 16;

    private const float InitStd = 0.1f;
    private const double LearningRate = 0.03;

    private readonly DeviceKernels _kernels;
    private readonly Cohort _trained;
    private readonly DeviceCohort _pruned;
    private readonly PruneRanks _ranks;
    private readonly ModelParameters[] _whole;
    private BenchMasks? _ranked;

    /// <param name="kernels">Of the device to train on.</param>
    /// <param name="data">The data set of the split.</param>
    /// <param name="split">Full-batch training on its training images.</param>
    /// <param name="hidden">H.</param>
    /// <param name="models">Most models of a launch.</param>
    /// <param name="epochs">1 or more.</param>
    public BenchModels(DeviceKernels kernels, Dataset data, Split split, int hidden, int models, int epochs)
    {
        _kernels = kernels;
        int count = Math.Min(models, Different);
        _trained = new Cohort(
            kernels.Device,
            kernels,
            data,
            split,
            [.. Enumerable.Repeat(new ModelSpec(hidden, LearningRate), count)],
            new TrainingVariant(Batch: null, epochs, InitStd, WeightDecay: 0));
        var origin = new ModelOrigin([.. Enumerable.Range(0, count).Select(m => ((ulong)m << 32) | (uint)hidden)], Seed: 0, InitStd);
        kernels.Initialize(_trained.OnDevice, origin);
        for (int epoch = 0; epoch < epochs; epoch++)
            kernels.TrainEpoch(_trained.OnDevice, _trained.TrainImages);
        _whole = _trained.OnDevice.Download();
        _pruned = _trained.CreateTwin();
        _ranks = new PruneRanks(kernels.Device, _trained.OnDevice.Layout, origin);
    }

    /// <summary>The different models without the share <paramref name="sparsity"/> of each layer's weights.</summary>
    /// <param name="masks">Magnitude or uniform.</param>
    public ModelParameters[] Prune(BenchMasks masks, double sparsity)
    {
        if (_ranked != masks)
        {
            _kernels.PruneRank(_trained.OnDevice, _ranks, masks == BenchMasks.Magnitude ? PruneMethod.Layer : PruneMethod.Random);
            _ranked = masks;
        }
        _kernels.Prune(_trained.OnDevice, _ranks, sparsity, _pruned);
        return _pruned.Download();
    }

    /// <summary>The different models, each under the same mask.</summary>
    public ModelParameters[] Prune(ModelMask mask) =>
        [.. _whole.Select(model => model with { W1 = Kept(model.W1, mask.W1), W2 = Kept(model.W2, mask.W2) })];

    private static float[] Kept(float[] weights, bool[] mask) => [.. weights.Zip(mask, (weight, kept) => kept ? weight : 0)];

    public void Dispose()
    {
        _ranks.Dispose();
        _pruned.Dispose();
        _trained.Dispose();
    }
}
