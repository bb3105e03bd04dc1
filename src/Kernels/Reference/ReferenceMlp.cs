using GpuMlp.Kernels.Memory;

namespace GpuMlp.Kernels.Reference;

/// <summary>
/// The slow truth: one model D-H-1 in plain loops and double, one formula a loop. Kernels are compared with it; nothing
/// else calls it.
/// </summary>
/// <remarks>
/// Z = X W1 + b1; A = relu(Z); logit = A w2 + b2; p = sigmoid(logit); d2 = (p - y) / B; d1 = d2 w2 [Z &gt; 0];
/// dW1 = X^T d1; dw2 = A^T d2; biases are sums. Images are rows of X, row-major [B, D]; y is 0 or 1. With a logit a class logits, p and
/// d2 are [B, O], p = softmax(logits), y is the number of the class, d2_k = (p_k - [y = k]) / B and d1 = [Z &gt; 0] sum of d2_k w2_k.
/// </remarks>
public static class ReferenceMlp
{
    /// <summary>How far a perturbation map moves a pixel.</summary>
    public const double PerturbationStep = 0.1;

    /// <summary>Pixel / 255.</summary>
    public static double[] Scale(ReadOnlySpan<byte> pixels)
    {
        var scaled = new double[pixels.Length];
        for (int i = 0; i < scaled.Length; i++)
            scaled[i] = pixels[i] / 255.0;
        return scaled;
    }

    /// <param name="kept">
    /// [B, H] in a step of training with dropout: what an activation is multiplied by, 0 or 1 / (1 - p); empty for 1.
    /// </param>
    public static ReferenceForward Forward(ReferenceParameters model, ReadOnlySpan<double> x, ReadOnlySpan<double> kept = default)
    {
        int inputs = model.Inputs, hidden = model.Hidden, rows = x.Length / inputs;
        int outputs = model.Outputs;
        double[] z = new double[rows * hidden], a = new double[rows * hidden], logits = new double[rows * outputs];
        double[] p = new double[rows * outputs];
        for (int n = 0; n < rows; n++)
        {
            model.B2.CopyTo(logits, n * outputs);
            for (int h = 0; h < hidden; h++)
            {
                double sum = model.B1[h];
                for (int d = 0; d < inputs; d++)
                    sum += x[(n * inputs) + d] * model.W1[(d * hidden) + h];
                z[(n * hidden) + h] = sum;
                a[(n * hidden) + h] = Math.Max(sum, 0) * (kept.IsEmpty ? 1 : kept[(n * hidden) + h]);
                for (int k = 0; k < outputs; k++)
                    logits[(n * outputs) + k] += a[(n * hidden) + h] * model.W2[(k * hidden) + h];
            }
            if (outputs == 1)
                p[n] = Sigmoid(logits[n]);
            else
                Softmax(logits.AsSpan(n * outputs, outputs)).CopyTo(p, n * outputs);
        }
        return new ReferenceForward(z, a, logits, p);
    }

    /// <summary>1 / (1 + e^-x), written so that nothing overflows.</summary>
    public static double Sigmoid(double x)
    {
        double e = Math.Exp(-Math.Abs(x));
        return x >= 0 ? 1 / (1 + e) : e / (1 + e);
    }

    /// <summary>e^x_k over their sum, written so that nothing overflows.</summary>
    public static double[] Softmax(ReadOnlySpan<double> logits)
    {
        double largest = double.NegativeInfinity, sum = 0;
        foreach (double logit in logits)
            largest = Math.Max(largest, logit);
        double[] shares = [.. logits];
        for (int k = 0; k < shares.Length; k++)
            sum += shares[k] = Math.Exp(shares[k] - largest);
        return Array.ConvertAll(shares, share => share / sum);
    }

    /// <summary>Softmax cross-entropy of one image in nats: m - x_y + ln(sum of e^(x_k - m)), m the largest logit.</summary>
    /// <param name="label">y, the number of the class.</param>
    public static double ClassLoss(ReadOnlySpan<double> logits, int label)
    {
        int best = Largest(logits);
        double others = 0;
        for (int k = 0; k < logits.Length; k++)
            others += k == best ? 0 : Math.Exp(logits[k] - logits[best]);
        return logits[best] - logits[label] + LogOnePlus(others);
    }

    /// <summary>The class that a model says: that of the largest logit, of equal ones the first.</summary>
    public static int Largest(ReadOnlySpan<double> logits)
    {
        int best = 0;
        for (int k = 1; k < logits.Length; k++)
            best = logits[k] > logits[best] ? k : best;
        return best;
    }

    /// <summary>Binary cross-entropy of one image in nats: max(x, 0) - x y + ln(1 + e^-|x|).</summary>
    public static double Loss(double logit, double label) =>
        Math.Max(logit, 0) - (logit * label) + LogOnePlus(Math.Exp(-Math.Abs(logit)));

    /// <summary>Loss and counts of a batch from its logits [B, O]; with a logit a class images that are called right and wrong.</summary>
    public static ReferenceTotals Totals(ReadOnlySpan<double> logits, ReadOnlySpan<double> y, int outputs = 1)
    {
        var totals = default(ReferenceTotals);
        for (int n = 0; n < y.Length && outputs > 1; n++)
        {
            ReadOnlySpan<double> own = logits.Slice(n * outputs, outputs);
            int wrong = Largest(own) == (int)y[n] ? 0 : 1;
            totals += new ReferenceTotals(ClassLoss(own, (int)y[n]), 1 - wrong, wrong, wrong, 1);
        }
        if (outputs > 1)
            return totals;
        for (int n = 0; n < logits.Length; n++)
        {
            bool predicted = logits[n] >= 0, actual = y[n] > 0.5;
            totals += new ReferenceTotals(
                Loss(logits[n], y[n]), predicted && actual ? 1 : 0, predicted && !actual ? 1 : 0, !predicted && actual ? 1 : 0, 1);
        }
        return totals;
    }

    /// <summary>Gradient of the batch's mean loss. The derivative of relu at 0 is 0.</summary>
    /// <param name="weights">[B]: what each image's loss is multiplied by; empty for 1. The sum is divided by B all the same.</param>
    /// <param name="kept">As for <see cref="Forward"/>.</param>
    public static ReferenceParameters Gradient(
        ReferenceParameters model, ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReferenceForward forward,
        ReadOnlySpan<double> weights = default, ReadOnlySpan<double> kept = default)
    {
        int inputs = model.Inputs, hidden = model.Hidden, rows = y.Length;
        int outputs = model.Outputs;
        double[] w1 = new double[inputs * hidden], b1 = new double[hidden], w2 = new double[outputs * hidden], b2 = new double[outputs];
        var d2 = new double[outputs];
        for (int n = 0; n < rows; n++)
        {
            for (int k = 0; k < outputs; k++)
            {
                double target = outputs == 1 ? y[n] : (int)y[n] == k ? 1 : 0;
                d2[k] = (forward.Probabilities[(n * outputs) + k] - target) * (weights.IsEmpty ? 1 : weights[n]) / rows;
                b2[k] += d2[k];
            }
            for (int h = 0; h < hidden; h++)
            {
                double back = 0;
                for (int k = 0; k < outputs; k++)
                {
                    w2[(k * hidden) + h] += forward.Activations[(n * hidden) + h] * d2[k];
                    back += d2[k] * model.W2[(k * hidden) + h];
                }
                double d1 = forward.Z[(n * hidden) + h] > 0 ? back * (kept.IsEmpty ? 1 : kept[(n * hidden) + h]) : 0;
                b1[h] += d1;
                for (int d = 0; d < inputs; d++)
                    w1[(d * hidden) + h] += x[(n * inputs) + d] * d1;
            }
        }
        return new ReferenceParameters(w1, b1, w2, b2);
    }

    /// <summary>
    /// One epoch: for each batch of the schedule forward, totals of the model as it is before the update, gradient, update.
    /// </summary>
    /// <param name="x">Row-major [N, D].</param>
    /// <param name="y">[N].</param>
    /// <param name="decay">L2 on W1 and w2, see <see cref="ReferenceParameters.Step"/>.</param>
    public static (ReferenceParameters Model, ReferenceTotals Totals) TrainEpoch(
        ReferenceParameters model, double rate, ReadOnlySpan<double> x, ReadOnlySpan<double> y, ChunkSchedule schedule,
        double decay = 0, ModelMask? mask = null)
    {
        var totals = default(ReferenceTotals);
        model = ReferenceMask.Apply(model, mask);
        foreach (Chunk chunk in schedule.Chunks.Where(chunk => chunk.IsFirst))
        {
            ReadOnlySpan<double> rows = x.Slice(chunk.FirstRow * model.Inputs, chunk.BatchRows * model.Inputs);
            ReadOnlySpan<double> labels = y.Slice(chunk.FirstRow, chunk.BatchRows);
            ReferenceForward forward = Forward(model, rows);
            totals += Totals(forward.Logits, labels, model.Outputs);
            model = model.Step(rate, ReferenceMask.Apply(Gradient(model, rows, labels, forward), mask), decay);
        }
        return (model, totals);
    }

    // ln(1 + e) for tiny e as well: the rounding error of 1 + e cancels in the quotient (Goldberg 1991, theorem 4).
    private static double LogOnePlus(double e)
    {
        double sum = 1 + e;
        return sum == 1 ? e : Math.Log(sum) * e / (sum - 1);
    }
}
