using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Models;

/// <summary>One way to train: what all models of a cohort, and so of a unit, have in common besides their images.</summary>
/// <param name="Batch">Images in a batch; null is the full training split.</param>
/// <param name="Epochs">Passes over the training images.</param>
/// <param name="InitStd">Standard deviation of the initial weights; biases start at 0.</param>
/// <param name="WeightDecay">L2: times a weight of W1 or w2, added to its gradient; 0 is none.</param>
public readonly record struct TrainingVariant(int? Batch, int Epochs, double InitStd, double WeightDecay)
{
    /// <summary>On which images and labels.</summary>
    public ImageChoice Images { get; init; }

    /// <summary><c>full</c> or the number of images: the column <c>batch</c>.</summary>
    public string BatchName => NameOf(Batch);

    /// <summary>
    /// <see cref="TrainingLoss.Softmax"/> where it is not what a task has anyway, else <see cref="TrainingLoss.Auto"/>.
    /// </summary>
    public TrainingLoss Loss { get; init; }

    /// <summary>The loss of a task's models, not <see cref="TrainingLoss.Auto"/>.</summary>
    public TrainingLoss LossOf(ClassTask task) =>
        task.IsPair && Loss != TrainingLoss.Softmax ? TrainingLoss.Logistic : TrainingLoss.Softmax;

    /// <summary>Logits of a task's models: 1, or one a class.</summary>
    public int OutputsOf(ClassTask task) => LossOf(task) == TrainingLoss.Logistic ? 1 : task.Count;

    /// <summary>As in the key of tables.</summary>
    public TrainedHow HowOf(ClassTask task) => new(BatchName, Epochs, InitStd, WeightDecay)
    {
        Loss = LossOf(task).Name(),
        Split = Images.SplitName,
        LabelNoise = Images.LabelNoise,
        TrainImages = Images.TrainImagesName,
    };

    /// <summary>
    /// As in weight files of a run with several variants: <c>b32-e20-i0.03-wd0.001</c>, behind it <c>-softmax</c> where pairs have that
    /// loss, and which images where these are not the usual ones; numbers read as in the tables.
    /// </summary>
    public string Name => $"b{BatchName}-e{Epochs}-i{InitStd:R}-wd{WeightDecay:R}".Replace('E', 'e')
        + (Loss == TrainingLoss.Softmax ? $"-{Loss.Name()}" : "") + Images.Suffix;

    /// <summary>For titles: <c>batch 32, 20 epochs, initial std 0.03, weight decay 0.001</c>, and what is not as usual.</summary>
    public override string ToString() => $"batch {BatchName}, {Epochs} epochs, initial std {InitStd:R}, weight decay {WeightDecay:R}"
        + (Loss == TrainingLoss.Softmax ? $", {Loss.Name()} loss" : "") + Images.Words;

    /// <summary>As in flags and tables.</summary>
    public static string NameOf(int? batch) => batch?.ToString() ?? "full";
}
