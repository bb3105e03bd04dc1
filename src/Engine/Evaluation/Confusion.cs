namespace GpuMlp.Engine.Evaluation;

/// <summary>Counts of one model on one set of images. Predicted positive: p &gt;= 0.5, which is logit &gt;= 0.</summary>
public readonly record struct Confusion(int TruePositives, int FalsePositives, int FalseNegatives, int Images)
{
    public double Accuracy => Images == 0 ? 0 : (double)(Images - FalsePositives - FalseNegatives) / Images;

    /// <summary>0 when nothing was predicted positive.</summary>
    public double Precision => Ratio(TruePositives, TruePositives + FalsePositives);

    /// <summary>0 when nothing is positive.</summary>
    public double Recall => Ratio(TruePositives, TruePositives + FalseNegatives);

    /// <summary>2 TP / (2 TP + FP + FN); 0 when there is no true positive.</summary>
    public double F1 => Ratio(2 * TruePositives, (2 * TruePositives) + FalsePositives + FalseNegatives);

    private static double Ratio(int part, int whole) => whole == 0 ? 0 : (double)part / whole;
}
