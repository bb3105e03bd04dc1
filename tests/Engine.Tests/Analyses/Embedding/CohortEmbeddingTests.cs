using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Analyses.Embedding;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Reference;

namespace GpuMlp.Engine.Tests.Analyses.Embedding;

public sealed class CohortEmbeddingTests
{
    private const int Side = 6, Images = 400;

    private static readonly SweepSpec s_spec = Presets.Paper.WithoutRates() with
    {
        Tasks = [new ClassTask(0, 1)],
        Hidden = [3, 20],
        Seeds = [7, 8],
        LearningRates = [0.5, 0.1],
        Epochs = [10],
        Sparsity = [0.0095, 0.5, 0.95],
        Pruning = [PruneMethod.Random, PruneMethod.Layer],
        Corruptions = [],
        Embedding = [new ClassTask(0, 1)],
    };

    private static readonly Dataset s_data = Data();

    [Fact]
    public void The_model_nearest_to_the_studys_size_is_shown_dense_truly_pruned_and_as_published()
    {
        IReadOnlyList<ModelResult> results = Train(s_spec, seed: 7);
        Assert.All(results.Take(3), result => Assert.Empty(result.Pictures));
        ModelResult shown = results[3];
        Assert.Equal(
            [("dense", 0.0), ("layer", 0.95), ("layer", 0.0095)],
            shown.Pictures.Select(picture => (picture.Method, picture.Sparsity)));
        int points = Splitter.Create(s_data, new ClassTask(0, 1), 7).Validation.Length;
        Assert.All(shown.Pictures, picture =>
        {
            Assert.Equal(points, picture.Points);
            Assert.InRange(picture.Kl, 0, 5);
            Assert.InRange(picture.Trustworthiness, 0.8, 1);
            Assert.InRange(picture.NeighboursKept, 0.2, 1);
        });
        Assert.Equal(3 * points, shown.Places.Count);
        Assert.All(shown.Places, place => Assert.Equal(s_data.Labels[place.Image], place.Label));
        Assert.Empty(Train(s_spec, seed: 8)[3].Pictures);
        Assert.Empty(Train(s_spec with { Embedding = [] }, seed: 7)[3].Pictures);
    }

    [Fact]
    public void Threads_and_neighbours_change_no_bit()
    {
        ModelResult expected = Train(s_spec, seed: 7)[3];
        ModelResult alone = Train(s_spec, seed: 7, threads: 1, models: [new(20, 0.1)]).Single();
        Assert.Equal(expected.Pictures, alone.Pictures);
        Assert.Equal(expected.Places, alone.Places);
    }

    [Fact]
    public void A_model_that_failed_has_rows_without_a_figure_and_no_places()
    {
        ModelResult failed = Train(s_spec with { LearningRates = [1e30] }, seed: 7, models: [new(20, 1e30)]).Single();
        Assert.Equal(Statuses.Failed, failed.Status);
        Assert.Equal(3, failed.Pictures.Count);
        Assert.All(failed.Pictures, picture => Assert.False(picture.Ok));
        Assert.Empty(failed.Places);
    }

    [Fact]
    public void Without_the_studys_levels_the_highest_is_shown() =>
        Assert.Equal([(PruneMethod.W1, 0.8)], EmbeddingAnalysis.Pruned(s_spec with { Pruning = [PruneMethod.W1], Sparsity = [0.8, 0.1] }));

    [Fact]
    public void Activations_are_those_of_the_reference()
    {
        using var device = new CpuDevice(2);
        Split split = Splitter.Create(s_data, new ClassTask(0, 1), 7);
        using var cohort = new Cohort(
            device,
            DeviceKernels.Create(device),
            s_data,
            split,
            [new(3, 0.5), new(20, 0.5)],
            s_spec.Variants()[0]);
        cohort.Initialize();
        cohort.TrainEpoch();
        int[] all = [.. split.Train, .. split.Validation];
        (DeviceImages images, _) = cohort.Upload(all);
        using (images)
        {
            float[] actual = cohort.Kernels.HiddenActivations(cohort.OnDevice, images, 1);
            ModelParameters model = cohort.OnDevice.Download()[1];
            double[] x = ReferenceMlp.Scale([.. all.SelectMany(image => s_data.Pixels.Skip(image * Side * Side).Take(Side * Side))]);
            double[] expected = ReferenceMlp.Forward(ReferenceParameters.From(model), x).Activations;
            Assert.Equal(expected.Length, actual.Length);
            Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        }
    }

    private static IReadOnlyList<ModelResult> Train(SweepSpec spec, int seed, int threads = 2, IReadOnlyList<ModelSpec>? models = null)
    {
        using var device = new CpuDevice(threads);
        models ??= [.. from rate in spec.LearningRates from hidden in spec.Hidden select new ModelSpec(hidden, rate)];
        using var cohort = new Cohort(
            device, DeviceKernels.Create(device), s_data, Splitter.Create(s_data, spec.Tasks[0], seed), models, spec.Variants().Single());
        return AnalysisList.TrainAndAnalyse(cohort, spec, null, TestContext.Current.CancellationToken);
    }

    // Noise in which a few pixels tell the class.
    private static Dataset Data()
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
