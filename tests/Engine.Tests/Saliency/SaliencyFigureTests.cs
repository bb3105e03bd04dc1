using GpuMlp.Engine.Data;
using GpuMlp.Engine.Saliency;
using GpuMlp.Engine.Splits;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Kernels;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Saliency;

namespace GpuMlp.Engine.Tests.Saliency;

public sealed class SaliencyFigureTests
{
    // Two pixels; the first is bright in images 3, 4 and 5, whose class is 7, and, wrongly, in image 1 of class 2.
    private static readonly Dataset s_data = new(
        "two pixels", [0, 9, 255, 9, 0, 9, 255, 9, 204, 9, 255, 9], [2, 2, 2, 7, 7, 7], Rows: 1, Columns: 2, Classes: 8, Sha256: "");

    private static readonly PairTask s_task = new(2, 7);

    // logit = 2 relu(4 first pixel) - 3: above 0 from 0.375.
    private static readonly ModelParameters s_bright = new([4f, 0f], [0f], [2f], -3f);

    [Theory]
    [InlineData(new[] { 5, 1, 3, 0 }, 5, 1)]
    [InlineData(new[] { 1, 0, 4, 5 }, 0, 1)]
    [InlineData(new[] { 4, 2, 1 }, 4, 1)]
    public void The_first_hit_and_the_first_mistake_in_the_order_of_the_split_are_shown(int[] validation, int correct, int mistake)
    {
        SaliencyFigure figure = Figure(validation, s_bright);
        Assert.Equal(correct, figure.Correct!.Image);
        Assert.Equal(mistake, figure.Mistake!.Image);
    }

    [Fact]
    public void A_model_without_mistakes_shows_none()
    {
        SaliencyFigure figure = Figure([4, 2, 0, 5], s_bright);
        Assert.Equal(4, figure.Correct!.Image);
        Assert.Null(figure.Mistake);
    }

    [Fact]
    public void A_model_without_hits_shows_none()
    {
        SaliencyFigure figure = Figure([4, 2, 0, 5], s_bright with { W2 = [-2f], B2 = 3f });
        Assert.Null(figure.Correct);
        Assert.Equal(4, figure.Mistake!.Image);
    }

    [Fact]
    public void Examples_tell_class_prediction_probability_and_map()
    {
        SaliencyFigure figure = Figure([4, 1], s_bright);
        SaliencyExample hit = figure.Correct!, miss = figure.Mistake!;
        double p = 1 / (1 + Math.Exp(-((8 * 0.8) - 3)));

        Assert.Equal((7, 7), (hit.TrueClass, hit.PredictedClass));
        Assert.Equal((2, 7), (miss.TrueClass, miss.PredictedClass));
        Assert.Equal(p, hit.Probability, 1e-6);
        Assert.Equal([204, 9], hit.Pixels);
        Assert.Equal(p * (1 - p) * 8, hit.Map[0], 1e-6);
        Assert.Equal(0f, hit.Map[1]);
    }

    [Fact]
    public void Perturbation_maps_are_changes_of_the_probability()
    {
        double Probability(double pixel) => 1 / (1 + Math.Exp(-((8 * pixel) - 3)));
        SaliencyExample hit = Figure([4], s_bright, SaliencyMethod.Perturbation).Correct!;
        Assert.Equal(Math.Abs(Probability(0.9) - Probability(0.8)), hit.Map[0], 1e-6);
        Assert.Equal(0f, hit.Map[1]);
    }

    private static SaliencyFigure Figure(int[] validation, ModelParameters model, SaliencyMethod method = SaliencyMethod.ProbabilityGradient)
    {
        using var device = new CpuDevice(1);
        return SaliencyFigure.Create(
            device, CohortKernels.Create(device), s_data, new Split(s_task, 0, [0, 3], validation), new ModelSpec(1, 0.03), model, method);
    }
}
