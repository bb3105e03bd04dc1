using System.Runtime.Intrinsics;

namespace GpuMlp.Engine.Analyses.Similarity;

/// <summary>
/// Structural similarity (Wang, Bovik, Sheikh and Simoncelli 2004) of two maps of magnitudes on the scale 0..1: over every
/// window of 7 x 7 pixels that lies inside, uniformly weighted, (2 ab + C1)(2 cov + C2) / ((a^2 + b^2 + C1)(var a + var b + C2))
/// with C1 = 0.01^2 and C2 = 0.03^2; the mean over the windows. Images smaller than a window are one.
/// </summary>
/// <remarks>In double. Lanes hold neighbouring windows and never mix, so the bits do not depend on their number.</remarks>
internal sealed class SsimWindows
{
    private const int Window = 7;
    private const double C1 = 0.01 * 0.01, C2 = 0.03 * 0.03;

    private readonly int _rows, _columns, _height, _width, _across;
    private readonly double[] _values, _sum, _squares;

    public SsimWindows(int rows, int columns)
    {
        (_rows, _columns) = (rows, columns);
        (_height, _width) = (Math.Min(Window, rows), Math.Min(Window, columns));
        _across = columns - _width + 1;
        int windows = (rows - _height + 1) * _across;
        (_values, _sum, _squares) = (new double[rows * columns], new double[windows], new double[windows]);
    }

    /// <summary>Takes a map in; finite.</summary>
    public void Set(ReadOnlySpan<float> map, Scratch scratch)
    {
        float largest = 0;
        foreach (float value in map)
        {
            float magnitude = Math.Abs(value);
            if (magnitude > largest)
                largest = magnitude;
        }
        double scale = largest == 0 ? 0 : 1.0 / largest;
        for (int i = 0; i < map.Length; i++)
            _values[i] = scale * Math.Abs((double)map[i]);
        Sums(_values, _sum, scratch.Column);
        Multiply(_values, _values, scratch.Product);
        Sums(scratch.Product, _squares, scratch.Column);
    }

    /// <summary>Of this map and another; both have been set.</summary>
    public double With(SsimWindows other, Scratch scratch)
    {
        Multiply(_values, other._values, scratch.Product);
        double[] cross = scratch.Windows;
        Sums(scratch.Product, cross, scratch.Column);
        double share = 1.0 / (_height * _width), total = 0;
        int i = 0;
        Vector512<double> c1 = Vector512.Create(C1), c2 = Vector512.Create(C2);
        for (; i + Vector512<double>.Count <= cross.Length; i += Vector512<double>.Count)
        {
            Vector512<double> a = share * Vector512.Create(_sum, i), b = share * Vector512.Create(other._sum, i), ab = a * b;
            Vector512<double> squares = (a * a) + (b * b);
            Vector512<double> all = share * (Vector512.Create(_squares, i) + Vector512.Create(other._squares, i));
            Vector512<double> covariance = (share * Vector512.Create(cross, i)) - ab;
            ((((2 * ab) + c1) * ((2 * covariance) + c2)) / ((squares + c1) * (all - squares + c2))).CopyTo(cross, i);
        }
        for (; i < cross.Length; i++)
        {
            double a = share * _sum[i], b = share * other._sum[i], ab = a * b;
            double squares = (a * a) + (b * b), all = share * (_squares[i] + other._squares[i]);
            double covariance = (share * cross[i]) - ab;
            cross[i] = ((2 * ab) + C1) * ((2 * covariance) + C2) / ((squares + C1) * (all - squares + C2));
        }
        foreach (double window in cross)
            total += window;
        return total / cross.Length;
    }

    // Down the columns a running sum, then along the row a plain one.
    private void Sums(double[] values, double[] sums, double[] column)
    {
        Array.Clear(column);
        for (int row = 0; row < _rows; row++)
        {
            Add(values.AsSpan(row * _columns, _columns), column, 1);
            if (row >= _height)
                Add(values.AsSpan((row - _height) * _columns, _columns), column, -1);
            if (row < _height - 1)
                continue;
            Span<double> line = sums.AsSpan((row - _height + 1) * _across, _across);
            line.Clear();
            for (int dx = 0; dx < _width; dx++)
                Add(column.AsSpan(dx, _across), line, 1);
        }
    }

    private static void Add(ReadOnlySpan<double> values, Span<double> sums, double sign)
    {
        int i = 0;
        // Rows of 22 and 28: wider lanes would leave more of them over.
        for (; i + Vector256<double>.Count <= sums.Length; i += Vector256<double>.Count)
            (Vector256.Create<double>(sums[i..]) + (sign * Vector256.Create(values[i..]))).CopyTo(sums[i..]);
        for (; i < sums.Length; i++)
            sums[i] += sign * values[i];
    }

    private static void Multiply(double[] a, double[] b, double[] product)
    {
        int i = 0;
        for (; i + Vector512<double>.Count <= product.Length; i += Vector512<double>.Count)
            (Vector512.Create(a, i) * Vector512.Create(b, i)).CopyTo(product, i);
        for (; i < product.Length; i++)
            product[i] = a[i] * b[i];
    }

    /// <summary>Working memory, reused for map after map.</summary>
    public sealed class Scratch(int rows, int columns)
    {
        public double[] Column { get; } = new double[columns];

        public double[] Product { get; } = new double[rows * columns];

        public double[] Windows { get; } = new double[(rows - Math.Min(Window, rows) + 1) * (columns - Math.Min(Window, columns) + 1)];
    }
}
