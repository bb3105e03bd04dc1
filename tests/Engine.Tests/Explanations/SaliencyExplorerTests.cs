using GpuMlp.Engine.Data;
using GpuMlp.Engine.Explanations;
using GpuMlp.Engine.Models;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Tests.Explanations;

public sealed class SaliencyExplorerTests
{
    // Two pixels; the first is bright in images 3, 4 and 5, whose class is 7, and, wrongly, in image 1 of class 2.
    private static readonly Dataset s_data = new(
        "two pixels", [0, 9, 255, 9, 0, 9, 255, 9, 204, 9, 255, 9], [2, 2, 2, 7, 7, 7], Rows: 1, Columns: 2, Classes: 8, Sha256: "");

    private static readonly ClassTask s_task = new(2, 7);

    // logit = 2 relu(4 first pixel) - 3: above 0 from 0.375.
    private static readonly ModelParameters s_bright = new([4f, 0f], [0f], [2f], [-3f]);

    [Theory]
    [InlineData(new[] { 5, 1, 3, 0 }, 5, 1)]
    [InlineData(new[] { 1, 0, 4, 5 }, 0, 1)]
    [InlineData(new[] { 4, 2, 1 }, 4, 1)]
    public void The_first_hit_and_the_first_mistake_in_the_order_of_the_split_are_examples(int[] validation, int correct, int mistake)
    {
        using SaliencyExplorer explorer = Explorer(validation, s_bright);
        Assert.Equal((correct, mistake), explorer.Examples());
    }

    [Fact]
    public void A_model_without_mistakes_or_without_hits_has_no_example_of_them()
    {
        using SaliencyExplorer good = Explorer([4, 2, 0, 5], s_bright);
        using SaliencyExplorer bad = Explorer([4, 2, 0, 5], s_bright with { W2 = [-2f], B2 = [3f] });
        Assert.Equal((4, null), good.Examples());
        Assert.Equal((null, 4), bad.Examples());
    }

    [Fact]
    public void Views_hold_probability_and_map_in_the_order_of_models_and_images()
    {
        using SaliencyExplorer explorer = Explorer([4, 1], s_bright, s_bright with { B2 = [0f] });
        MapView[][] views = explorer.Explain(SaliencyMethod.ProbabilityGradient, [4, 0], MapLevel.Dense);
        double p = Sigmoid((8 * 0.8) - 3);
        Assert.Equal(p, views[0][0].Probability, 1e-6);
        Assert.Equal(p * (1 - p) * 8, views[0][0].Map[0], 1e-6);
        Assert.Equal(0f, views[0][0].Map[1]);
        Assert.Equal(Sigmoid(8 * 0.8), views[1][0].Probability, 1e-6);
        Assert.Equal(Sigmoid(-3), views[0][1].Probability, 1e-6);
    }

    [Fact]
    public void Perturbation_maps_are_changes_of_the_probability()
    {
        using SaliencyExplorer explorer = Explorer([4], s_bright);
        float[] map = explorer.Explain(SaliencyMethod.Perturbation, [4], MapLevel.Dense)[0][0].Map;
        Assert.Equal(Math.Abs(Sigmoid((8 * 0.9) - 3) - Sigmoid((8 * 0.8) - 3)), map[0], 1e-6);
        Assert.Equal(0f, map[1]);
    }

    [Fact]
    public void A_pruned_level_shows_the_pruned_model_and_leaves_the_trained_one_alone()
    {
        using SaliencyExplorer explorer = Explorer([4], s_bright with { W1 = [4f, -1f] });
        MapView[] Views(MapLevel level) => explorer.Explain(SaliencyMethod.LogitGradient, [4], level)[0];
        Assert.Equal([8f, -2f], Views(MapLevel.Dense)[0].Map);
        Assert.Equal([8f, 0f], Views(new MapLevel(PruneMethod.W1, 0.5))[0].Map);
        Assert.Equal([0f, 0f], Views(new MapLevel(PruneMethod.Layer, 1))[0].Map);
        Assert.Equal([8f, -2f], Views(MapLevel.Dense)[0].Map);
    }

    [Fact]
    public void Averages_are_means_over_the_images_of_a_class()
    {
        using SaliencyExplorer explorer = Explorer([4, 0, 5, 1, 3], s_bright);
        ClassAverage[] averages = explorer.Averages(SaliencyMethod.InputGradient, [MapLevel.Dense], most: 2);
        Assert.Equal([(2, 2), (7, 2)], averages.Select(average => (average.Class, average.Images)));
        Assert.Equal([128, 9], averages[0].Pixels);
        Assert.Equal([230, 9], averages[1].Pixels);
        Assert.Equal(8 * (204 + 255) / 2.0 / 255, averages[1].Levels[0].Map[0], 1e-5);
        Assert.Equal((Sigmoid((8 * 0.8) - 3) + Sigmoid(5)) / 2, averages[1].Levels[0].Probability, 1e-6);
    }

    [Fact]
    public void Of_a_logit_a_class_the_class_that_the_model_says_is_shown_unless_one_is_asked_for()
    {
        // The second logit is that of the one-logit model, the first is 0.
        ModelParameters two = s_bright with { W2 = [0f, s_bright.W2[0]], B2 = [0f, s_bright.B2[0]] };
        double p = Sigmoid((8 * 0.8) - 3);
        using SaliencyExplorer free = Explorer([4, 1], [two]), first = Explorer(0, two);
        MapView[] views = free.Explain(SaliencyMethod.ProbabilityGradient, [4, 0], MapLevel.Dense)[0];
        Assert.Equal([s_task.Classes[1], s_task.Classes[0]], views.Select(view => (byte)view.Class));
        Assert.Equal(p, views[0].Probability, 1e-6);
        Assert.Equal(p * (1 - p) * 8, views[0].Map[0], 1e-6);
        Assert.Equal(Sigmoid(3), views[1].Probability, 1e-6);

        MapView other = first.Explain(SaliencyMethod.ProbabilityGradient, [4], MapLevel.Dense)[0][0];
        Assert.Equal(s_task.Classes[0], other.Class);
        Assert.Equal(1 - p, other.Probability, 1e-6);
        Assert.Equal(-p * (1 - p) * 8, other.Map[0], 1e-6);
        ClassAverage[] averages = free.Averages(SaliencyMethod.ProbabilityGradient, [MapLevel.Dense], 9);
        Assert.Equal(s_task.Classes.Order(), averages.Select(average => (byte)average.Levels[0].Class).Order());
        Assert.Throws<ArgumentException>(() => Explorer(0, s_bright));
    }

    private static SaliencyExplorer Explorer(int label, ModelParameters model) => new(
        s_data, new SavedModels(s_task, 0, [new ModelSpec(1, 0.03)], [model], [4, 1], 0.1), threads: 1, s_task.Classes[label]);

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static SaliencyExplorer Explorer(int[] validation, params ModelParameters[] models) =>
        new(s_data, new SavedModels(s_task, 0, [.. models.Select(_ => new ModelSpec(1, 0.03))], models, validation, 0.1), threads: 1);
}
