using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Reference;

namespace GpuMlp.Kernels.Verification;

/// <summary>How far a float32 saliency map may be from the reference, by the same arithmetic as <see cref="RunningError"/>.</summary>
internal static class SaliencyBound
{
    // Products, the fused sum's start, the scale p (1 - p) and the store.
    private const int Few = 8;

    /// <param name="batch">The batch that holds the image; the model in it is exact.</param>
    /// <param name="n">Row of the image in the batch.</param>
    /// <param name="image">Its pixels, 0..1.</param>
    /// <param name="map">The reference's map.</param>
    public static double[] Of(RunningError batch, int n, ReadOnlySpan<double> image, double[] map, SaliencyMethod method)
    {
        ReferenceParameters model = batch.Model.Value;
        int hidden = model.Hidden;
        double p = batch.Forward.Probabilities[n], slope = p * (1 - p);
        if (method.Name is "input-gradient" or "smoothgrad" or "integrated")
            return OfCoefficients(batch, n, image, method);
        var bound = new double[map.Length];
        for (int d = 0; d < bound.Length; d++)
        {
            double gradientSum = 0, gradientEither = 0, changeSum = 0, changeEither = 0;
            for (int h = 0; h < hidden; h++)
            {
                int at = (n * hidden) + h;
                double z = batch.Forward.Z[at], error = batch.ZError[at], w2 = Math.Abs(model.W2[h]), w1 = model.W1[(d * hidden) + h];
                double step = ReferenceMlp.PerturbationStep * w1;
                gradientSum += z > 0 ? Math.Abs(w1) * w2 : 0;
                gradientEither += Math.Abs(z) <= error ? Math.Abs(w1) * w2 : 0;
                changeSum += (Math.Abs(step) + (z > 0 ? 0 : Math.Max(z + step, 0))) * w2;

                // Between 0 and the step the change depends on Z itself, elsewhere not at all.
                bool between = Math.Abs(z) <= error || Math.Abs(z + step) <= error || (z > 0) != (z + step > 0);
                changeEither += between ? Math.Min(error + (RunningError.Unit * Math.Abs(z)), Math.Abs(step) + error) * w2 : 0;
            }
            double rounding = RunningError.Slack * RunningError.Unit * (hidden + Few);
            double gradient = (rounding * gradientSum) + gradientEither, change = (rounding * changeSum) + changeEither;
            double passed = RunningError.Slack * Math.Abs(map[d]) * (batch.LogitError[n] + (Few * RunningError.Unit));
            bound[d] = method.Name switch
            {
                "logit-gradient" => gradient,
                "gradient" => (slope * gradient) + passed,

                // The slope of p at the perturbed image; it is at most e^|change of the logit| times the slope at the image.
                "perturbation" => (slope * Math.Exp(changeSum) * change) + passed,
                _ => throw new ArgumentException($"{method}: no bound", nameof(method)),
            };
        }
        return bound;
    }

    // map = sum of c W1, times x or not: the error of each c, and the rounding of the sum.
    private static double[] OfCoefficients(RunningError batch, int n, ReadOnlySpan<double> image, SaliencyMethod method)
    {
        ReferenceParameters model = batch.Model.Value;
        int hidden = model.Hidden;
        double[] coefficient = new double[hidden], error = new double[hidden];
        double[] norms = method == SaliencyMethod.SmoothGradient ? ReferenceSaliency.Norms(model) : [];
        for (int h = 0; h < hidden; h++)
        {
            int at = (n * hidden) + h;
            double z = batch.Forward.Z[at], passed = batch.ZError[at];
            (double share, double off) = method.Name switch
            {
                "smoothgrad" => Smooth(norms[h], z, passed, model.Inputs),
                "integrated" => Integrated(model.B1[h], z, passed),
                _ => (z > 0 ? 1 : 0, Math.Abs(z) <= passed ? 1 : 0),
            };
            coefficient[h] = Math.Abs(model.W2[h]) * share;
            error[h] = Math.Abs(model.W2[h]) * off;
        }
        double rounding = RunningError.Slack * RunningError.Unit * (hidden + Few);
        var bound = new double[image.Length];
        for (int d = 0; d < bound.Length; d++)
        {
            for (int h = 0; h < hidden; h++)
                bound[d] += Math.Abs(model.W1[(d * hidden) + h]) * (error[h] + (rounding * coefficient[h]));
            bound[d] *= method == SaliencyMethod.SmoothGradient ? 1 : image[d];
        }
        return bound;
    }

    private static (double Share, double Error) Smooth(double norm, double z, double passed, int inputs)
    {
        // The density is 0.4 at most; the polynomial's own error, and that of the arithmetic around it.
        const double Steepest = 0.4, Polynomial = 7.5e-8;
        if (norm == 0)
            return (0.5, 0);
        double u = z / (ReferenceSaliency.NoiseSigma * norm);
        double off = (passed / (ReferenceSaliency.NoiseSigma * norm)) + (Math.Abs(u) * RunningError.Unit * (inputs + Few));

        // u times its density is 0.25 at most, so far out the relative error of u counts no more than there.
        double moved = Math.Min(
            Steepest * off,
            (Steepest * passed / (ReferenceSaliency.NoiseSigma * norm)) + (0.25 * RunningError.Unit * (inputs + Few) * RunningError.Slack));
        return (ReferenceSaliency.ActiveUnderNoise(norm, z), (RunningError.Slack * moved) + Polynomial
            + (Few * RunningError.Slack * RunningError.Unit));
    }

    private static (double Share, double Error) Integrated(double start, double end, double passed)
    {
        bool sure = Math.Min(start, end - passed) > 0 || Math.Max(start, end + passed) < 0;
        double distance = Math.Abs(end - start);

        // Where the way crosses 0 the share is a quotient of parts of it, each off by as much as Z.
        double crossing = distance > 0 ? Math.Min(1, RunningError.Slack * passed / distance) : 1;
        return (ReferenceSaliency.ActiveOnTheWay(start, end), (sure ? 0 : crossing) + (Few * RunningError.Unit));
    }
}
