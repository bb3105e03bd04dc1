using GpuMlp.Engine.Evaluation;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Training;

/// <summary>What a model with a logit a class makes of each class of the validation images.</summary>
internal static class ClassRows
{
    /// <param name="rows">Of other tables.</param>
    /// <param name="logits">Row-major [N, K].</param>
    /// <param name="labels">0..K-1 an image.</param>
    /// <returns>Those, a <see cref="ClassRow"/> a class and a <see cref="ConfusionRow"/> a pair of them, by label.</returns>
    public static RowLists Add(RowLists rows, ModelKey key, ClassTask task, ReadOnlySpan<float> logits, ReadOnlySpan<byte> labels)
    {
        ConfusionMatrix counts = ModelMetrics.Count(logits, labels, task.Count);
        List<ClassRow> classes = [];
        List<ConfusionRow> confusion = [];
        for (int label = 0; label < task.Count; label++)
        {
            Confusion own = counts.Of(label);
            classes.Add(new ClassRow
            {
                Key = key,
                Class = task.Classes[label],
                Images = own.TruePositives + own.FalseNegatives,
                ValPrecision = own.Precision,
                ValRecall = own.Recall,
                ValF1 = own.F1,
                ValAuc = ModelMetrics.ClassAuc(logits, labels, task.Count, label),
            });
            for (int predicted = 0; predicted < task.Count; predicted++)
            {
                confusion.Add(new ConfusionRow
                {
                    Key = key,
                    Class = task.Classes[label],
                    Predicted = task.Classes[predicted],
                    Images = counts[label, predicted],
                });
            }
        }

        return rows.With<ClassRow>(classes).With<ConfusionRow>(confusion);
    }
}
