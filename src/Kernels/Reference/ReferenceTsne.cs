namespace GpuMlp.Kernels.Reference;

/// <summary>
/// The slow truth of exact t-SNE: plain loops and double, one formula a loop. Matrices are row-major [N, N]; places are
/// [N, 2]. Formulas: van der Maaten and Hinton, "Visualizing data using t-SNE", JMLR 9 (2008).
/// </summary>
public static class ReferenceTsne
{
    /// <summary>Squared Euclidean distances of the rows of [N, H].</summary>
    public static double[] Distances(ReadOnlySpan<double> features, int hidden)
    {
        int points = features.Length / hidden;
        var distances = new double[points * points];
        for (int i = 0; i < points; i++)
        {
            for (int j = 0; j < points; j++)
            {
                for (int h = 0; h < hidden; h++)
                {
                    double difference = features[(i * hidden) + h] - features[(j * hidden) + h];
                    distances[(i * points) + j] += difference * difference;
                }
            }
        }
        return distances;
    }

    /// <summary>p(j | i) of one row: exp(-beta d) over its sum, without point i itself.</summary>
    public static double[] Conditional(ReadOnlySpan<double> distances, int i, double beta)
    {
        var p = new double[distances.Length];
        double nearest = double.PositiveInfinity, sum = 0;
        for (int j = 0; j < p.Length; j++)
            nearest = j == i ? nearest : Math.Min(nearest, distances[j]);
        for (int j = 0; j < p.Length; j++)
        {
            p[j] = j == i ? 0 : Math.Exp(-beta * (distances[j] - nearest));
            sum += p[j];
        }
        for (int j = 0; j < p.Length; j++)
            p[j] /= sum;
        return p;
    }

    /// <summary>-sum p ln p, nats; 0 ln 0 is 0.</summary>
    public static double Entropy(ReadOnlySpan<double> p)
    {
        double sum = 0;
        foreach (double value in p)
            sum -= value > 0 ? value * Math.Log(value) : 0;
        return sum;
    }

    /// <summary>The precision at which a row has that perplexity: bisection to the last digit.</summary>
    public static double Precision(ReadOnlySpan<double> distances, int i, double perplexity)
    {
        double low = 0, high = 1;
        for (; Entropy(Conditional(distances, i, high)) > Math.Log(perplexity) && high < 1e18; high *= 2)
        {
        }
        for (int step = 0; step < 200; step++)
        {
            double middle = (low + high) / 2;
            if (Entropy(Conditional(distances, i, middle)) > Math.Log(perplexity))
                low = middle;
            else
                high = middle;
        }
        return (low + high) / 2;
    }

    /// <summary>(p(j | i) + p(i | j)) / 2N from all conditional rows.</summary>
    public static double[] Joint(ReadOnlySpan<double> conditional, int points)
    {
        var joint = new double[points * points];
        for (int i = 0; i < points; i++)
        {
            for (int j = 0; j < points; j++)
                joint[(i * points) + j] = (conditional[(i * points) + j] + conditional[(j * points) + i]) / (2 * points);
        }
        return joint;
    }

    /// <summary>1 / (1 + |y_i - y_j|^2), 0 on the diagonal; its sum is Z.</summary>
    public static double[] Kernel(ReadOnlySpan<double> places)
    {
        int points = places.Length / 2;
        var q = new double[points * points];
        for (int i = 0; i < points; i++)
        {
            for (int j = 0; j < points; j++)
            {
                double dx = places[2 * i] - places[2 * j], dy = places[(2 * i) + 1] - places[(2 * j) + 1];
                q[(i * points) + j] = i == j ? 0 : 1 / (1 + (dx * dx) + (dy * dy));
            }
        }
        return q;
    }

    /// <summary>KL(P || Q), nats.</summary>
    public static double Divergence(ReadOnlySpan<double> joint, ReadOnlySpan<double> places)
    {
        double[] q = Kernel(places);
        double total = q.Sum(), sum = 0;
        for (int k = 0; k < q.Length; k++)
            sum += joint[k] > 0 ? joint[k] * Math.Log(joint[k] / (q[k] / total)) : 0;
        return sum;
    }

    /// <summary>Slope of the divergence along each coordinate, [N, 2]: 4 sum (exaggeration p - q / Z) q (y_i - y_j).</summary>
    public static double[] Gradient(ReadOnlySpan<double> joint, ReadOnlySpan<double> places, double exaggeration = 1)
    {
        int points = places.Length / 2;
        double[] q = Kernel(places);
        double total = q.Sum();
        var gradient = new double[places.Length];
        for (int i = 0; i < points; i++)
        {
            for (int j = 0; j < points; j++)
            {
                int k = (i * points) + j;
                double force = 4 * ((exaggeration * joint[k]) - (q[k] / total)) * q[k];
                gradient[2 * i] += force * (places[2 * i] - places[2 * j]);
                gradient[(2 * i) + 1] += force * (places[(2 * i) + 1] - places[(2 * j) + 1]);
            }
        }
        return gradient;
    }
}
