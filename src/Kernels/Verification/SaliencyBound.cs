using GpuMlp.Kernels.Reference;
using GpuMlp.Kernels.Saliency;

namespace GpuMlp.Kernels.Verification;

/// <summary>How far a float32 saliency map may be from the reference, by the same arithmetic as <see cref="RunningError"/>.</summary>
internal static class SaliencyBound
{
    // Products, the fused sum's start, the scale p (1 - p) and the store.
    private const int Few = 8;

    /// <param name="batch">The batch that holds the image; the model in it is exact.</param>
    /// <param name="n">Row of the image in the batch.</param>
    /// <param name="map">The reference's map.</param>
    public static double[] Of(RunningError batch, int n, double[] map, SaliencyMethod method)
    {
        ReferenceParameters model = batch.Model.Value;
        int hidden = model.Hidden;
        double p = batch.Forward.Probabilities[n], slope = p * (1 - p);
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
            bound[d] = method switch
            {
                SaliencyMethod.LogitGradient => gradient,
                SaliencyMethod.ProbabilityGradient => (slope * gradient) + passed,

                // The slope of p at the perturbed image; it is at most e^|change of the logit| times the slope at the image.
                _ => (slope * Math.Exp(changeSum) * change) + passed,
            };
        }
        return bound;
    }
}
