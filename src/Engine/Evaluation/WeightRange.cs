using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Evaluation;

/// <summary>Whether the weights of a model are such that it can be computed in float32.</summary>
public static class WeightRange
{
    /// <summary>
    /// Whether every unit and every logit stay finite for any image of pixels 0..1: the sums of magnitudes that bound them do. Beyond
    /// that, sums of both signs become NaN, of which a ReLU makes 0: a figure that looks like one. Cost: D H.
    /// </summary>
    /// <returns>False also for a parameter that is NaN or infinite.</returns>
    public static bool Holds(ModelParameters model)
    {
        int hidden = model.Hidden;
        double[] largest = Array.ConvertAll(model.B1, bias => (double)Math.Abs(bias));
        for (int first = 0; first < model.W1.Length; first += hidden)
        {
            ReadOnlySpan<float> row = model.W1.AsSpan(first, hidden);
            for (int h = 0; h < row.Length; h++)
                largest[h] += Math.Abs(row[h]);
        }
        if (!largest.All(most => most <= float.MaxValue))
            return false;
        for (int k = 0; k < model.Outputs; k++)
        {
            double logit = Math.Abs(model.B2[k]);
            for (int h = 0; h < hidden; h++)
                logit += Math.Abs(model.W2[(k * hidden) + h]) * largest[h];
            if (!(logit <= float.MaxValue))
                return false;
        }
        return true;
    }
}
