using GpuMlp.Engine.Analyses.Similarity;
using GpuMlp.Engine.Methods;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tests.Training;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Analyses.Similarity;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Reference;

namespace GpuMlp.Engine.Tests.Analyses.Similarity;

public sealed class CohortSimilarityTests
{
    private const int Images = 3;

    private static readonly SweepSpec s_spec = Mnist.Spec with
    {
        Epochs = [20],
        LearningRates = [0.5],
        Sparsity = [0, 0.5, 0.95],
        Pruning = [PruneMethod.Layer, PruneMethod.Random],
        Corruptions = [],
        Similarity = SaliencyMethod.Offered,
        SimilarityImages = Images,
    };

    private static readonly ModelSpec[] s_models = [new(4, 0.5), new(16, 0.5), new(7, 0.1)];

    [Fact]
    public void Every_figure_is_that_of_maps_made_and_compared_in_double()
    {
        IReadOnlyList<ModelResult> models = Mnist.Train(Mnist.Few, s_spec, s_models);
        Split split = Splitter.Create(Mnist.Few, s_spec.Tasks[0], s_spec.Seeds[0]);
        double[] x = ReferenceMlp.Scale(SplitImages.Gather(Mnist.Few, split.Task, split.Validation.AsSpan(0, Images)).Pixels);
        foreach (ModelResult model in models)
        {
            Assert.Equal(SaliencyMethod.Offered.Count * 7, model.Similarity.Count);
            ulong identity = ((ulong)((split.Task.Classes[0] << 8) | split.Task.Classes[1]) << 32) | (uint)model.Key.Hidden;
            foreach (SaliencyRow row in model.Similarity.Where(IsPruned))
            {
                ReferenceParameters dense = ReferenceParameters.From(model.Weights);
                Assert.True(SaliencyMethods.Item.TryFind(row.Method, out SaliencyMethod? method));
                ReferenceParameters pruned = ReferencePruning.Prune(
                    dense,
                    PruneMethod.Find(row.Pruning)!,
                    row.Sparsity,
                    identity,
                    (uint)split.Seed);
                MapSimilarity expected = default;
                for (int n = 0; n < Images; n++)
                {
                    ReadOnlySpan<double> image = x.AsSpan(n * Mnist.Few.Inputs, Mnist.Few.Inputs);

                    // Ranks are of the float32 maps: in double, values that are equal in theory would not tie.
                    double[] a = Rounded(ReferenceSaliency.Map(dense, image, Unscaled(method)));
                    double[] b = Rounded(ReferenceSaliency.Map(pruned, image, Unscaled(method)));
                    expected += ReferenceSimilarity.Of(a, b, Mnist.Few.Rows, Mnist.Few.Columns);
                }

                // One pixel more or less among 78 of the top; ranks of values next to each other may be swapped.
                Assert.Equal(expected.Spearman / Images, row.Spearman, 1e-3);
                Assert.Equal(expected.Ssim / Images, row.Ssim, 1e-4);
                Assert.Equal(expected.TopIou / Images, row.TopkIou, 0.03);
            }
        }
    }

    [Fact]
    public void Nothing_pruned_is_wholly_alike_and_new_weights_are_hardly_so_where_the_image_does_not_show_through()
    {
        foreach (ModelResult model in Mnist.Train(Mnist.Few, s_spec, s_models))
        {
            Assert.All(
                model.Similarity.Where(row => IsPruned(row) && row.Sparsity == 0),
                row => Assert.Equal(MapSimilarity.Same, Similarity(row)));

            SaliencyRow[] floor = [.. model.Similarity.Where(row => !IsPruned(row))];
            Assert.Equal(SaliencyMethod.Offered.Select(one => one.Name), floor.Select(row => row.Method));
            Assert.InRange(floor[0].Spearman, -0.3, 0.3);

            // Zero pixels are zero in both maps: the reason for having a floor at all.
            Assert.True(floor.Single(row => row.Method == "input-gradient").Spearman > 0.8);
        }
    }

    [Fact]
    public void Nothing_pruned_is_wholly_alike_image_by_image_also_where_no_unit_sees_the_image()
    {
        // The only unit of the first model sees no image, the second model's every fourth or so: their maps are 0 there.
        int inputs = Mnist.Few.Inputs;
        var blind = new ModelParameters([.. Enumerable.Repeat(0.1f, inputs)], [-100f], [1], [0]);
        var weak = new ModelParameters([.. Enumerable.Repeat(0.1f, inputs)], [-10f], [1], [0]);
        SweepSpec spec = s_spec with { Epochs = [1], SimilarityImages = 40 };
        int[] images = CohortSimilarity.Images(spec, Splitter.Create(Mnist.Few, spec.Tasks[0], spec.Seeds[0]));
        double[] light = [.. images.Select(
            image => Mnist.Few.Pixels.AsSpan(image * inputs, inputs).ToArray().Sum(pixel => pixel / 2550.0) - 10)];
        Assert.Contains(light, value => value < 0);
        Assert.Contains(light, value => value > 0);
        IReadOnlyList<ModelResult> results = Mnist.Train(
            Mnist.Few, spec, [new(1, 0.5), new(1, 0.1)], atTheEnd: cohort => cohort.OnDevice.Upload([blind, weak]));
        Assert.All(results.SelectMany(model => model.Similarity).Where(row => IsPruned(row) && row.Sparsity == 0),
            row => Assert.Equal(MapSimilarity.Same, Similarity(row)));

        // What pruning leaves of the second one is nothing: like it where it was blind too, and unlike it everywhere else.
        double blindShare = light.Count(value => value < 0) / (double)light.Length;
        Assert.All(results[1].Similarity.Where(row => row is { Pruning: "layer", Sparsity: 0.95, Method: not "smoothgrad" }), row =>
        {
            Assert.Equal(blindShare, row.Spearman, 1e-12);
            Assert.Equal(new MapSimilarity(row.Spearman, row.Spearman, row.Spearman), Similarity(row));
        });
    }

    [Fact]
    public void Figures_do_not_depend_on_which_other_models_methods_or_levels_there_are()
    {
        IReadOnlyList<ModelResult> together = Mnist.Train(Mnist.Few, s_spec, s_models);
        SweepSpec one = s_spec with { Sparsity = [0.95], Pruning = [PruneMethod.Random], Similarity = [SaliencyMethod.SmoothGradient] };
        ModelResult alone = Mnist.Train(Mnist.Few, one, [s_models[1]], threads: 1).Single();
        Assert.Equal(
            together[1].Similarity
                .Where(row => row.Method == "smoothgrad" && (!IsPruned(row) || row is { Pruning: "random", Sparsity: 0.95 })),
            alone.Similarity);
    }

    [Fact]
    public void A_failed_model_has_no_similarity_and_its_neighbours_have_theirs()
    {
        IReadOnlyList<ModelResult> mixed = Mnist.Train(Mnist.Few, s_spec, [s_models[0], new(4, 1e30)]);
        Assert.Equal(Mnist.Train(Mnist.Few, s_spec, [s_models[0]]).Single().Similarity, mixed[0].Similarity);
        Assert.All(mixed[1].Similarity, row => Assert.Equal((MapSimilarity.NotANumber, false), (Similarity(row), row.Ok)));
    }

    private static bool IsPruned(SaliencyRow row) => row.Pruning != SaliencyRow.Reinitialised;

    private static MapSimilarity Similarity(SaliencyRow row) => new(row.Spearman, row.Ssim, row.TopkIou);

    private static double[] Rounded(double[] map) => [.. map.Select(value => (double)(float)value)];

    private static SaliencyMethod Unscaled(SaliencyMethod method)
        => method == SaliencyMethod.ProbabilityGradient ? SaliencyMethod.LogitGradient : method;
}
