using GpuMlp.Kernels.Analyses.Tsne;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Reference;

namespace GpuMlp.Kernels.Verification;

/// <summary>
/// How a t-SNE kernel is compared with the double reference: each on the float32 numbers that the kernel before it left, so
/// that its bound is that of its own arithmetic.
/// </summary>
internal static class TsneCase
{
    private const double Unit = RunningError.Unit;

    // Roundings of a term besides those of its sum: differences, products, the quotient, the store.
    private const int Few = 12;

    // A tenth of the points, as far as that is a perplexity.
    private static double Perplexity(int points) => Math.Max(1.5, points / 10.0);

    public static bool Has(Operation operation) => operation
        is TsneDistancesOperation or TsneAffinitiesOperation or TsneSymmetrizeOperation or TsneForcesOperation
            or TsneStepOperation or TsneDivergenceOperation;

    public static void Run(DeviceKernels kernels, Operation operation, Shape shape)
    {
        ComputeDevice device = kernels.Device;

        // At least five points: three others bear a perplexity of 1.5.
        int points = Math.Max(5, shape.Images), hidden = shape.Hidden[0];
        using var buffer = new EmbeddingBuffer(device, Features(points, hidden), hidden);
        string name = $"{points} points of {hidden} features";
        kernels.Distances(buffer);
        if (operation is TsneDistancesOperation)
        {
            Distances(name, kernels, buffer);
            return;
        }
        float[] distances = device.Download(buffer.Views.Conditional);
        kernels.Affinities(buffer, Perplexity(points));
        if (operation is TsneAffinitiesOperation)
        {
            Affinities(name, kernels, buffer, distances);
            return;
        }
        kernels.Symmetrize(buffer);
        Spread(buffer);
        switch (operation)
        {
            case TsneSymmetrizeOperation: Symmetrize(name, kernels, buffer); break;
            case TsneForcesOperation: Forces(name, kernels, buffer); break;
            case TsneStepOperation: Step(name, kernels, buffer); break;
            default:
                double[] joint = Matrix(device.Download(buffer.Views.Joint), buffer), places = Places(buffer);
                Check.Near(
                    $"{name}: divergence",
                    ReferenceTsne.Divergence(joint, places),
                    kernels.Divergence(buffer),
                    DivergenceBound(joint, places));
                break;
        }
    }

    /// <summary>Two blurred groups of points, half of the features 0 as after relu, and two points that are the same.</summary>
    internal static float[] Features(int points, int hidden)
    {
        var random = new System.Random(points + hidden);
        var features = new float[points * hidden];
        for (int i = 0; i < points; i++)
        {
            for (int h = 0; h < hidden; h++)
                features[(i * hidden) + h] = Math.Max(0, (float)((2 * random.NextDouble()) - 1 + (i % 2 == h % 2 ? 0.7 : 0)));
        }
        features.AsSpan(0, hidden).CopyTo(features.AsSpan(hidden, hidden));
        return features;
    }

    /// <summary>[N, 2] from a buffer.</summary>
    internal static double[] Places(EmbeddingBuffer buffer)
    {
        (float[] x, float[] y) = buffer.DownloadPlaces();
        return [.. Enumerable.Range(0, buffer.Points).SelectMany(i => new double[] { x[i], y[i] })];
    }

    /// <summary>[N, N] without the padding.</summary>
    internal static double[] Matrix(float[] values, EmbeddingBuffer buffer) =>
        [.. Enumerable.Range(0, buffer.Points)
            .SelectMany(i => values.Skip(i * buffer.Stride).Take(buffer.Points).Select(value => (double)value))];

    // Places of the size that an embedding has half way.
    internal static void Spread(EmbeddingBuffer buffer)
    {
        var random = new System.Random(buffer.Points);
        var places = new float[2 * buffer.Stride];
        for (int i = 0; i < places.Length; i++)
            places[i] = i % buffer.Stride < buffer.Points ? (float)((20 * random.NextDouble()) - 10) : 0;
        buffer.SetPlaces(places);
    }

    private static double Bound(int terms, double sum) => RunningError.Slack * (terms + Few) * Unit * sum;

    private static void Distances(string name, DeviceKernels kernels, EmbeddingBuffer buffer)
    {
        float[] stored = kernels.Device.Download(buffer.Views.Features);
        double[] features = [.. Enumerable.Range(0, buffer.Points)
            .SelectMany(i => Enumerable.Range(0, buffer.Hidden).Select(h => (double)stored[(h * buffer.Stride) + i]))];
        double[] expected = ReferenceTsne.Distances(features, buffer.Hidden);
        double[] actual = Matrix(kernels.Device.Download(buffer.Views.Conditional), buffer);
        for (int i = 0; i < buffer.Points; i++)
        {
            int own = i * (buffer.Points + 1);
            Check.Equal((double)TsneDistances.Far, actual[own]);
            actual[own] = 0;
        }
        Check.Near($"{name}: distances", expected, actual, [.. expected.Select(d => Bound(buffer.Hidden, d))]);
    }

    private static void Affinities(string name, DeviceKernels kernels, EmbeddingBuffer buffer, float[] distances)
    {
        int points = buffer.Points;
        double[] d = Matrix(distances, buffer), actual = Matrix(kernels.Device.Download(buffer.Views.Conditional), buffer);
        float[] betas = kernels.Device.Download(buffer.Views.Precisions);
        for (int i = 0; i < points; i++)
        {
            double[] row = d[(i * points)..((i + 1) * points)], p = actual[(i * points)..((i + 1) * points)];
            double[] expected = ReferenceTsne.Conditional(row, i, betas[i]);
            double nearest = row.Where((_, j) => j != i).Min();

            // exp takes a rounded argument: its error is that of the argument, and of a share that counts as none all of it.
            Check.Near(
                $"{name}: p of row {i}", expected, p,
                [.. expected.Select(
                    (value, j) => j == i ? 0
                        : TsneSearch.LeastShare + Bound(points, value) + (value * 4 * Unit * betas[i] * (row[j] - nearest)))]);

            // Steps are halves of an interval whose entropies differ; a row may be too crowded for its perplexity at any beta.
            double excess = ReferenceTsne.Entropy(p) - Math.Log(Perplexity(points));
            Check.True(
                Math.Abs(excess) <= TsneSearch.Tolerance + Bound(points, 1 + Math.Log(points)) || Crowded(row, i, points),
                $"{name}: the entropy of row {i} is off by {excess:G3}");
        }
    }

    private static bool Crowded(double[] row, int i, int points)
    {
        double nearest = row.Where((_, j) => j != i).Min();
        return row.Where((_, j) => j != i).Count(d => d <= nearest) >= Perplexity(points);
    }

    private static void Symmetrize(string name, DeviceKernels kernels, EmbeddingBuffer buffer)
    {
        double[] expected = ReferenceTsne.Joint(Matrix(kernels.Device.Download(buffer.Views.Conditional), buffer), buffer.Points);
        double[] actual = Matrix(kernels.Device.Download(buffer.Views.Joint), buffer);
        Check.Near($"{name}: joint", expected, actual, [.. expected.Select(p => 1e-44 + Bound(1, p))]);
        for (int i = 0; i < buffer.Points; i++)
        {
            for (int j = 0; j < buffer.Points; j++)
                Check.Equal(actual[(i * buffer.Points) + j], actual[(j * buffer.Points) + i]);
        }
    }

    private static void Forces(string name, DeviceKernels kernels, EmbeddingBuffer buffer)
    {
        kernels.Forces(buffer);
        int points = buffer.Points;
        float[] forces = kernels.Device.Download(buffer.Views.Forces);
        double[] joint = Matrix(kernels.Device.Download(buffer.Views.Joint), buffer), places = Places(buffer), q = ReferenceTsne.Kernel(
            places);
        for (int kind = 0; kind < 5; kind++)
        {
            double[] expected = new double[points], bound = new double[points];
            for (int i = 0; i < points; i++)
            {
                double magnitude = 0;
                for (int j = 0; j < points; j++)
                {
                    int k = (i * points) + j;
                    double along = places[(2 * i) + ((kind + 1) % 2)] - places[(2 * j) + ((kind + 1) % 2)];
                    double term = kind == 0 ? q[k] : kind < 3 ? joint[k] * q[k] * along : q[k] * q[k] * along;
                    expected[i] += term;
                    magnitude += Math.Abs(term);
                }

                // The row's sum of q holds the point itself until the end.
                bound[i] = Bound(points, magnitude + (kind == 0 ? 1 : 0));
            }
            string what = kind == 0 ? "sum of q" : kind < 3 ? "attraction" : "repulsion";
            Check.Near($"{name}: {what}", expected, forces.AsSpan(kind * buffer.Stride, points), bound);
        }
    }

    private static void Step(string name, DeviceKernels kernels, EmbeddingBuffer buffer)
    {
        const float Exaggeration = 3, Momentum = 0.5f, Rate = 2;
        int points = buffer.Points;
        double[] places;

        // Float32 forces as the kernel gets them; what it does with them is off by a few roundings of the largest number in it.
        for (int step = 0; step < 3; step++)
        {
            places = Places(buffer);
            kernels.Forces(buffer);
            float[] forces = kernels.Device.Download(buffer.Views.Forces), motion = kernels.Device.Download(buffer.Views.Motion);
            kernels.Step(buffer, Exaggeration, Momentum, Rate);
            double total = forces.Take(points).Sum(z => (double)z);
            double[] expected = new double[2 * points], bound = new double[2 * points];
            for (int axis = 0; axis < 2; axis++)
            {
                double mean = 0, largest = 0;
                for (int i = 0; i < points; i++)
                {
                    int at = (2 * i) + axis;
                    double attract = forces[((1 + axis) * buffer.Stride) + i], repel = forces[((3 + axis) * buffer.Stride) + i];
                    double gradient = 4 * ((Exaggeration * attract) - (repel / total));
                    (double v, double g) = (motion[(axis * buffer.Stride) + i], motion[((2 + axis) * buffer.Stride) + i]);
                    g = Math.Max(
                        Math.Sign(gradient) == Math.Sign(v) && v != 0 ? g * TsneMove.Decline : g + TsneMove.Growth,
                        TsneMove.LeastGain);
                    double moved = (Momentum * v) - (Rate * g * gradient);
                    expected[at] = places[at] + moved;
                    bound[at] = Bound(1, Math.Abs(expected[at]) + Math.Abs(Momentum * v)
                        + (4 * Rate * g * ((Exaggeration * Math.Abs(attract)) + Math.Abs(repel / total))));
                    mean += expected[at] / points;
                    largest = Math.Max(largest, bound[at]);
                }
                for (int i = 0; i < points; i++)
                {
                    expected[(2 * i) + axis] -= mean;
                    bound[(2 * i) + axis] += largest + Bound(1, Math.Abs(mean));
                }
            }
            Check.Near($"{name}: places after step {step + 1}", expected, Places(buffer), bound);
        }
    }

    // Double arithmetic on float32 sums of q: Z alone is rounded.
    private static double DivergenceBound(double[] joint, double[] places) =>
        Bound(places.Length / 2, 1) + (1e-12 * joint.Where(p => p > 0).Sum(p => p * (1 + Math.Abs(Math.Log(p)))));
}
