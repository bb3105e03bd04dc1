using GpuMlp.Kernels.Analyses.Saliency;

namespace GpuMlp.Kernels.Reference;

/// <summary>Saliency maps by their definitions, in double. Plain loops; nothing but tests and verification calls them.</summary>
public static class ReferenceSaliency
{
    /// <summary>Standard deviation of SmoothGrad's noise on the scale 0..1.</summary>
    public const double NoiseSigma = 0.15;

    /// <summary>
    /// The saliency map [D] of one image [D] and class of a model with a logit a class: of the logit x_k, or of p_k, whose slopes are
    /// those of a logit whose w2 is w2_k, or p_k (w2_k - sum of p_j w2_j).
    /// </summary>
    /// <param name="k">The class.</param>
    public static double[] ClassMap(ReferenceParameters model, ReadOnlySpan<double> image, SaliencyMethod method, int k)
    {
        int hidden = model.Hidden;
        if (method == SaliencyMethod.Perturbation)
            return Changes(model, image, k);
        double[] p = ReferenceMlp.Forward(model, image).Probabilities, weights = model.W2[(k * hidden)..((k + 1) * hidden)];
        bool ofProbability = method == SaliencyMethod.ProbabilityGradient;
        for (int h = 0; h < hidden && ofProbability; h++)
            weights[h] = p[k] * (weights[h] - Enumerable.Range(0, p.Length).Sum(j => p[j] * model.W2[(j * hidden) + h]));
        ReferenceParameters one = model with { W2 = weights, B2 = [model.B2[k]] };
        return Map(one, image, ofProbability ? SaliencyMethod.LogitGradient : method);
    }

    private static double[] Changes(ReferenceParameters model, ReadOnlySpan<double> image, int k)
    {
        double p = ReferenceMlp.Forward(model, image).Probabilities[k];
        var map = new double[model.Inputs];
        for (int d = 0; d < map.Length; d++)
        {
            double[] moved = [.. image];
            moved[d] += ReferenceMlp.PerturbationStep;
            map[d] = Math.Abs(ReferenceMlp.Forward(model, moved).Probabilities[k] - p);
        }
        return map;
    }

    /// <summary>The saliency map [D] of one image [D].</summary>
    public static double[] Map(ReferenceParameters model, ReadOnlySpan<double> image, SaliencyMethod method)
    {
        int hidden = model.Hidden;
        ReferenceForward forward = ReferenceMlp.Forward(model, image);
        double p = forward.Probabilities[0];
        var map = new double[model.Inputs];
        double[] shares = Shares(model, forward.Z, method);
        for (int d = 0; d < map.Length; d++)
        {
            double slope = 0, logit = model.B2[0];
            for (int h = 0; h < hidden; h++)
            {
                double w1 = model.W1[(d * hidden) + h];
                slope += model.W2[h] * w1 * shares[h];
                logit += model.W2[h] * Math.Max(forward.Z[h] + (ReferenceMlp.PerturbationStep * w1), 0);
            }
            map[d] = method.Name switch
            {
                "logit-gradient" or "smoothgrad" => slope,
                "gradient" => slope * p * (1 - p),
                "input-gradient" or "integrated" => image[d] * slope,
                "perturbation" => Math.Abs(ReferenceMlp.Sigmoid(logit) - p),
                _ => throw new ArgumentException($"{method}: no reference", nameof(method)),
            };
        }
        return map;
    }

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

    // How far each hidden unit counts as active, 0..1.
    private static double[] Shares(ReferenceParameters model, double[] z, SaliencyMethod method)
    {
        double[] norms = method == SaliencyMethod.SmoothGradient ? Norms(model) : [];
        return [.. z.Select((z, h) => method.Name switch
        {
            "smoothgrad" => ActiveUnderNoise(norms[h], z),
            "integrated" => ActiveOnTheWay(model.B1[h], z),
            _ => z > 0 ? 1.0 : 0.0,
        })];
    }

    private static double Square(double x) => x * x;
}
