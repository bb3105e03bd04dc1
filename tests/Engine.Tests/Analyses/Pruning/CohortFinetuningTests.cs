using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Reference;

namespace GpuMlp.Engine.Tests.Analyses.Pruning;

public sealed class CohortFinetuningTests : IDisposable
{
    private const int More = 4;

    private static readonly SweepSpec s_spec = Presets.Quick with
    {
        Tasks = [new ClassTask(0, 1)],
        Hidden = [3, 8],
        LearningRates = [0.5, 0.1],
        Epochs = [10],
        Sparsity = [0, 0.5, 0.9, 1],
        Pruning = [PruneMethod.Global, PruneMethod.Layer, PruneMethod.Random],
        Corruptions = [],
        FinetuneEpochs = More,
        Rewind = true,
    };

    private readonly CpuDevice _device = new(threads: 2);
    private readonly Dataset _data = CohortPruningTests.Data();

    public void Dispose() => _device.Dispose();

    [Fact]
    public void The_zeros_of_every_model_are_those_of_its_mask_after_every_epoch()
    {
        using Cohort cohort = Create(s_spec);
        Trained(cohort);
        PruningRow[][] pruned = PruningAnalysis.Evaluate(cohort, s_spec, (_, _) => { });
        int epochs = 0;
        FinetuneRow[][] results = FinetuningAnalysis.Evaluate(cohort, s_spec, CountZeros, (_, _) => { });
        Assert.Equal(2 * More * s_spec.Pruning.Count * s_spec.Sparsity.Count, epochs);
        Assert.All(results.Zip(pruned), pair => Assert.Equal(
            [.. pair.Second, .. pair.Second], pair.First, (PrunedRow a, PrunedRow b) => (a.ZeroW1, a.ZeroW2) == (b.ZeroW1, b.ZeroW2)));

        // Levels are the inner of methods, protocols the innermost.
        void CountZeros(DeviceCohort models, IReadOnlyList<EpochMetrics> _)
        {
            int place = epochs++ / (2 * More);
            ModelParameters[] parameters = models.Download();
            for (int m = 0; m < parameters.Length; m++)
            {
                Assert.Equal(pruned[m][place].ZeroW1, parameters[m].W1.Count(w => w == 0) / (double)parameters[m].W1.Length);
                Assert.Equal(pruned[m][place].ZeroW2, parameters[m].W2.Count(w => w == 0) / (double)parameters[m].W2.Length);
            }
        }
    }

    [Fact]
    public void Further_training_follows_the_double_reference_from_the_trained_and_from_the_initial_weights()
    {
        using Cohort cohort = Create(s_spec);
        ModelParameters[] initial = Trained(cohort);
        ModelParameters[] trained = cohort.OnDevice.Download();
        SplitImages train = SplitImages.Gather(_data, cohort.Split.Task, cohort.Split.Train);
        double[] x = ReferenceMlp.Scale(train.Pixels), y = Array.ConvertAll(train.Labels, label => (double)label);
        int epochs = 0;
        FinetuningAnalysis.Evaluate(cohort, s_spec, Compare, (_, _) => { });

        void Compare(DeviceCohort models, IReadOnlyList<EpochMetrics> _)
        {
            // The last epoch of each protocol at the level 0.5 of the first method.
            int done = ++epochs, firstOfLevel = 2 * More;
            if (done != firstOfLevel + More && done != firstOfLevel + (2 * More))
                return;
            ModelParameters[] start = done == firstOfLevel + More ? trained : initial;
            ModelParameters[] actual = models.Download();
            for (int m = 0; m < actual.Length; m++)
            {
                ReferenceParameters pruned = ReferencePruning.Prune(
                    ReferenceParameters.From(trained[m]),
                    PruneMethod.Global,
                    0.5,
                    identity: 0,
                    seed: 0);
                var mask = new ModelMask(Array.ConvertAll(pruned.W1, w => w != 0), Array.ConvertAll(pruned.W2, w => w != 0));
                ReferenceParameters expected = ReferenceMask.Apply(ReferenceParameters.From(start[m]), mask);
                for (int epoch = 0; epoch < More; epoch++)
                {
                    (expected, var _) = ReferenceMlp.TrainEpoch(
                        expected,
                        cohort.Models[m].LearningRate,
                        x,
                        y,
                        ChunkSchedule.Consecutive(y.Length, y.Length),
                        mask: mask);
                }

                for (int i = 0; i < expected.W1.Length; i++)
                    Assert.Equal(expected.W1[i], actual[m].W1[i], 1e-4);
                for (int h = 0; h < expected.Hidden; h++)
                {
                    Assert.Equal(
                        (expected.B1[h], expected.W2[h]),
                        (actual[m].B1[h], actual[m].W2[h]),
                        (a, b) => Math.Abs(a.Item1 - b.Item1) + Math.Abs(a.Item2 - b.Item2) < 1e-4);
                }
            }
        }
    }

    [Fact]
    public void Fine_tuning_at_a_level_of_0_is_training_on_and_rewinding_is_training_anew()
    {
        SweepSpec longer = s_spec with { Epochs = [10 + More], FinetuneEpochs = 0, Rewind = false, Sparsity = [], Pruning = [] };
        IReadOnlyList<ModelResult> models = Train(s_spec);
        foreach ((SweepSpec dense, bool rewound) in new[] { (longer, false), (longer with { Epochs = [More] }, true) })
        {
            foreach ((ModelResult model, ModelResult expected) in models.Zip(Train(dense)))
            {
                FinetuneRow row = model.Finetune.First(row => row.Protocol == (rewound ? "rewind" : "finetune") && row.Sparsity == 0);
                Assert.Equal(
                    (expected.Validation.F1, expected.Validation.Auc, expected.Validation.Accuracy),
                    (row.ValF1, row.ValAuc, row.ValAccuracy));
                Assert.Equal((expected.DeadInactive, expected.DeadNoInput), (row.DeadInactive, row.DeadNoInput));
            }
        }
    }

    [Fact]
    public void Rows_are_protocols_then_methods_then_levels_and_do_not_depend_on_neighbours()
    {
        IReadOnlyList<ModelResult> together = Train(s_spec), alone = Train(
            s_spec with { Hidden = [8], Pruning = [PruneMethod.Layer], Sparsity = [0.9] });
        Assert.Equal(
            from protocol in new[] { "finetune", "rewind" }
            from method in s_spec.Pruning
            from level in s_spec.Sparsity
            select (protocol, method.Name, level),
            together[0].Finetune.Select(row => (row.Protocol, row.Method, row.Sparsity)));
        foreach (ModelResult model in alone)
        {
            ModelResult same = together.Single(other => other.Key == model.Key);
            Assert.Equal(same.Finetune.Where(row => row is { Method: "layer", Sparsity: 0.9 }), model.Finetune);
        }
        Assert.Empty(Train(s_spec with { FinetuneEpochs = 0, Rewind = false })[0].Finetune);
    }

    [Fact]
    public void A_model_whose_further_training_overflows_keeps_its_other_figures_and_has_none_of_that()
    {
        // An epoch at this rate leaves weights that are numbers, a few more do not.
        SweepSpec spec = s_spec with
        {
            Hidden = [8],
            LearningRates = [1000, 0.1],
            Epochs = [1],
            FinetuneEpochs = 8,
            Rewind = false,
            Pruning = [PruneMethod.Layer],
            Sparsity = [0],
        };
        IReadOnlyList<ModelResult> models = Train(spec);
        Assert.All(models, model => Assert.Equal(Statuses.Ok, model.Status));
        Assert.All(models.SelectMany(model => model.Pruning), row => Assert.True(row.Ok));
        FinetuneRow failed = Assert.Single(models[0].Finetune);
        Assert.Equal((failed.AsFailed(), "layer", 0.0), (failed, failed.Method, failed.Sparsity));
        Assert.All(models[1].Finetune, row => Assert.True(row.Ok));
    }

    [Fact]
    public void Every_epoch_is_told_and_the_spec_says_how_many_there_are()
    {
        using Cohort cohort = Create(s_spec);
        List<int> told = [];
        AnalysisList.TrainAndAnalyse(cohort, s_spec, (epoch, _) => told.Add(epoch), CancellationToken.None);
        Assert.Equal(Enumerable.Range(1, (int)s_spec.EpochsOf(10)), told);
    }

    private static ModelParameters[] Trained(Cohort cohort)
    {
        cohort.Initialize();
        ModelParameters[] initial = cohort.OnDevice.Download();
        for (int epoch = 0; epoch < 10; epoch++)
            cohort.TrainEpoch();
        return initial;
    }

    private IReadOnlyList<ModelResult> Train(SweepSpec spec)
    {
        using Cohort cohort = Create(spec);
        return AnalysisList.TrainAndAnalyse(cohort, spec, null, CancellationToken.None);
    }

    private Cohort Create(SweepSpec spec)
    {
        ModelSpec[] models = [.. spec.LearningRates.SelectMany(rate => spec.Hidden.Select(hidden => new ModelSpec(hidden, rate)))];
        return new Cohort(
            _device,
            DeviceKernels.Create(_device),
            _data,
            Splitter.Create(_data, spec.Tasks[0], seed: 3),
            models,
            spec.Variants()[0]);
    }
}
