using GpuMlp.Engine.Evaluation;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Reference;

namespace GpuMlp.Engine.Tests.Training;

/// <summary>Tasks of more than two classes, and pairs with a logit a class.</summary>
public sealed class ClassTrainingTests
{
    private static readonly SweepSpec s_spec = Mnist.Spec with
    {
        Tasks = [new ClassTask(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)],
        Batches = [16],
        Epochs = [12],
        Similarity = [],
    };

    private static readonly Lazy<IReadOnlyList<ModelResult>> s_models =
        new(() => Mnist.Train(Mnist.Few, s_spec, [new ModelSpec(24, 0.1), new ModelSpec(5, 0.03)]));

    [Fact]
    public void Ten_digits_are_learned_from_two_thousand_images()
    {
        // Chance is 0.1, and a linear model of these images reaches 0.83.
        Assert.InRange(s_models.Value[0].Validation.Accuracy, 0.87, 1);
        Assert.InRange(s_models.Value[0].Train.Accuracy, 0.95, 1);
        Assert.Equal("softmax", s_models.Value[0].Key.How.Loss);
    }

    [Fact]
    public void Figures_and_tables_are_those_of_the_weights_in_double()
    {
        Split split = Splitter.Create(Mnist.Few, s_spec.Tasks[0], s_spec.Seeds[0]);
        SplitImages images = SplitImages.Gather(Mnist.Few, split.Task, split.Validation);
        double[] x = [.. images.Pixels.Select(grey => grey / 255.0)];
        foreach (ModelResult model in s_models.Value)
        {
            float[] logits = Array.ConvertAll(
                ReferenceMlp.Forward(ReferenceParameters.From(model.Weights), x).Logits, logit => (float)logit);
            Assert.Equal(10 * images.Labels.Length, logits.Length);
            ConfusionMatrix counts = ModelMetrics.Count(logits, images.Labels, 10);
            double one = 1.0 / images.Labels.Length;
            Assert.Equal(counts.Figures.Accuracy, model.Validation.Accuracy, one);
            Assert.Equal(counts.Figures.F1, model.Validation.F1, 0.01);
            Assert.Equal(ModelMetrics.Loss(logits, images.Labels, 10), model.Validation.Loss, 1e-4);

            IReadOnlyList<ClassRow> classes = model.Rows.Of<ClassRow>();
            IReadOnlyList<ConfusionRow> confusion = model.Rows.Of<ConfusionRow>();
            Assert.Equal(Enumerable.Range(0, 10), classes.Select(row => row.Class));
            Assert.Equal(images.Labels.Length, confusion.Sum(row => row.Images));
            Assert.Equal(model.Validation.F1, classes.Average(row => row.ValF1), 1e-12);
            Assert.Equal(model.Validation.Auc, classes.Average(row => row.ValAuc), 1e-12);
            Assert.Equal(
                model.Validation.Accuracy, confusion.Where(row => row.Class == row.Predicted).Sum(row => row.Images!.Value) * one, 1e-12);
            Assert.All(classes, row => Assert.Equal(
                row.ValRecall,
                (double)confusion.Single(cell => cell.Class == row.Class && cell.Predicted == row.Class).Images! / row.Images));
        }
    }

    [Fact]
    public void Pruning_and_corruption_know_all_classes()
    {
        ModelResult model = s_models.Value[0];
        Assert.All(model.Pruning, row => Assert.InRange(row.ValF1, 0, 1));
        Assert.Equal(24 * (784 + 10), model.Pruning[0].WeightsLeft!.Value / (1 - ((model.Pruning[0].ZeroW1 * 784)
            + (model.Pruning[0].ZeroW2 * 10)) / 794), 1e-6);
        Assert.InRange(model.Pruning.First(row => row is { Method: "global", Sparsity: 0.5 }).ValAccuracy, 0.8, 1);
        Assert.InRange(model.Robustness.First(row => row.Corruption == "occlusion").ValAccuracy, 0.3, 0.95);
    }

    [Fact]
    public void A_pair_is_learned_either_way_and_told_by_the_same_figures()
    {
        SweepSpec spec = s_spec with { Tasks = [new ClassTask(4, 9)], Sparsity = [], Pruning = [], Corruptions = [] };
        ModelResult one = Mnist.Train(Mnist.Few, spec, [new ModelSpec(12, 0.1)]).Single();
        ModelResult two = Mnist.Train(
            Mnist.Few, spec with { Losses = [TrainingLoss.Softmax] }, [new ModelSpec(12, 0.1)]).Single();
        Assert.Equal(("logistic", "softmax"), (one.Key.How.Loss, two.Key.How.Loss));
        Assert.Equal((1, 2), (one.Weights.Outputs, two.Weights.Outputs));
        Assert.Equal(one.Validation.F1, two.Validation.F1, 0.05);
        Assert.Empty(one.Rows.Of<ClassRow>());
        Assert.Equal(two.Validation.F1, two.Rows.Of<ClassRow>()[1].ValF1);
    }
}
