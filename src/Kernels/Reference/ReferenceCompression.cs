using GpuMlp.Kernels.Analyses.Saliency;

namespace GpuMlp.Kernels.Reference;

/// <summary>Compressed columns by their definition, and a forward pass over them; plain loops in double.</summary>
public static class ReferenceCompression
{
    /// <summary>The entries of each hidden unit: pixel number and weight, pixels ascending, zeros left out.</summary>
    public static IReadOnlyList<(int Pixel, double Weight)>[] Compress(ReferenceParameters model)
    {
        var columns = new List<(int, double)>[model.Hidden];
        for (int h = 0; h < model.Hidden; h++)
        {
            columns[h] = [];
            for (int d = 0; d < model.Inputs; d++)
            {
                if (model.W1[(d * model.Hidden) + h] is var weight and not 0)
                    columns[h].Add((d, weight));
            }
        }
        return columns;
    }

    /// <summary>Logits of images [N, D] from the entries alone; W1 of the model is not looked at.</summary>
    public static double[] Logits(
        ReferenceParameters model,
        IReadOnlyList<(int Pixel, double Weight)>[] columns,
        ReadOnlySpan<double> x,
        int inputs)
    {
        var logits = new double[x.Length / inputs];
        for (int n = 0; n < logits.Length; n++)
        {
            logits[n] = model.B2[0];
            for (int h = 0; h < columns.Length; h++)
            {
                double z = model.B1[h];
                foreach ((int pixel, double weight) in columns[h])
                    z += x[(n * inputs) + pixel] * weight;
                logits[n] += Math.Max(z, 0) * model.W2[h];
            }
        }
        return logits;
    }

    /// <summary>dlogit/dx or dp/dx of one image [D] from the entries alone.</summary>
    /// <param name="method">One of these two.</param>
    public static double[] Gradient(
        ReferenceParameters model, IReadOnlyList<(int Pixel, double Weight)>[] columns, ReadOnlySpan<double> image, SaliencyMethod method)
    {
        var map = new double[image.Length];
        double logit = model.B2[0];
        for (int h = 0; h < columns.Length; h++)
        {
            double z = model.B1[h];
            foreach ((int pixel, double weight) in columns[h])
                z += image[pixel] * weight;
            logit += Math.Max(z, 0) * model.W2[h];
            foreach ((int pixel, double weight) in columns[h])
                map[pixel] += z > 0 ? model.W2[h] * weight : 0;
        }
        double p = ReferenceMlp.Sigmoid(logit), slope = method == SaliencyMethod.ProbabilityGradient ? p * (1 - p) : 1;
        for (int d = 0; d < map.Length; d++)
            map[d] *= slope;
        return map;
    }
}
