namespace GpuMlp.Engine.Evaluation;

/// <summary>
/// Figures of a model on one set of images. Of a pair precision, recall and F1 are those of the second class, whatever the loss; of
/// more classes they are macro: unweighted means over the classes, each against the rest, with 0 for a class that has none.
/// </summary>
/// <param name="Accuracy">Share of images that are taken for what they are.</param>
public readonly record struct ClassFigures(double Accuracy, double Precision, double Recall, double F1)
{
    /// <param name="classes">
    /// One a class, each against the rest, by label; of a pair the second may stand alone. All of the same images.
    /// </param>
    public static ClassFigures Of(ReadOnlySpan<Confusion> classes)
    {
        if (classes.Length <= 2)
        {
            Confusion second = classes[^1];
            return new ClassFigures(second.Accuracy, second.Precision, second.Recall, second.F1);
        }

        (long right, int images) = (0, classes[0].Images);
        (double precision, double recall, double f1) = (0, 0, 0);
        foreach (Confusion one in classes)
        {
            right += one.TruePositives;
            precision += one.Precision;
            recall += one.Recall;
            f1 += one.F1;
        }

        int count = classes.Length;
        return new ClassFigures(images == 0 ? 0 : (double)right / images, precision / count, recall / count, f1 / count);
    }
}
