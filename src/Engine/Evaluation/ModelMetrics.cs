using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Evaluation;

/// <summary>
/// Metrics from logits, in double. A model has one logit for two classes (logistic), or a logit a class (softmax, K &gt;= 2).
/// </summary>
public static class ModelMetrics
{
    /// <summary>
    /// All figures; what they are of a pair and of more classes is told by <see cref="ClassFigures"/>. The AUC of more classes is the
    /// mean over classes of <see cref="ClassAuc"/> (macro, one against the rest), that of a pair the second class's.
    /// </summary>
    /// <param name="logits">Row-major [N, outputs].</param>
    /// <param name="labels">0..K-1 an image.</param>
    /// <param name="outputs">1, or K.</param>
    public static Metrics Compute(ReadOnlySpan<float> logits, ReadOnlySpan<byte> labels, int outputs = 1)
    {
        ClassFigures figures = Count(logits, labels, outputs).Figures;
        return new Metrics
        {
            Loss = Loss(logits, labels, outputs),
            Accuracy = figures.Accuracy,
            Precision = figures.Precision,
            Recall = figures.Recall,
            F1 = figures.F1,
            Auc = Auc(logits, labels, outputs),
        };
    }

    /// <summary>Mean cross-entropy, nats: of the label under the logistic function of one logit, or under the softmax of K.</summary>
    /// <inheritdoc cref="Compute" path="/param"/>
    public static double Loss(ReadOnlySpan<float> logits, ReadOnlySpan<byte> labels, int outputs = 1)
    {
        double loss = 0;
        for (int n = 0; n < labels.Length; n++)
        {
            loss += outputs == 1
                ? Math.Max((double)logits[n], 0) - ((double)logits[n] * labels[n]) + LogOnePlus(Math.Exp(-Math.Abs((double)logits[n])))
                : Softmax(logits.Slice(n * outputs, outputs), labels[n]);
        }

        return loss / labels.Length;
    }

    /// <summary>Counts alone: a hundredth of the cost of a sorted AUC.</summary>
    /// <inheritdoc cref="Compute" path="/param"/>
    public static ConfusionMatrix Count(ReadOnlySpan<float> logits, ReadOnlySpan<byte> labels, int outputs = 1)
    {
        var counts = new ConfusionMatrix(Math.Max(outputs, 2));
        for (int n = 0; n < labels.Length; n++)
            counts.Add(labels[n], Predict(logits.Slice(n * outputs, outputs)));
        return counts;
    }

    /// <summary>
    /// The label that a model gives an image: 1 where one logit is &gt;= 0, which is p &gt;= 0.5 before p is rounded; of several logits
    /// the largest one, of equal ones the first.
    /// </summary>
    /// <param name="logits">Of the image.</param>
    public static int Predict(ReadOnlySpan<float> logits)
    {
        if (logits.Length == 1)
            return logits[0] >= 0 ? 1 : 0;
        int best = 0;
        for (int label = 1; label < logits.Length; label++)
        {
            if (logits[label] > logits[best])
                best = label;
        }

        return best;
    }

    /// <summary>See <see cref="Compute"/>; NaN where a logit is, or a class is missing.</summary>
    /// <inheritdoc cref="Compute" path="/param"/>
    public static double Auc(ReadOnlySpan<float> logits, ReadOnlySpan<byte> labels, int outputs = 1)
    {
        if (outputs == 1)
            return RocAuc.Compute(logits, labels);
        if (outputs == 2)
            return ClassAuc(logits, labels, outputs, 1);
        double sum = 0;
        for (int label = 0; label < outputs; label++)
            sum += ClassAuc(logits, labels, outputs, label);
        return sum / outputs;
    }

    /// <summary>
    /// The area under the ROC curve of one class against the rest. Images are ranked by its log odds under softmax, z - log(sum of e^z'
    /// over the others): in the order of its probability, and without the ties of those that round to 1.
    /// </summary>
    /// <inheritdoc cref="Compute" path="/param"/>
    /// <param name="label">Of the class.</param>
    public static double ClassAuc(ReadOnlySpan<float> logits, ReadOnlySpan<byte> labels, int outputs, int label)
    {
        var odds = new double[labels.Length];
        for (int n = 0; n < odds.Length; n++)
        {
            ReadOnlySpan<float> own = logits.Slice(n * outputs, outputs);
            double largest = double.NegativeInfinity, sum = 0;
            for (int other = 0; other < outputs; other++)
                largest = other == label ? largest : Math.Max(largest, own[other]);
            for (int other = 0; other < outputs; other++)
                sum += other == label ? 0 : Math.Exp(own[other] - largest);
            odds[n] = own[label] - largest - Math.Log(sum);
        }

        return RocAuc.Compute<double>(odds, labels, (byte)label);
    }

    /// <summary>Whether a model has a figure at all: one logit that is NaN or infinite makes all its figures wrong.</summary>
    public static bool AreFinite(ReadOnlySpan<float> logits)
    {
        foreach (float logit in logits)
        {
            if (!float.IsFinite(logit))
                return false;
        }
        return true;
    }

    // log(sum of e^z) - z of the label, from the largest logit on: what lies below it keeps its digits.
    private static double Softmax(ReadOnlySpan<float> logits, byte label)
    {
        int best = Predict(logits);
        double largest = logits[best], rest = 0, unsound = 0;
        for (int other = 0; other < logits.Length; other++)
        {
            rest += other == best ? 0 : Math.Exp(logits[other] - largest);

            // NaN for an infinite one, even where it does not show.
            unsound += logits[other] - (double)logits[other];
        }

        return largest - logits[label] + LogOnePlus(rest) + unsound;
    }

    // ln(1 + e) for e >= 0. The library has no log1p; Kahan's quotient gives back the digits that 1 + e loses.
    private static double LogOnePlus(double e)
    {
        double sum = 1 + e;
        return sum == 1 ? e : Math.Log(sum) * (e / (sum - 1));
    }
}
