using System.Numerics;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Perf;

/// <summary>
/// One model in plain loops over numbers of one kind: every sum goes from its first term to its last, and each operation rounds.
/// </summary>
/// <remarks>Zero pixels are left out, which changes no sum.</remarks>
internal sealed class PlainMlp<T>
    where T : struct, IFloatingPointIeee754<T>
{
    private readonly int _hidden, _b1, _w2, _b2;

    public PlainMlp(ModelParameters start)
    {
        _hidden = start.B1.Length;
        _b1 = start.W1.Length;
        _w2 = _b1 + _hidden;
        _b2 = _w2 + _hidden;
        Parameters = [.. PlainParts.Flat(start).Select(T.CreateChecked)];
    }

    /// <summary>W1 [D, H], b1 [H], w2 [H] and b2, one behind the other.</summary>
    public T[] Parameters { get; }

    /// <summary>Logits [N].</summary>
    public T[] Logits(PlainImages<T> images)
    {
        var z = new T[_hidden];
        return [.. Enumerable.Range(0, images.Count).Select(n => Forward(images, n, z))];
    }

    /// <summary>The gradient of a batch's mean loss, as <see cref="Parameters"/>.</summary>
    /// <param name="loss">Sum over the batch.</param>
    public T[] Gradient(PlainImages<T> images, int first, int rows, out T loss)
    {
        var gradient = new T[Parameters.Length];
        var z = new T[_hidden];
        T batch = T.CreateChecked(rows);
        loss = T.Zero;
        for (int n = first; n < first + rows; n++)
        {
            T logit = Forward(images, n, z), label = images.Labels[n], e = T.Exp(-T.Abs(logit));
            loss += T.Max(logit, T.Zero) - (logit * label) + T.LogP1(e);
            T delta = (((logit >= T.Zero ? T.One : e) / (T.One + e)) - label) / batch;
            gradient[_b2] += delta;
            for (int h = 0; h < _hidden; h++)
            {
                gradient[_w2 + h] += T.Max(z[h], T.Zero) * delta;
                z[h] = z[h] > T.Zero ? delta * Parameters[_w2 + h] : T.Zero;
                gradient[_b1 + h] += z[h];
            }
            for (int at = images.Starts[n]; at < images.Starts[n + 1]; at++)
            {
                Span<T> row = gradient.AsSpan(images.Index[at] * _hidden, _hidden);
                T pixel = images.Value[at];
                for (int h = 0; h < row.Length; h++)
                    row[h] += pixel * z[h];
            }
        }
        return gradient;
    }

    /// <summary>Batches of consecutive images, each with its step.</summary>
    /// <returns>The mean loss, of each batch before its step.</returns>
    public T TrainEpoch(PlainImages<T> images, int batch, float rate)
    {
        T step = T.CreateChecked(rate), sum = T.Zero;
        for (int first = 0; first < images.Count; first += batch)
        {
            T[] gradient = Gradient(images, first, Math.Min(batch, images.Count - first), out T loss);
            sum += loss;
            for (int i = 0; i < gradient.Length; i++)
                Parameters[i] -= step * gradient[i];
        }
        return sum / T.CreateChecked(images.Count);
    }

    private T Forward(PlainImages<T> images, int n, T[] z)
    {
        Parameters.AsSpan(_b1, _hidden).CopyTo(z);
        for (int at = images.Starts[n]; at < images.Starts[n + 1]; at++)
        {
            ReadOnlySpan<T> row = Parameters.AsSpan(images.Index[at] * _hidden, _hidden);
            T pixel = images.Value[at];
            for (int h = 0; h < row.Length; h++)
                z[h] += pixel * row[h];
        }
        T logit = Parameters[_b2];
        for (int h = 0; h < z.Length; h++)
            logit += T.Max(z[h], T.Zero) * Parameters[_w2 + h];
        return logit;
    }
}

/// <summary>Images as lists of pixels that are not 0, pixel / 255.</summary>
internal sealed class PlainImages<T>
    where T : struct, IFloatingPointIeee754<T>
{
    /// <param name="pixels">[N, D].</param>
    /// <param name="labels">[N], 0 or 1.</param>
    public PlainImages(byte[] pixels, byte[] labels)
    {
        int inputs = pixels.Length / labels.Length;
        Labels = [.. labels.Select(T.CreateChecked)];
        Starts = new int[labels.Length + 1];
        (List<int> index, List<T> value) = ([], []);
        for (int n = 0; n < labels.Length; n++)
        {
            for (int d = 0; d < inputs; d++)
            {
                if (pixels[(n * inputs) + d] is var pixel and not 0)
                {
                    index.Add(d);
                    value.Add(T.CreateChecked(pixel) / T.CreateChecked(byte.MaxValue));
                }
            }
            Starts[n + 1] = index.Count;
        }
        (Index, Value) = ([.. index], [.. value]);
    }

    public T[] Labels { get; }

    /// <summary>Where the entries of each image begin, and one end.</summary>
    public int[] Starts { get; }

    public int[] Index { get; }

    public T[] Value { get; }

    /// <summary>N.</summary>
    public int Count => Labels.Length;
}

/// <summary>Parameters, or their gradients, one behind the other.</summary>
internal static class PlainParts
{
    public static float[] Flat(ModelParameters model) => [.. model.W1, .. model.B1, .. model.W2, .. model.B2];
}
