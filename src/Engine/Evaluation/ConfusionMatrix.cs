namespace GpuMlp.Engine.Evaluation;

/// <summary>How many images of each class a model took for each.</summary>
/// <param name="classes">K, at least 2.</param>
public sealed class ConfusionMatrix(int classes)
{
    private readonly int[] _counts = new int[classes * classes];

    private int _images;

    public int Classes => classes;

    /// <summary>Images of a class that were taken for a class.</summary>
    /// <param name="label">The true one.</param>
    /// <param name="predicted">What they were taken for.</param>
    public int this[int label, int predicted] => _counts[(label * classes) + predicted];

    public ClassFigures Figures
    {
        get
        {
            Span<Confusion> all = stackalloc Confusion[classes];
            for (int label = 0; label < classes; label++)
                all[label] = Of(label);
            return ClassFigures.Of(all);
        }
    }

    /// <summary>Takes in an image.</summary>
    internal void Add(int label, int predicted)
    {
        _counts[(label * classes) + predicted]++;
        _images++;
    }

    /// <summary>One class against the rest.</summary>
    public Confusion Of(int label)
    {
        int own = 0, predicted = 0;
        for (int other = 0; other < classes; other++)
        {
            own += this[label, other];
            predicted += this[other, label];
        }

        int hits = this[label, label];
        return new Confusion(hits, predicted - hits, own - hits, _images);
    }
}
