using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;

namespace GpuMlp.Kernels.Reference;

/// <summary>
/// The arithmetic of the kernels itself, in plain loops over one model: integers where they have integers, and their named
/// roundings where they round. A kernel must have its bits. How near it is to the double reference is tested apart.
/// </summary>
public sealed class ExactMlp
{
    private readonly ModelParameters _model;
    private readonly ModelLearning _learning;
    private readonly int _inputs;

    /// <param name="model">W1 row-major [D, H]; not changed.</param>
    /// <param name="learning">How it learns; null as usual.</param>
    public ExactMlp(ModelParameters model, ModelLearning? learning = null)
    {
        _model = model;
        _learning = learning ?? ModelLearning.Usual;
        _inputs = model.W1.Length / model.B1.Length;
        Exponents = new int[model.B1.Length];
        BackExponents = new int[model.B1.Length];
        Weights = new int[(_inputs + 1) * model.B1.Length];
        Quantise();
    }

    private int Hidden => _model.B1.Length;

    private int Outputs => _model.Outputs;

    /// <summary>f of each column, of models with a logit a class.</summary>
    public int[] BackExponents { get; }

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
        Failed = !_model.B2.All(ExactSums.IsInRange);
        for (int h = 0; h < Hidden; h++)
        {
            float largest = Math.Abs(_model.B1[h]);
            for (int d = 0; d < _inputs; d++)
                largest = MathF.Max(largest, Math.Abs(_model.W1[(d * Hidden) + h]));
            Exponents[h] = ExactSums.Exponent(largest);
            Failed |= Exponents[h] == ExactSums.OutOfRange;
            float weights = 0;
            for (int k = 0; k < Outputs; k++)
            {
                float weight = _model.W2[(k * Hidden) + h];
                weights += Math.Abs(weight);
                Failed |= !Failed && !ExactSums.IsInRange(Exponents[h], weight * _learning.DropoutScale, _inputs, Hidden);
            }
            BackExponents[h] = Outputs == 1 ? 0 : ExactSums.Exponent(weights);
            Failed |= BackExponents[h] == ExactSums.OutOfRange;
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

    /// <summary>V [N, H], Z [N, H] = (float)V z, and logits [N, O]; NaN for a model that has failed.</summary>
    /// <param name="pixels">[N, D].</param>
    /// <param name="dropped">[N, H], in a step of training: units that are dropped, whose V is 0; Z of the others is divided by 1 - p. Null
    /// where nothing is dropped.</param>
    public (long[] V, float[] Z, float[] Logits) Forward(ReadOnlySpan<byte> pixels, bool[]? dropped = null)
    {
        int rows = pixels.Length / _inputs;
        var (v, z, logits) = (new long[rows * Hidden], new float[rows * Hidden], new float[rows * Outputs]);
        for (int n = 0; n < rows; n++)
        {
            long[] sums = [.. _model.B2.Select(bias => Failed
                ? 0
                : (long)MathF.Round(bias * ExactSums.LogitUnits, MidpointRounding.ToEven))];
            for (int h = 0; h < Hidden && !Failed; h++)
            {
                int at = (n * Hidden) + h;
                v[at] = (long)ExactSums.ConstantPixel * Weights[(_inputs * Hidden) + h];
                for (int d = 0; d < _inputs; d++)
                    v[at] += (long)pixels[(n * _inputs) + d] * Weights[(d * Hidden) + h];
                if (dropped is not null && dropped[at])
                    v[at] = 0;
                z[at] = v[at] * ExactSums.ActivationScale(Exponents[h]);
                if (dropped is not null)
                    z[at] *= _learning.DropoutScale;
                for (int k = 0; k < Outputs; k++)
                {
                    float term = v[at] > 0 ? z[at] * _model.W2[(k * Hidden) + h] : 0f;
                    sums[k] += (long)MathF.Round(term * ExactSums.LogitUnits, MidpointRounding.ToEven);
                }
            }
            for (int k = 0; k < Outputs; k++)
                logits[(n * Outputs) + k] = Failed ? float.NaN : sums[k] / ExactSums.LogitUnits;
        }
        return (v, z, logits);
    }

    /// <summary>q [N, O], loss in whole nats and in units of 2^-32 without class weights, and counts, from logits [N, O].</summary>
    /// <param name="outputs">O.</param>
    /// <param name="learning">How the model learns; null as usual.</param>
    public static (int[] Deltas, ExactTotals Totals) Output(
        ReadOnlySpan<float> logits, ReadOnlySpan<byte> labels, int outputs, ModelLearning? learning = null)
    {
        learning ??= ModelLearning.Usual;
        if (outputs == 1)
            return Output(logits, labels, learning);
        var deltas = new int[logits.Length];
        var totals = ExactTotals.None(outputs);
        for (int n = 0; n < labels.Length; n++)
        {
            ReadOnlySpan<float> x = logits.Slice(n * outputs, outputs);
            bool failed = float.IsNaN(x[0]);
            int best = 0, label = labels[n];
            for (int k = 1; k < outputs; k++)
                best = x[k] > x[best] ? k : best;
            float[] shares = new float[outputs];
            float others = 0;
            for (int k = 0; k < outputs; k++)
            {
                shares[k] = Softmax.Share<Scalar>(x[k], x[best]).Value;
                others = k == best ? others : others + shares[k];
            }
            float loss = x[best] - x[label] + Softmax.LogOfSum<Scalar>(others, Softmax.Halvings(outputs)).Value, whole = MathF.Floor(loss);
            for (int k = 0; k < outputs && !failed; k++)
            {
                float p = GpuMath.Divide(shares[k], 1f + others);
                float part = (p - (k == label ? 1f : 0f)) * learning.ClassScale(label);
                deltas[(n * outputs) + k] = (int)MathF.Round(part * ExactSums.Largest, MidpointRounding.ToEven);
            }
            var counts = new ClassCounts[outputs];
            counts[best] += best == label ? new ClassCounts(1, 0, 0) : new ClassCounts(0, 1, 0);
            counts[label] += best == label ? default : new ClassCounts(0, 0, 1);
            totals += new ExactTotals(
                failed ? 0 : (long)whole,
                failed ? 0 : (long)MathF.Round((loss - whole) * ExactSums.LogitUnits, MidpointRounding.ToEven), counts);
        }
        return (deltas, totals);
    }

    /// <summary>The same from logits [N] of models with one.</summary>
    private static (int[] Deltas, ExactTotals Totals) Output(
        ReadOnlySpan<float> logits, ReadOnlySpan<byte> labels, ModelLearning learning)
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
            float part = (p - y) * learning.ClassScale(labels[n]);
            deltas[n] = failed ? 0 : (int)MathF.Round(part * ExactSums.Largest, MidpointRounding.ToEven);
            totals += new ExactTotals(
                failed ? 0 : (long)whole,
                failed ? 0 : (long)MathF.Round((loss - whole) * ExactSums.LogitUnits, MidpointRounding.ToEven),
                [new ClassCounts(positive && actual ? 1 : 0, positive && !actual ? 1 : 0, !positive && actual ? 1 : 0)]);
        }
        return (deltas, totals);
    }

    /// <summary>
    /// [N, H]: what goes back to a unit where V is above 0: q, or with a logit a class rint(2^-f sum over k of w2_k q_k), in the order of
    /// k.
    /// </summary>
    /// <param name="deltas">q [N, O].</param>
    public int[] Back(long[] v, int[] deltas)
    {
        var back = new int[v.Length];
        for (int at = 0; at < back.Length && !Failed; at++)
        {
            int n = at / Hidden, h = at % Hidden;
            float sum = 0;
            for (int k = 0; k < Outputs; k++)
                sum = MathF.FusedMultiplyAdd(_model.W2[(k * Hidden) + h], deltas[(n * Outputs) + k], sum);
            int own = Outputs == 1
                ? deltas[n]
                : (int)MathF.Round(sum * ExactSums.PowerOfTwo(-BackExponents[h]), MidpointRounding.ToEven);
            back[at] = v[at] > 0 ? own : 0;
        }
        return back;
    }

    /// <summary>G [D + 1, H]: sum over images of pixel * [V &gt; 0] * q, or what <see cref="Back"/> has in the place of q.</summary>
    public long[] Backward(ReadOnlySpan<byte> pixels, long[] v, int[] deltas)
    {
        int[] back = Back(v, deltas);
        var sums = new long[(_inputs + 1) * Hidden];
        for (int n = 0; n < v.Length / Hidden; n++)
        {
            for (int h = 0; h < Hidden; h++)
            {
                int delta = back[(n * Hidden) + h];
                if (delta == 0)
                    continue;
                for (int d = 0; d < _inputs; d++)
                    sums[(d * Hidden) + h] += (long)pixels[(n * _inputs) + d] * delta;
                sums[(_inputs * Hidden) + h] += (long)ExactSums.ConstantPixel * delta;
            }
        }
        return sums;
    }

    /// <summary>[O, H] with a logit a class: sum over images of activation times q, both as integers.</summary>
    /// <param name="z">Z [N, H] of the whole batch.</param>
    /// <param name="deltas">q [N, O] of the whole batch.</param>
    public long[] OutputSums(float[] z, int[] deltas)
    {
        int batch = deltas.Length / Outputs;
        var sums = new long[Outputs * Hidden];
        for (int at = 0; at < z.Length && !Failed; at++)
        {
            int n = at / Hidden, h = at % Hidden;
            float scale = ExactSums.PowerOfTwo(ActivationPower(batch, h));
            long activation = z[at] > 0 ? (long)MathF.Round(z[at] * scale, MidpointRounding.ToEven) : 0;
            for (int k = 0; k < Outputs; k++)
                sums[(k * Hidden) + h] = checked(sums[(k * Hidden) + h] + (activation * deltas[(n * Outputs) + k]));
        }
        return sums;
    }

    /// <summary>Gradients of the batch's mean loss, as the kernels round them.</summary>
    /// <param name="sums">G of the whole batch.</param>
    /// <param name="deltas">q of the whole batch.</param>
    /// <param name="z">Z of the whole batch.</param>
    public ModelParameters Gradient(long[] sums, int[] deltas, float[] z)
    {
        int batch = deltas.Length / Outputs, shift = ExactSums.GradientShift(batch, _inputs);
        float scale = ExactSums.GradientScale(batch), columnFactor = _learning.DropoutScale * _learning.ClassFactor;
        var (w1, b1, w2) = (new float[_inputs * Hidden], new float[Hidden], new float[Outputs * Hidden]);
        long[] outputSums = Outputs == 1 ? [] : OutputSums(z, deltas);
        for (int h = 0; h < Hidden && !Failed; h++)
        {
            float factor = (Outputs == 1 ? _model.W2[h] : ExactSums.PowerOfTwo(BackExponents[h])) * columnFactor * scale;
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
            if (Outputs == 1)
                w2[h] = product * ExactSums.PowerOfTwo(shift + Exponents[h] - 63) * scale * columnFactor;
            int power = ActivationPower(batch, h);
            for (int at = h; at < outputSums.Length; at += Hidden)
                w2[at] = outputSums[at] * ExactSums.PowerOfTwo(-power) * ExactSums.BiasScale(batch) * _learning.ClassFactor;
        }
        var biases = new long[Outputs];
        for (int at = 0; at < deltas.Length; at++)
            biases[at % Outputs] += deltas[at];
        float biasScale = ExactSums.BiasScale(batch);
        return new ModelParameters(
            w1, b1, w2, [.. biases.Select(sum => Failed ? 0f : sum * biasScale * _learning.ClassFactor)]);
    }

    // Activations of units that are kept have the room that dropout's factor takes.
    private int ActivationPower(int batch, int h) => ExactSums.ActivationPower(
        ExactSums.ActivationBits(batch), _inputs, Exponents[h] + ExactSums.CeilingLog2(_learning.DropoutScale));

    /// <summary>One epoch: for each batch forward, totals of the model as it is before the update, gradient, update.</summary>
    /// <param name="model">Its masked weights count as 0.</param>
    /// <param name="learning">How it learns; null as usual.</param>
    /// <param name="dropout">Which units are dropped, in the epoch beside it; null for none.</param>
    public static (ModelParameters Model, EpochTotals Totals) TrainEpoch(
        ModelParameters model, float rate, ReadOnlySpan<byte> pixels, ReadOnlySpan<byte> labels, ChunkSchedule schedule,
        float decay = 0, ModelMask? mask = null, ModelLearning? learning = null, ReferenceDropout? dropout = null, int epoch = 0)
    {
        int inputs = model.W1.Length / model.B1.Length;
        var totals = ExactTotals.None(model.Outputs);
        bool failed = false;
        model = Masked(model, mask);
        int images = 0;
        foreach (Chunk batch in schedule.Chunks.Where(chunk => chunk.IsFirst))
        {
            ReadOnlySpan<byte> rows = pixels.Slice(batch.FirstRow * inputs, batch.BatchRows * inputs);
            var exact = new ExactMlp(model, learning);
            bool[]? dropped = dropout?.Of(learning?.Dropout ?? 0, model.Hidden, epoch, batch.FirstRow, batch.BatchRows);
            (long[] v, float[] z, float[] logits) = exact.Forward(rows, dropped);
            (int[] deltas, ExactTotals own) = Output(logits, labels.Slice(batch.FirstRow, batch.BatchRows), model.Outputs, learning);
            totals += own;
            images += batch.BatchRows;
            failed |= exact.Failed;
            if (!exact.Failed)
                model = Step(model, rate, Masked(exact.Gradient(exact.Backward(rows, v, deltas), deltas, z), mask), decay);
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
