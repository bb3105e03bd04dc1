using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Evaluation;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Reference;

namespace GpuMlp.Engine.Tests.Analyses.Pruning;

public sealed class CohortPruningTests : IDisposable
{
    private const int Side = 5, Images = 200;

    private static readonly SweepSpec s_spec = Presets.Quick with
    {
        Hidden = [3, 8],
        LearningRates = [0.5, 0.1],
        Epochs = [30],
        Sparsity = [0.9, 0, 0.4, 1],
        Pruning = [PruneMethod.Random, PruneMethod.Layer, PruneMethod.Movement, PruneMethod.W1, PruneMethod.Global],
    };

    private readonly CpuDevice _device = new(threads: 2);
    private readonly Dataset _data = Data();

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Every_figure_is_that_of_the_weights_pruned_and_evaluated_in_double()
    {
        IReadOnlyList<ModelResult> models = Train(s_spec, out Split split);
        SplitImages validation = SplitImages.Gather(_data, split.Task, split.Validation);
        double[] x = ReferenceMlp.Scale(validation.Pixels);
        foreach (ModelResult model in models)
        {
            Assert.Equal(
                s_spec.Pruning.SelectMany(method => s_spec.Sparsity.Select(level => (method.Name, level))),
                model.Pruning.Select(row => (row.Method, row.Sparsity)));

            // Random choices are keyed as initial weights are: task and hidden size, and the seed.
            ulong identity = ((ulong)((split.Task.Classes[0] << 8) | split.Task.Classes[1]) << 32) | (uint)model.Key.Hidden;
            foreach (PruningRow row in model.Pruning)
            {
                ReferenceParameters pruned = ReferencePruning.Prune(
                    ReferenceParameters.From(model.Weights), PruneMethod.Find(row.Method)!, row.Sparsity, identity, (uint)split.Seed,
                    (float)s_spec.InitStds[0]);
                ReferenceForward forward = ReferenceMlp.Forward(pruned, x);
                Metrics expected = ModelMetrics.Compute(Array.ConvertAll(forward.Logits, logit => (float)logit), validation.Labels);
                Assert.Equal(pruned.W1.Count(w => w == 0) / (double)pruned.W1.Length, row.ZeroW1);
                Assert.Equal(pruned.W2.Count(w => w == 0) / (double)pruned.W2.Length, row.ZeroW2);
                Assert.Equal(pruned.W1.Count(w => w != 0) + pruned.W2.Count(w => w != 0), row.WeightsLeft);
                Assert.Equal(expected.F1, row.ValF1, 2e-2);
                Assert.Equal(expected.Accuracy, row.ValAccuracy, 2e-2);
                Assert.Equal(expected.Auc, row.ValAuc, 2e-2);
                Assert.Equal(DeadInactive(pruned, forward), row.DeadInactive);
                Assert.Equal(Units(pruned, h => pruned.W1.Where((_, i) => i % pruned.Hidden == h).All(w => w == 0)), row.DeadNoInput);
                Assert.Equal(Units(pruned, h => pruned.W2[h] == 0), row.DeadNoOutput);
            }
        }
    }

    [Fact]
    public void A_level_of_0_repeats_the_dense_figures_and_the_dense_model_is_not_changed()
    {
        IReadOnlyList<ModelResult> models = Train(s_spec, out _), without = Train(s_spec with { Sparsity = [], Pruning = [] }, out _);
        foreach ((ModelResult model, ModelResult dense) in models.Zip(without))
        {
            Assert.Empty(dense.Pruning);
            Assert.Equal(dense.Validation, model.Validation);
            Assert.Equal(dense.Weights.W1, model.Weights.W1);
            Assert.All(model.Pruning.Where(row => row.Sparsity == 0), row => Assert.Equal(
                (model.Validation.F1, model.Validation.Auc, model.Validation.Accuracy, model.DeadInactive, model.DeadNoInput,
                    model.DeadNoOutput),
                (row.ValF1, row.ValAuc, row.ValAccuracy, row.DeadInactive, row.DeadNoInput, row.DeadNoOutput)));
        }
    }

    [Fact]
    public void Figures_do_not_depend_on_which_other_models_methods_or_levels_there_are()
    {
        IReadOnlyList<ModelResult> together = Train(s_spec, out _);
        IReadOnlyList<ModelResult> alone = Train(
            s_spec with { Hidden = [8], LearningRates = [0.1], Sparsity = [0.4], Pruning = [PruneMethod.Random, PruneMethod.W1] },
            out _);
        ModelResult same = together.Single(model => model.Key == alone[0].Key);
        Assert.Equal(same.Pruning.Where(row => row.Sparsity == 0.4 && row.Method is ("random" or "w1")), alone[0].Pruning);
    }

    [Fact]
    public void Pruning_stops_when_it_is_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => TrainWith(s_spec, out _, epoch =>
        {
            if (epoch == s_spec.Epochs.Single())
                cancel.Cancel();
        }, cancel.Token));
    }

    private static int DeadInactive(ReferenceParameters model, ReferenceForward forward) =>
        Units(model, h => forward.Z.Where((_, i) => i % model.Hidden == h).All(z => z <= 0));

    private static int Units(ReferenceParameters model, Func<int, bool> isDead) => Enumerable.Range(0, model.Hidden).Count(isDead);

    private IReadOnlyList<ModelResult> Train(SweepSpec spec, out Split split)
        => TrainWith(spec, out split, _ => { }, TestContext.Current.CancellationToken);

    private IReadOnlyList<ModelResult> TrainWith(SweepSpec spec, out Split split, Action<int> afterEpoch, CancellationToken cancel)
    {
        split = Splitter.Create(_data, new ClassTask(0, 1), seed: 7);
        ModelSpec[] models = [.. from rate in spec.LearningRates from hidden in spec.Hidden select new ModelSpec(hidden, rate)];
        using var cohort = new Cohort(_device, DeviceKernels.Create(_device), _data, split, models, spec.Variants().Single());
        return AnalysisList.TrainAndAnalyse(cohort, spec, (epoch, _) => afterEpoch(epoch), cancel);
    }

    // Noise in which a few pixels tell the class.
    internal static Dataset Data()
    {
        var random = new Random(3);
        byte[] pixels = new byte[Images * Side * Side], labels = new byte[Images];
        random.NextBytes(pixels);
        for (int n = 0; n < Images; n++)
        {
            labels[n] = (byte)(n % 2);
            for (int d = 0; d < 4; d++)
                pixels[(n * Side * Side) + (d * 6)] = (byte)((labels[n] * 60) + random.Next(180));
        }
        return new Dataset("noise", pixels, labels, Side, Side, 2, "none");
    }
}
