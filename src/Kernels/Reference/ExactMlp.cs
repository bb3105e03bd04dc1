using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Reference;

/// <summary>
/// The arithmetic of the kernels itself, in plain loops over one model: integers where they have integers, and their named
/// roundings where they round. A kernel must have its bits. How near it is to the double reference is tested apart.
/// </summary>
public sealed class ExactMlp
{
    private readonly ModelParameters _model;
    private readonly int _inputs;

    /// <param name="model">W1 row-major [D, H]; not changed.</param>
    public ExactMlp(ModelParameters model)
    {
        _model = model;
        _inputs = model.W1.Length / model.B1.Length;
        Exponents = new int[model.B1.Length];
        Weights = new int[(_inputs + 1) * model.B1.Length];
        Quantise();
    }

    private int Hidden => _model.B1.Length;

    /// <summary>e of each column.</summary>
    public int[] Exponents { get; }

    /// <summary>Wq [D + 1, H]; the last row are the biases.</summary>
    public int[] Weights { get; }

    /// <summary>
    /// Whether the model has left the range of the arithmetic: then it computes nothing any more and its parameters stay.
    /// </summary>
    public bool Failed { get; private set; }

    private void Quantise()
    {
        Failed = !ExactSums.IsInRange(_model.B2[0]);
        for (int h = 0; h < Hidden; h++)
        {
            float largest = Math.Abs(_model.B1[h]);
            for (int d = 0; d < _inputs; d++)
                largest = MathF.Max(largest, Math.Abs(_model.W1[(d * Hidden) + h]));
            Exponents[h] = ExactSums.Exponent(largest);
            Failed |= Exponents[h] == ExactSums.OutOfRange || !ExactSums.IsInRange(Exponents[h], _model.W2[h], _inputs, Hidden);
        }
        if (Failed)
            return;
        for (int h = 0; h < Hidden; h++)
        {
            float scale = ExactSums.WeightScale(Exponents[h]);
            for (int d = 0; d <= _inputs; d++)
            {
                Weights[(d * Hidden) + h] = (int)MathF.Round(
                    (d < _inputs ? _model.W1[(d * Hidden) + h] : _model.B1[h]) * scale,
                    MidpointRounding.ToEven);
            }
        }
    }

    /// <summary>V [N, H], Z [N, H] = (float)V z, and logits [N]; NaN for a model that has failed.</summary>
    /// <param name="pixels">[N, D].</param>
    public (long[] V, float[] Z, float[] Logits) Forward(ReadOnlySpan<byte> pixels)
    {
        int rows = pixels.Length / _inputs;
        var (v, z, logits) = (new long[rows * Hidden], new float[rows * Hidden], new float[rows]);
        for (int n = 0; n < rows; n++)
        {
            long sum = (long)MathF.Round(_model.B2[0] * ExactSums.LogitUnits, MidpointRounding.ToEven);
            for (int h = 0; h < Hidden && !Failed; h++)
            {
                int at = (n * Hidden) + h;
                v[at] = (long)ExactSums.ConstantPixel * Weights[(_inputs * Hidden) + h];
                for (int d = 0; d < _inputs; d++)
                    v[at] += (long)pixels[(n * _inputs) + d] * Weights[(d * Hidden) + h];
                z[at] = v[at] * ExactSums.ActivationScale(Exponents[h]);
                float term = v[at] > 0 ? z[at] * _model.W2[h] : 0f;
                sum += (long)MathF.Round(term * ExactSums.LogitUnits, MidpointRounding.ToEven);
            }
            logits[n] = Failed ? float.NaN : sum / ExactSums.LogitUnits;
        }
        return (v, z, logits);
    }

    /// <summary>q [N], loss in whole nats and in units of 2^-32, and counts, from logits.</summary>
    public static (int[] Deltas, ExactTotals Totals) Output(ReadOnlySpan<float> logits, ReadOnlySpan<byte> labels)
    {
        var deltas = new int[logits.Length];
        var totals = ExactTotals.None(outputs: 1);
        for (int n = 0; n < logits.Length; n++)
        {
            float x = logits[n], y = labels[n];
            bool positive = x >= 0f, actual = y != 0, failed = float.IsNaN(x);
            float e = Formulas.ExpOfNegative<Scalar>(-GpuMath.Abs(x)).Value;
            float loss = GpuMath.Relu(x) - (x * y) + Formulas.Log1P<Scalar>(e).Value;
            float p = GpuMath.Divide(positive ? 1f : e, 1f + e), whole = MathF.Floor(loss);
            deltas[n] = failed ? 0 : (int)MathF.Round((p - y) * ExactSums.Largest, MidpointRounding.ToEven);
            totals += new ExactTotals(
                failed ? 0 : (long)whole,
                failed ? 0 : (long)MathF.Round((loss - whole) * ExactSums.LogitUnits, MidpointRounding.ToEven),
                [new ClassCounts(positive && actual ? 1 : 0, positive && !actual ? 1 : 0, !positive && actual ? 1 : 0)]);
        }
        return (deltas, totals);
    }

    /// <summary>G [D + 1, H]: sum over images of pixel * [V &gt; 0] * q.</summary>
    public long[] Backward(ReadOnlySpan<byte> pixels, long[] v, int[] deltas)
    {
        var sums = new long[(_inputs + 1) * Hidden];
        for (int n = 0; n < deltas.Length; n++)
        {
            for (int h = 0; h < Hidden; h++)
            {
                if (v[(n * Hidden) + h] <= 0)
                    continue;
                for (int d = 0; d < _inputs; d++)
                    sums[(d * Hidden) + h] += (long)pixels[(n * _inputs) + d] * deltas[n];
                sums[(_inputs * Hidden) + h] += (long)ExactSums.ConstantPixel * deltas[n];
            }
        }
        return sums;
    }

    /// <summary>Gradients of the batch's mean loss, as the kernels round them.</summary>
    /// <param name="sums">G of the whole batch.</param>
    /// <param name="deltas">q of the whole batch.</param>
    public ModelParameters Gradient(long[] sums, int[] deltas)
    {
        int batch = deltas.Length, shift = ExactSums.GradientShift(batch, _inputs);
        float scale = ExactSums.GradientScale(batch);
        var (w1, b1, w2) = (new float[_inputs * Hidden], new float[Hidden], new float[Hidden]);
        for (int h = 0; h < Hidden && !Failed; h++)
        {
            float factor = _model.W2[h] * scale;
            long product = 0, half = (1L << shift) >> 1;
            for (int d = 0; d <= _inputs; d++)
            {
                long sum = sums[(d * Hidden) + h];
                float gradient = GpuMath.Product(sum * ExactSums.PowerOfTwo(-40), factor);
                if (d < _inputs)
                    w1[(d * Hidden) + h] = gradient;
                else
                    b1[h] = gradient;
                product += Weights[(d * Hidden) + h] * ((sum + half) >> shift);
            }
            w2[h] = product * ExactSums.PowerOfTwo(shift + Exponents[h] - 63) * scale;
        }
        long bias = 0;
        foreach (int delta in deltas)
            bias += delta;
        return new ModelParameters(w1, b1, w2, [Failed ? 0f : bias * ExactSums.BiasScale(batch)]);
    }

    /// <summary>One epoch: for each batch forward, totals of the model as it is before the update, gradient, update.</summary>
    /// <param name="model">Its masked weights count as 0.</param>
    public static (ModelParameters Model, EpochTotals Totals) TrainEpoch(
        ModelParameters model, float rate, ReadOnlySpan<byte> pixels, ReadOnlySpan<byte> labels, ChunkSchedule schedule,
        float decay = 0, ModelMask? mask = null)
    {
        int inputs = model.W1.Length / model.B1.Length;
        var totals = ExactTotals.None(outputs: 1);
        bool failed = false;
        model = Masked(model, mask);
        int images = 0;
        foreach (Chunk batch in schedule.Chunks.Where(chunk => chunk.IsFirst))
        {
            ReadOnlySpan<byte> rows = pixels.Slice(batch.FirstRow * inputs, batch.BatchRows * inputs);
            var exact = new ExactMlp(model);
            (long[] v, _, float[] logits) = exact.Forward(rows);
            (int[] deltas, ExactTotals own) = Output(logits, labels.Slice(batch.FirstRow, batch.BatchRows));
            totals += own;
            images += batch.BatchRows;
            failed |= exact.Failed;
            if (!exact.Failed)
                model = Step(model, rate, Masked(exact.Gradient(exact.Backward(rows, v, deltas), deltas), mask), decay);
        }
        return (model, totals.ToEpoch(images, failed));
    }

    private static ModelParameters Step(ModelParameters model, float rate, ModelParameters gradient, float decay)
    {
        float[] Row(float[] values, float[] slopes, float shrink) =>
            [.. values.Zip(
                slopes,
                (value, slope) => MathF.FusedMultiplyAdd(
                    -rate, shrink == 0 ? slope : MathF.FusedMultiplyAdd(shrink, value, slope), value))];
        return new ModelParameters(
            Row(model.W1, gradient.W1, decay), Row(model.B1, gradient.B1, 0), Row(model.W2, gradient.W2, decay),
            Row(model.B2, gradient.B2, 0));
    }

    /// <summary>Parameters, or gradients, with 0 where the mask keeps nothing.</summary>
    internal static ModelParameters Masked(ModelParameters model, ModelMask? mask) => mask is null
        ? model
        : model with
        {
            W1 = [.. model.W1.Zip(mask.W1, (w, kept) => kept
            ? w
            : 0f)],
            W2 = [.. model.W2.Zip(mask.W2, (w, kept) => kept ? w : 0f)]
        };
}
