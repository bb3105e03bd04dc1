namespace GpuMlp.Kernels.Reference;

/// <summary>
/// When a hidden unit is active under noise, and on the way from a black image: in double, for <see cref="ReferenceMlp.Saliency"/>.
/// </summary>
public static class ReferenceSaliency
{
    /// <summary>Standard deviation of SmoothGrad's noise on the scale 0..1.</summary>
    public const double NoiseSigma = 0.15;

    /// <summary>Lengths of the columns of W1, [H].</summary>
    public static double[] Norms(ReferenceParameters model) =>
        [.. Enumerable.Range(0, model.Hidden)
            .Select(h => Math.Sqrt(Enumerable.Range(0, model.Inputs).Sum(d => Square(model.W1[(d * model.Hidden) + h]))))];

    /// <summary>The probability that Z + noise is above 0, for pixels that all get normal noise.</summary>
    /// <param name="norm">Of the unit's input weights; 0 counts as 1/2, because nothing depends on it.</param>
    public static double ActiveUnderNoise(double norm, double z) => norm == 0 ? 0.5 : NormalProbability(z / (NoiseSigma * norm));

    /// <summary>The share of a straight way from Z = start to Z = end on which Z is above 0.</summary>
    public static double ActiveOnTheWay(double start, double end)
    {
        if (start > 0 == end > 0)
            return start > 0 ? 1 : 0;
        double crossing = start / (start - end);
        return start > 0 ? crossing : 1 - crossing;
    }

    /// <summary>Phi(u): Simpson's rule over the density from 0 to u, to 1e-12.</summary>
    public static double NormalProbability(double u)
    {
        const int Steps = 400;
        const double Far = 8;
        double end = Math.Clamp(u, -Far, Far), step = end / Steps, sum = 0;
        for (int i = 0; i <= Steps; i++)
            sum += (i is 0 or Steps ? 1 : i % 2 == 1 ? 4 : 2) * Math.Exp(-Square(i * step) / 2);
        return 0.5 + (sum * step / 3 / Math.Sqrt(2 * Math.PI));
    }

    private static double Square(double x) => x * x;
}
