using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Tests.Training;

public sealed class TrainerTests
{
    [Fact]
    public void Best_F1_is_the_largest_of_the_history_at_its_first_epoch()
    {
        SweepSpec spec = Mnist.Spec with { Epochs = [30], Batches = [50] };
        Assert.All(Mnist.Train(Mnist.Few, spec, [new(2, 0.5), new(7, 0.03), new(16, 2)]), result =>
        {
            Assert.Equal(30, result.History.Count);
            Assert.Equal(result.History.Max(epoch => epoch.F1), result.BestTrainF1);
            Assert.Equal(result.History.ToList().FindIndex(epoch => epoch.F1 == result.BestTrainF1) + 1, result.BestTrainF1Epoch);
            EpochMetrics[] before = [.. result.History.TakeWhile(epoch => epoch.F1 <= 0.9)];
            Assert.Equal(before.Length < 30 ? before.Length + 1 : null, result.LearnedEpoch);
        });
    }

    [Fact]
    public void A_failed_model_has_every_row_and_no_figure_in_any_of_them()
    {
        SweepSpec spec = Mnist.Spec with
        {
            Epochs = [5],
            Hidden = [4],
            LearningRates = [1e30],
            Sparsity = [0.5, 0.95],
            Pruning = [PruneMethod.Layer],
            FinetuneEpochs = 1,
            Embedding = Mnist.Spec.Tasks,
        };
        AssertNoFigures(Mnist.Train(Mnist.Few, spec, [new(4, 1e30)]).Single(), pictures: 2);
    }

    [Theory]
    [InlineData(float.NaN, 1f, 0f)]
    [InlineData(0.1f, float.NegativeInfinity, 0f)]
    [InlineData(0.1f, 1f, float.NaN)]
    [InlineData(3e38f, 1f, 0f)]
    [InlineData(-3e38f, 1f, 0f)]
    [InlineData(1e30f, 1e30f, 0f)]
    public void Weights_that_are_out_of_range_or_no_numbers_mark_the_model_failed_also_where_a_ReLU_hides_them(float w1, float w2, float b2)
    {
        // Half of the weights of either sign: sums of them are NaN, which a ReLU turns to 0.
        float[] input = [.. Enumerable.Range(0, Mnist.Few.Inputs * 2).Select(i => i % 4 < 2 ? w1 : -w1)];
        var bad = new ModelParameters(input, [0, 0], [w2, w2], [b2]);
        var good = new ModelParameters(new float[Mnist.Few.Inputs], [1], [1], [0]);
        IReadOnlyList<ModelResult> results = Mnist.Train(
            Mnist.Few, Mnist.Spec with { Epochs = [1] }, [new(2, 0.03), new(1, 0.03)], atTheEnd: cohort => cohort.OnDevice
                .Upload([bad, good]));
        AssertNoFigures(results[0], pictures: 0);
        Assert.Equal(Statuses.Ok, results[1].Status);
        Assert.All(results[1].Pruning, row => Assert.True(row.Ok));
        Assert.All(results[1].Robustness, row => Assert.True(row.Ok));
    }

    private static readonly Metrics s_none = new()
    {
        Loss = double.NaN,
        Accuracy = double.NaN,
        Precision = double.NaN,
        Recall = double.NaN,
        F1 = double.NaN,
        Auc = double.NaN,
    };

    private static void AssertNoFigures(ModelResult result, int pictures)
    {
        Assert.Equal(Statuses.Failed, result.Status);
        Assert.Equal((s_none, s_none), (result.Train, result.Validation));
        Assert.Equal(
            (double.NaN, null, null, null, null),
            (result.BestTrainF1, result.BestTrainF1Epoch, result.DeadInactive, result.DeadNoInput, result.DeadNoOutput));
        Assert.All(result.History, epoch => Assert.Equal(Schema<EpochMetrics>.WithoutFigures(epoch), epoch));
        Assert.NotEmpty(result.Pruning);
        Assert.All(result.Pruning, row => Assert.Equal(row.AsFailed(), row));
        Assert.All(result.Finetune, row => Assert.Equal(row.AsFailed(), row));
        Assert.NotEmpty(result.Robustness);
        Assert.All(result.Robustness, row => Assert.Equal(row.AsFailed(), row));
        Assert.NotEmpty(result.Similarity);
        Assert.All(result.Similarity, row => Assert.Equal(row.AsFailed(), row));
        Assert.Equal(pictures, result.Pictures.Count);
        Assert.All(result.Pictures, picture => Assert.Equal(picture.AsFailed(), picture));
        Assert.Empty(result.Places);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(128)]
    public void Metrics_can_be_recomputed_from_weights_and_split_in_plain_loops(int? batch)
    {
        Dataset data = Mnist.Few;
        SweepSpec spec = Mnist.Spec with { Batches = [batch], Epochs = [20] };
        Split split = Splitter.Create(data, spec.Tasks[0], spec.Seeds[0]);
        Dataset test = data with { Pixels = data.Test!.Pixels, Labels = data.Test.Labels };
        int[] testImages = [.. Enumerable.Range(0, test.Images).Where(image => test.Labels[image] is 4 or 9)];
        Assert.Equal(982 + 1009, testImages.Length);
        foreach (ModelResult result in Mnist.Train(data, spec, [new(3, 0.5), new(24, 0.1), new(1, 0.03)]))
        {
            AssertClose(Recompute(data, split.Task, split.Train, result.Weights), result.Train);
            AssertClose(Recompute(data, split.Task, split.Validation, result.Weights), result.Validation);
            AssertClose(Recompute(test, split.Task, testImages, result.Weights), result.Test);
        }
    }

    [Fact]
    public void Training_figures_are_of_the_noisy_labels_and_others_of_the_true_ones()
    {
        Dataset data = Mnist.Few;
        SweepSpec spec = Mnist.Spec.WithoutAnalyses() with
        {
            Splits = [SplitKind.Whole],
            LabelNoises = [0.25],
            TrainImages = [201],
            Batches = [32],
            Epochs = [5],
        };
        Split split = Splitter.Create(data, spec.Tasks[0], spec.Seeds[0], spec.Variants().Single().Images);
        Assert.Equal(200, split.Train.Length);
        byte[] noisy = [.. data.Labels];
        foreach (int image in split.Noisy)
            noisy[image] = (byte)(noisy[image] == 4 ? 9 : 4);
        ModelResult result = Mnist.Train(data, spec, [new(8, 0.5), new(3, 0.1)])[0];
        Assert.Equal(("whole", 0.25, "201"), (result.Key.How.Split, result.Key.How.LabelNoise, result.Key.How.TrainImages));
        AssertClose(Recompute(data with { Labels = noisy }, split.Task, split.Train, result.Weights), result.Train);
        AssertClose(Recompute(data, split.Task, split.Validation, result.Weights), result.Validation);

        // The same images with the labels that are theirs train to other weights.
        Assert.NotEqual(result.Weights.W1, Mnist.Train(data, spec with { LabelNoises = [0] }, [new(8, 0.5)])[0].Weights.W1);
    }

    [Fact]
    public void The_first_epoch_of_the_history_is_before_any_update()
    {
        SweepSpec spec = Mnist.Spec with { InitStds = [0], Epochs = [1] };
        EpochMetrics first = Mnist.Train(Mnist.Few, spec, [new(4, 0.03)]).Single().History.Single();
        Assert.Equal(Math.Log(2), first.Loss, 1e-7);
        Assert.Equal((0.5, 0.5, 1.0), (first.Accuracy, first.Precision, first.Recall));
    }

    [Fact]
    public void Dead_units_of_hand_made_weights_are_counted()
    {
        // Unit 0 is alive, 1 has no input but a positive bias, 2 no output, 3 neither, 4 is always below 0, 5 is always exactly 0.
        const int Hidden = 6;
        int inputs = Mnist.Few.Inputs;
        float[] w1 = new float[inputs * Hidden];
        for (int pixel = 0; pixel < inputs; pixel++)
        {
            w1[(pixel * Hidden) + 0] = 0.5f;
            w1[(pixel * Hidden) + 2] = 0.25f;
            w1[(pixel * Hidden) + 4] = -1f;
        }
        var model = new ModelParameters(w1, [0, 0.5f, 0, 0, -0.5f, 0], [1, 1, 0, 0, 1, 1], [0.25f]);
        var neighbour = new ModelParameters(new float[inputs], [1], [-0f], [0]);

        IReadOnlyList<ModelResult> results = Mnist.Train(
            Mnist.Few, Mnist.Spec with { Epochs = [1] }, [new(Hidden, 0.03), new(1, 0.03)], atTheEnd: cohort => cohort.OnDevice
                .Upload([model, neighbour]));

        Assert.Equal((3, 3, 2), Dead(results[0]));
        Assert.Equal((0, 1, 1), Dead(results[1]));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(50)]
    public void Weight_decay_shrinks_weights_and_stands_in_the_key(int? batch)
    {
        SweepSpec plain = Mnist.Spec with { Batches = [batch], Epochs = [10] };
        ModelSpec[] models = [new(8, 0.5), new(3, 0.03)];
        IReadOnlyList<ModelResult> without = Mnist.Train(Mnist.Few, plain, models), with = Mnist.Train(
            Mnist.Few,
            plain with { WeightDecays = [0.1] },
            models);
        for (int m = 0; m < models.Length; m++)
        {
            Assert.Equal((0.0, 0.1), (without[m].Key.How.WeightDecay, with[m].Key.How.WeightDecay));
            Assert.InRange(Norm(with[m]), 0, 0.9999 * Norm(without[m]));
        }

        static double Norm(ModelResult result) => result.Weights.W1.Sum(w => (double)w * w);
    }

    [Fact]
    public void A_schedule_changes_its_own_model_and_only_from_the_epoch_on_in_which_its_factor_does()
    {
        static ModelSpec Model(RateSchedule schedule) => new(8, 0.5, ModelTraining.Usual with { Schedule = schedule });
        ModelSpec[] models =
            [Model(RateSchedule.Constant), Model(new StepSchedule(3, 0.5)), Model(new WarmUpSchedule(2, new CosineSchedule()))];
        IReadOnlyList<ModelResult> all = Mnist.Train(Mnist.Few, Mnist.Spec with { Epochs = [5] }, models);
        double[] Loss(int model) => [.. all[model].History.Select(epoch => epoch.Loss)];

        // An epoch's loss is that before its update.
        Assert.Equal(Loss(0)[..4], Loss(1)[..4]);
        Assert.NotEqual(Loss(0)[4], Loss(1)[4]);
        Assert.NotEqual(Loss(0)[1], Loss(2)[1]);
        Assert.Equal(["constant", "step:3:0.5", "warmup:2+cosine"], all.Select(model => model.Key.How.Schedule));
        Assert.All(models.Zip(all), pair => Mnist.AssertSameBits(
            Mnist.Train(Mnist.Few, Mnist.Spec with { Epochs = [5] }, [pair.First]).Single(), pair.Second));
    }

    [Fact]
    public void Initial_weights_of_two_spreads_are_multiples_of_each_other()
    {
        float[] Start(double std)
            => Mnist.Train(Mnist.Few, Mnist.Spec with { Epochs = [1], InitStds = [std] }, [new(8, 1e-30)]).Single().Weights.W1;
        Assert.Equal(Start(0.0625).Select(w => 4 * w), Start(0.25));
    }

    [Fact]
    public void Without_test_images_of_both_classes_there_are_no_test_figures()
    {
        SweepSpec spec = Mnist.Spec.WithoutAnalyses() with { Epochs = [1] };
        TestSet test = Mnist.Few.Test!;
        byte[] withoutNines = [.. test.Labels.Select(label => label == 9 ? (byte)8 : label)];
        foreach (Dataset data in new[]
            { Mnist.Few with { Test = null }, Mnist.Few with { Test = TestSet.Of(test.Pixels, withoutNines) } })
        {
            ModelResult result = Mnist.Train(data, spec, [new(2, 0.03)]).Single();
            Assert.Equal((Metrics.None, Statuses.Ok), (result.Test, result.Status));
        }
    }

    [Fact]
    public void Validation_stands_in_every_Kth_epoch_and_the_last_and_changes_nothing_else()
    {
        ModelSpec[] models = [new(2, 0.5), new(7, 0.03)];
        SweepSpec spec = Mnist.Spec.WithoutAnalyses() with { Epochs = [8], Batches = [50] };
        IReadOnlyList<ModelResult> without = Mnist.Train(Mnist.Few, spec, models);
        IReadOnlyList<ModelResult> with = Mnist.Train(Mnist.Few, spec with { ValidateEvery = 3 }, models);

        // A model of six epochs is what the other was after six.
        IReadOnlyList<ModelResult> six = Mnist.Train(Mnist.Few, spec with { Epochs = [6] }, models);
        for (int m = 0; m < models.Length; m++)
        {
            Assert.Equal(
                [3, 6, 8], Enumerable.Range(1, 8).Where(epoch => double.IsFinite(with[m].History[epoch - 1].ValLoss)));
            Assert.Equal(Validation(six[m].Validation), Validation(with[m].History[5]));
            Assert.Equal(Validation(with[m].Validation), Validation(with[m].History[7]));
            Assert.Equal((double.NaN, double.NaN, double.NaN), Validation(without[m].History[7]));
            EpochMetrics[] training = [.. with[m].History.Select(
                epoch => epoch with { ValLoss = double.NaN, ValAccuracy = double.NaN, ValF1 = double.NaN })];
            Mnist.AssertSameBits(without[m], with[m] with { Rows = with[m].Rows.With<EpochMetrics>(training) });
        }

        static (double Loss, double Accuracy, double F1) Validation(object of) => of is Metrics on
            ? (on.Loss, on.Accuracy, on.F1)
            : of is EpochMetrics epoch ? (epoch.ValLoss, epoch.ValAccuracy, epoch.ValF1) : throw new NotSupportedException();
    }

    [Fact]
    public void A_model_with_patience_has_its_best_epochs_parameters_and_stops_where_a_plain_loop_does()
    {
        // Noise makes the validation loss rise soon; rates far apart make models stop at different epochs.
        SweepSpec spec = Mnist.Spec.WithoutAnalyses() with
        {
            Epochs = [24],
            Batches = [20],
            LabelNoises = [0.3],
            TrainImages = [100],
            ValidateEvery = 2,
        };
        ModelSpec[] plain = [new(16, 0.5), new(24, 0.1), new(3, 1e-4), new(9, 0.2)];
        int[] patience = [2, 1, 3, 0];
        ModelSpec[] models = [.. plain.Select((model, m) => model with { Training = ModelTraining.Usual with { Patience = patience[m] } })];
        IReadOnlyList<ModelResult> whole = Mnist.Train(Mnist.Few, spec, plain), stopped = Mnist.Train(Mnist.Few, spec, models);
        bool stopsEarly = false;
        for (int m = 0; m < models.Length; m++)
        {
            (int best, int end) = (0, 24);
            int waited = 0;
            for (int epoch = 2; epoch <= 24 && patience[m] > 0; epoch += 2)
            {
                bool better = best == 0 || whole[m].History[epoch - 1].ValLoss < whole[m].History[best - 1].ValLoss;
                (best, waited) = better ? (epoch, 0) : (best, waited + 1);
                if (waited == patience[m])
                {
                    end = epoch;
                    break;
                }
            }

            ModelResult result = stopped[m];
            Assert.Equal(patience[m], result.Key.How.Patience);
            Assert.Equal(patience[m] == 0 ? (null, null) : ((int?)best, (int?)end), (result.BestEpoch, result.StoppedEpoch));
            Assert.Equal(whole[m].History.Take(end), result.History.Take(end));
            Assert.Equal(24, result.History.Count);
            Assert.All(result.History.Skip(end), epoch => Assert.Equal(Schema<EpochMetrics>.WithoutFigures(epoch), epoch));
            ModelResult then = patience[m] == 0 ? whole[m] : Mnist.Train(Mnist.Few, spec with { Epochs = [best] }, [plain[m]])[0];
            Assert.Equal(Mnist.BitsOf(then.Weights), Mnist.BitsOf(result.Weights));
            Assert.Equal(then.Validation, result.Validation);
            stopsEarly |= end < 24;

            // Alone it is the same, although its cohort ends with it.
            Mnist.AssertSameBits(result, Mnist.Train(Mnist.Few, spec, [models[m]])[0]);
        }

        Assert.True(stopsEarly, "no model stops early");
    }

    [Theory]
    [InlineData(null)]
    [InlineData(32)]
    public void Class_weights_and_dropout_are_a_models_own_and_stand_in_the_key(int? batch)
    {
        SweepSpec spec = Mnist.Spec.WithoutAnalyses() with { Epochs = [4], Batches = [batch], Splits = [SplitKind.Whole] };
        Assert.True(ClassWeighting.TryParse("1:3", out ClassWeighting three));
        ModelTraining[] ways =
        [
            ModelTraining.Usual, new() { ClassWeight = ClassWeighting.Balanced }, new() { ClassWeight = three },
            new() { Dropout = 0.5 }, new() { Dropout = 0.2, ClassWeight = three },
        ];
        ModelSpec[] models = [.. ways.Select(way => new ModelSpec(12, 0.3, way))];
        IReadOnlyList<ModelResult> all = Mnist.Train(Mnist.Few, spec, models);
        Assert.Equal(
            [("none", 0), ("balanced", 0), ("1:3", 0), ("none", 0.5), ("1:3", 0.2)],
            all.Select(result => (result.Key.How.ClassWeight, result.Key.How.Dropout)));
        Assert.Equal(all.Count, all.Select(result => Convert.ToHexString(Mnist.BitsOf(result.Weights))).Distinct().Count());
        for (int m = 0; m < models.Length; m++)
            Mnist.AssertSameBits(all[m], Mnist.Train(Mnist.Few, spec, [models[m]], threads: 1)[0]);

        // More weight for the second class makes more of its images found.
        Assert.True(all[2].Train.Recall > all[0].Train.Recall);
        Assert.Equal(["h12-lr0.3", "h12-lr0.3-cwbalanced", "h12-lr0.3-cw1-3", "h12-lr0.3-do0.5", "h12-lr0.3-cw1-3-do0.2"],
            models.Select(model => model.Name));
    }

    [Fact]
    public void A_cancelled_training_stops_at_the_next_epoch()
    {
        using var stop = new CancellationTokenSource();
        using var device = new CpuDevice(1);
        Split split = Splitter.Create(Mnist.Few, Mnist.Spec.Tasks[0], 0);
        using var cohort = new Cohort(
            device,
            DeviceKernels.Create(device),
            Mnist.Few,
            split,
            [new(2, 0.03)],
            new TrainingVariant(Batch: null, Epochs: 1000, InitStd: 0.1, WeightDecay: 0));
        int epochs = 0;
        Assert.Throws<OperationCanceledException>(() => AnalysisList.TrainAndAnalyse(
            cohort,
            Mnist.Spec,
            (epoch, _) =>
            {
                epochs = epoch;
                if (epoch == 3)
                    stop.Cancel();
            },
            stop.Token));
        Assert.Equal(3, epochs);
    }

    private static (int? Inactive, int? NoInput, int? NoOutput) Dead(ModelResult result) =>
        (result.DeadInactive, result.DeadNoInput, result.DeadNoOutput);

    private static void AssertClose(Metrics expected, Metrics actual)
    {
        Assert.Equal(expected.Loss, actual.Loss, 1e-5);
        Assert.Equal(expected.Accuracy, actual.Accuracy, 1e-5);
        Assert.Equal(expected.Precision, actual.Precision, 1e-5);
        Assert.Equal(expected.Recall, actual.Recall, 1e-5);
        Assert.Equal(expected.F1, actual.F1, 1e-5);
        Assert.Equal(expected.Auc, actual.Auc, 1e-5);
    }

    private static Metrics Recompute(Dataset data, ClassTask task, int[] images, ModelParameters weights)
    {
        double[] logits = [.. images.Select(image => Logit(data, image, weights))];
        bool[] positive = [.. images.Select(image => data.Labels[image] == task.Classes[1])];
        int Count(bool predicted, bool actual)
            => Enumerable.Range(0, images.Length).Count(n => logits[n] >= 0 == predicted && positive[n] == actual);
        double hits = Count(true, true), falsePositives = Count(true, false), falseNegatives = Count(false, true);
        double loss = Enumerable.Range(0, images.Length).Average(n => Math.Log(1 + Math.Exp(positive[n] ? -logits[n] : logits[n])));
        double[] of = [.. logits.Where((_, n) => positive[n])], others = [.. logits.Where((_, n) => !positive[n])];
        double area = of.Average(x => others.Average(y => x > y ? 1 : x == y ? 0.5 : 0));
        double precision = hits + falsePositives == 0 ? 0 : hits / (hits + falsePositives), recall = hits / (hits + falseNegatives);
        double f1 = hits == 0 ? 0 : 2 * precision * recall / (precision + recall);
        return new Metrics
        {
            Loss = loss,
            Accuracy = (images.Length - falsePositives - falseNegatives) / images.Length,
            Precision = precision,
            Recall = recall,
            F1 = f1,
            Auc = area,
        };
    }

    private static double Logit(Dataset data, int image, ModelParameters weights)
    {
        int hidden = weights.B1.Length;
        double logit = weights.B2[0];
        for (int h = 0; h < hidden; h++)
        {
            double z = weights.B1[h];
            for (int pixel = 0; pixel < data.Inputs; pixel++)
                z += data.Pixels[(image * data.Inputs) + pixel] / 255.0 * weights.W1[(pixel * hidden) + h];
            logit += Math.Max(z, 0) * weights.W2[h];
        }
        return logit;
    }
}
