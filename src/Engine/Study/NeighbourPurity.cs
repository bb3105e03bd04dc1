using System.Runtime.CompilerServices;
using GpuMlp.Engine.Analyses.Embedding;

namespace GpuMlp.Engine.Study;

/// <summary>How far the classes of a picture are apart, as a number.</summary>
public static class NeighbourPurity
{
    /// <summary>Neighbours looked at: enough that one stray point does not count, few enough that they are near.</summary>
    public const int Neighbours = 10;

    /// <summary>
    /// Mean over the points of the share of their <see cref="Neighbours"/> nearest other points (Euclidean; ties go to the
    /// earlier point) that have their label: 1 when classes are apart, about the share of the larger class when they are
    /// mixed. NaN below two points. Cost: points^2.
    /// </summary>
    // Compiled at once: a report has a dozen pictures, and they are done by the time that this loop would be compiled well.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Of(IReadOnlyList<EmbeddingPoint> points)
    {
        int count = points.Count, neighbours = Math.Min(Neighbours, count - 1);
        if (neighbours < 1)
        {
            return double.NaN;
        }

        long same = 0;
        double[] xs = [.. points.Select(point => point.X)], ys = [.. points.Select(point => point.Y)];
        int[] classes = [.. points.Select(point => point.Label)];
        Span<double> nearest = stackalloc double[Neighbours];
        Span<int> labels = stackalloc int[Neighbours];
        for (int i = 0; i < count; i++)
        {
            double ownX = xs[i], ownY = ys[i];
            int filled = 0;
            for (int j = 0; j < count; j++)
            {
                double x = xs[j] - ownX, y = ys[j] - ownY;
                double distance = (x * x) + (y * y);
                if (j == i || (filled == neighbours && !(distance < nearest[filled - 1])))
                {
                    continue;
                }

                int place = filled < neighbours ? filled++ : filled - 1;
                for (; place > 0 && distance < nearest[place - 1]; place--)
                {
                    nearest[place] = nearest[place - 1];
                    labels[place] = labels[place - 1];
                }

                nearest[place] = distance;
                labels[place] = classes[j];
            }

            for (int k = 0; k < neighbours; k++)
            {
                same += labels[k] == classes[i] ? 1 : 0;
            }
        }

        return same / (double)((long)count * neighbours);
    }
}
