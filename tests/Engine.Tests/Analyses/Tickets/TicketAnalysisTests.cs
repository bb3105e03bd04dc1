using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Analyses.Tickets;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Tests.Analyses.Pruning;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Reference;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Engine.Tests.Analyses.Tickets;

public sealed class TicketAnalysisTests : IDisposable
{
    private const int Epochs = 10, RewindTo = 4, Rounds = 3, EachRound = Epochs - RewindTo;

    private static readonly SweepSpec s_spec = Presets.Quick with
    {
        Tasks = [new ClassTask(0, 1)],
        Hidden = [3, 8],
        LearningRates = [0.5, 0.1],
        Epochs = [Epochs],
        Batches = [16],
        Sparsity = [],
        Pruning = [],
        Corruptions = [],
        Similarity = [],
        Rounds = Rounds,
        PrunePerRound = 0.4,
        RewindTo = RewindTo,
    };

    private readonly CpuDevice _device = new(threads: 2);
    private readonly Dataset _data = CohortPruningTests.Data();

    public static TheoryData<string> Rankings => ["layer", "global", "w1"];

    public void Dispose() => _device.Dispose();

    /// <summary>
    /// Every round by its definition, from masks that the test makes itself: which weights it keeps, what they begin from, and that its
    /// training is that of the double reference.
    /// </summary>
    [Theory]
    [MemberData(nameof(Rankings))]
    public void A_round_takes_its_share_of_the_smallest_weights_left_and_trains_the_others_from_where_they_were(string ranking)
    {
        PruneMethod method = PruneMethod.Find(ranking)!;
        SweepSpec spec = s_spec with { RoundRanking = method };
        using Cohort cohort = Create(spec), other = Create(spec);
        Trained(cohort, Epochs);
        ModelParameters[] last = cohort.OnDevice.Download(), rewound = Trained(other, RewindTo);
        other.Reinitialise(other.OnDevice);
        ModelParameters[] fresh = other.OnDevice.Download();
        SplitImages train = SplitImages.Gather(_data, cohort.Split.Task, cohort.Split.Train);
        double[] x = ReferenceMlp.Scale(train.Pixels), y = Array.ConvertAll(train.Labels, label => (double)label);
        var schedule = ChunkSchedule.Consecutive(y.Length, 16);
        ModelMask[] before = [.. last.Select(model => Kept(model, _ => true))], masks = before;
        int epochs = 0;
        TicketAnalysis.Evaluate(cohort, spec, Compare, (_, _) => { });
        Assert.Equal(spec.EpochsOf(Epochs) - Epochs, epochs);

        void Compare(DeviceCohort models, IReadOnlyList<EpochMetrics> _)
        {
            int done = epochs++ - RewindTo, inRound = done % (3 * EachRound);
            if (done < 0)
                return;
            ModelMask[] actual = models.DownloadMask();
            if (done % EachRound == 0)
            {
                // In the order of training: other weights, random mask, ticket.
                if (inRound == 0)
                    (before, masks) = (masks, actual);
                if (inRound == EachRound)
                    Assert.All(actual.Zip(masks), pair => Assert.Equal(Left(pair.Second), Left(pair.First)));
                else
                    Assert.All(actual.Zip(masks), pair => Assert.True(Same(pair.First, pair.Second)));
                if (inRound == 0)
                    AssertSmallest(last, before, masks, method);
            }

            ModelParameters[] now = models.Download();
            for (int m = 0; m < now.Length; m++)
                Assert.True(Same(Kept(now[m], w => w != 0), actual[m]));
            if (done % EachRound != 0)
            {
                if (inRound == (3 * EachRound) - 1)
                    last = now;
                return;
            }

            ModelParameters[] start = inRound == 0 ? fresh : rewound;
            for (int m = 0; m < now.Length; m++)
            {
                ReferenceParameters expected = ReferenceMask.Apply(ReferenceParameters.From(start[m]), actual[m]);
                (expected, var _) = ReferenceMlp.TrainEpoch(expected, cohort.Models[m].LearningRate, x, y, schedule, mask: actual[m]);
                AssertNear(expected, now[m]);
            }
        }
    }

    [Fact]
    public void Rows_are_those_of_every_round_and_count_what_is_left()
    {
        foreach (ModelResult model in Train(s_spec))
        {
            Assert.Equal(
                [
                    (0, "ticket", Epochs), .. from round in Enumerable.Range(1, Rounds)
                                              from control in new[] { "ticket", "reinit", "random" }
                                              select (round, control, EachRound),
                ],
                model.Tickets.Select(row => (row.Round, row.Control, row.TrainedEpochs)));
            TicketRow dense = model.Tickets[0];
            Assert.Equal(
                (model.Validation.F1, model.Validation.Auc, model.Validation.Accuracy, model.Validation.Loss, model.DeadInactive, 0.0),
                (dense.ValF1, dense.ValAuc, dense.ValAccuracy, dense.ValLoss, dense.DeadInactive, dense.Sparsity));
            int w1 = model.Weights.W1.Length, w2 = model.Weights.W2.Length;
            Assert.Equal(w1 + w2, dense.WeightsLeft);
            Assert.Equal([0.4, 0.64, 0.784], model.Tickets.Where(row => row is { Control: "random" }).Select(row => row.Sparsity));
            for (int round = 1; round <= Rounds; round++)
            {
                // Each layer by itself, rounded down in every round.
                (w1, w2) = (w1 - (int)(0.4 * w1), w2 - (int)(0.4 * w2));
                Assert.All(model.Tickets.Where(row => row.Round == round), row => Assert.Equal(w1 + w2, row.WeightsLeft));
            }
        }
    }

    [Fact]
    public void Rewinding_goes_to_the_weights_of_the_same_training_after_fewer_epochs()
    {
        // Of a share that takes nothing of so few weights, the ticket is training from the rewound weights: training on, bit by bit.
        SweepSpec spec = s_spec with { Hidden = [2], PrunePerRound = 0.001, Rounds = 1 };
        foreach (ModelResult model in Train(spec))
        {
            Assert.All(model.Tickets, row => Assert.Equal(model.Weights.W1.Length + 2, row.WeightsLeft));
            Assert.NotEqual(model.Validation.Loss, model.Tickets.Single(row => row.Control == "reinit").ValLoss);
            Assert.All(model.Tickets.Where(row => row is { Round: 1, Control: not "reinit" }), row => Assert.Equal(
                (model.Validation.F1, model.Validation.Auc, model.Validation.Loss), (row.ValF1, row.ValAuc, row.ValLoss)));
        }
    }

    /// <summary>
    /// Every round goes on from what optimisers remembered after the epoch that is rewound to, and not from what the round before left:
    /// where nothing is pruned, each is training from there again, bit by bit.
    /// </summary>
    [Theory]
    [InlineData(RewindTo)]
    [InlineData(0)]
    public void Every_round_begins_with_what_optimisers_remembered_where_it_is_rewound_to(int rewindTo)
    {
        SweepSpec spec = s_spec with
        {
            Hidden = [2],
            LearningRates = [0.02],
            Optimisers = Optimiser.All,
            PrunePerRound = 0.001,
            Rounds = 2,
            RewindTo = rewindTo,
        };
        ModelResult[] models = [.. Train(spec)];
        Assert.Equal(Optimiser.All.Select(optimiser => optimiser.Name), models.Select(model => model.Key.How.Optimizer));
        foreach (ModelResult model in models)
        {
            (double, double, double) dense = (model.Validation.F1, model.Validation.Auc, model.Validation.Loss);
            Assert.All(model.Tickets.Where(row => row.Control is "ticket" or "random"), row =>
                Assert.Equal(dense, (row.ValF1, row.ValAuc, row.ValLoss)));

            // Other weights have a fresh optimiser in each round: the same figures twice, and not those of the model.
            double[] losses = [.. model.Tickets.Where(row => row.Control == "reinit").Select(row => row.ValLoss)];
            Assert.Equal(losses[0], losses[1]);
            Assert.NotEqual(model.Validation.Loss, losses[0]);
        }
    }

    [Fact]
    public void A_chain_has_the_same_figures_alone_and_among_others_and_fewer_rounds_are_the_first_ones()
    {
        IReadOnlyList<ModelResult> together = Train(s_spec);
        foreach (ModelResult alone in Train(s_spec with { Hidden = [8], LearningRates = [0.1], Rounds = 2 }))
            Assert.Equal(together.Single(other => other.Key == alone.Key).Tickets.Where(row => row.Round <= 2), alone.Tickets);
        Assert.Empty(Train(s_spec with { Rounds = 0, RewindTo = 0, PrunePerRound = 0.2 })[0].Tickets);
    }

    [Fact]
    public void A_chain_that_has_failed_has_no_figures_from_there_on_and_leaves_its_neighbours_alone()
    {
        using Cohort cohort = Create(s_spec), sound = Create(s_spec);
        Trained(sound, Epochs);
        ModelParameters[] trained = Trained(cohort, Epochs);
        Array.Fill(trained[1].W1, float.NaN);
        cohort.OnDevice.Upload(trained);
        TicketRow[][] rows = TicketAnalysis.Evaluate(cohort, s_spec, (_, _) => { }, (_, _) => { });
        TicketRow[][] expected = TicketAnalysis.Evaluate(sound, s_spec, (_, _) => { }, (_, _) => { });
        for (int m = 0; m < rows.Length; m++)
            Assert.Equal(expected[m].Select(row => m == 1 ? row.AsFailed() : row), rows[m]);
    }

    [Fact]
    public void Every_epoch_is_told_and_the_spec_says_how_many_there_are()
    {
        using Cohort cohort = Create(s_spec);
        List<int> told = [];
        AnalysisList.TrainAndAnalyse(cohort, s_spec, (epoch, _) => told.Add(epoch), CancellationToken.None);
        Assert.Equal(Epochs + RewindTo + (3 * Rounds * EachRound), told.Count);
        Assert.Equal(Enumerable.Range(1, (int)s_spec.EpochsOf(Epochs)), told);
    }

    private static void AssertSmallest(ModelParameters[] trained, ModelMask[] before, ModelMask[] masks, PruneMethod method)
    {
        for (int m = 0; m < masks.Length; m++)
        {
            foreach (Func<ModelMask, ModelParameters, (bool[] Kept, float[] Weights)> group in Groups(method))
            {
                (bool[] was, float[] weights) = group(before[m], trained[m]);
                (bool[] kept, _) = group(masks[m], trained[m]);
                int left = was.Count(true), takes = (int)(0.4 * left);
                float[] smallest = [.. weights.Where((_, i) => was[i]).Select(Math.Abs).Order().Take(takes)];
                Assert.Equal(left - takes, kept.Count(true));
                Assert.All(Enumerable.Range(0, kept.Length), i => Assert.True(was[i] || !kept[i]));
                Assert.Equal(smallest, weights.Where((_, i) => was[i] && !kept[i]).Select(Math.Abs).Order());
            }

            if (method == PruneMethod.W1)
                Assert.All(masks[m].W2, Assert.True);
        }
    }

    private static IEnumerable<Func<ModelMask, ModelParameters, (bool[] Kept, float[] Weights)>> Groups(PruneMethod method)
    {
        if (method == PruneMethod.Global)
        {
            yield return (mask, model) => ([.. mask.W1, .. mask.W2], [.. model.W1, .. model.W2]);
            yield break;
        }

        yield return (mask, model) => (mask.W1, model.W1);
        if (method == PruneMethod.Layer)
            yield return (mask, model) => (mask.W2, model.W2);
    }

    private static (int, int) Left(ModelMask mask) => (mask.W1.Count(true), mask.W2.Count(true));

    private static bool Same(ModelMask one, ModelMask other) => one.W1.SequenceEqual(other.W1) && one.W2.SequenceEqual(other.W2);

    private static ModelMask Kept(ModelParameters model, Predicate<float> kept) =>
        new(Array.ConvertAll(model.W1, w => kept(w)), Array.ConvertAll(model.W2, w => kept(w)));

    private static void AssertNear(ReferenceParameters expected, ModelParameters actual)
    {
        for (int i = 0; i < expected.W1.Length; i++)
            Assert.Equal(expected.W1[i], actual.W1[i], 1e-4);
        for (int h = 0; h < expected.Hidden; h++)
        {
            Assert.Equal(expected.B1[h], actual.B1[h], 1e-4);
            Assert.Equal(expected.W2[h], actual.W2[h], 1e-4);
        }
    }

    private static ModelParameters[] Trained(Cohort cohort, int epochs)
    {
        cohort.Initialize();
        for (int epoch = 0; epoch < epochs; epoch++)
            cohort.TrainEpoch();
        return cohort.OnDevice.Download();
    }

    private IReadOnlyList<ModelResult> Train(SweepSpec spec)
    {
        using Cohort cohort = Create(spec);
        return AnalysisList.TrainAndAnalyse(cohort, spec, null, CancellationToken.None);
    }

    private Cohort Create(SweepSpec spec)
    {
        ModelSpec[] models =
        [
            .. from training in spec.Trainings()
               from rate in spec.LearningRates
               from hidden in spec.Hidden
               select new ModelSpec(hidden, rate, training),
        ];
        return new Cohort(
            _device,
            DeviceKernels.Create(_device),
            _data,
            Splitter.Create(_data, spec.Tasks[0], seed: 3),
            models,
            spec.Variants()[0]);
    }
}
