using GpuMlp.Kernels.Memory;

namespace GpuMlp.Kernels.Reference;

/// <summary>
/// The slow truth: one model D-H-1 in plain loops and double, one formula a loop. Kernels are compared with it; nothing
/// else calls it.
/// </summary>
/// <remarks>
/// Z = X W1 + b1; A = relu(Z); logit = A w2 + b2; p = sigmoid(logit); d2 = (p - y) / B; d1 = d2 w2 [Z &gt; 0];
/// dW1 = X^T d1; dw2 = A^T d2; biases are sums. Images are rows of X, row-major [B, D]; y is 0 or 1.
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

    public static ReferenceForward Forward(ReferenceParameters model, ReadOnlySpan<double> x)
    {
        int inputs = model.Inputs, hidden = model.Hidden, rows = x.Length / inputs;
        double[] z = new double[rows * hidden], a = new double[rows * hidden], logits = new double[rows], p = new double[rows];
        for (int n = 0; n < rows; n++)
        {
            logits[n] = model.B2[0];
            for (int h = 0; h < hidden; h++)
            {
                double sum = model.B1[h];
                for (int d = 0; d < inputs; d++)
                    sum += x[(n * inputs) + d] * model.W1[(d * hidden) + h];
                z[(n * hidden) + h] = sum;
                a[(n * hidden) + h] = Math.Max(sum, 0);
                logits[n] += a[(n * hidden) + h] * model.W2[h];
            }
            p[n] = Sigmoid(logits[n]);
        }
        return new ReferenceForward(z, a, logits, p);
    }

    /// <summary>1 / (1 + e^-x), written so that nothing overflows.</summary>
    public static double Sigmoid(double x)
    {
        double e = Math.Exp(-Math.Abs(x));
        return x >= 0 ? 1 / (1 + e) : e / (1 + e);
    }

    /// <summary>Binary cross-entropy of one image in nats: max(x, 0) - x y + ln(1 + e^-|x|).</summary>
    public static double Loss(double logit, double label) =>
        Math.Max(logit, 0) - (logit * label) + LogOnePlus(Math.Exp(-Math.Abs(logit)));

    /// <summary>Loss and counts of a batch from its logits.</summary>
    public static ReferenceTotals Totals(ReadOnlySpan<double> logits, ReadOnlySpan<double> y)
    {
        var totals = default(ReferenceTotals);
        for (int n = 0; n < logits.Length; n++)
        {
            bool predicted = logits[n] >= 0, actual = y[n] > 0.5;
            totals += new ReferenceTotals(
                Loss(logits[n], y[n]), predicted && actual ? 1 : 0, predicted && !actual ? 1 : 0, !predicted && actual ? 1 : 0, 1);
        }
        return totals;
    }

    /// <summary>Gradient of the batch's mean loss. The derivative of relu at 0 is 0.</summary>
    public static ReferenceParameters Gradient(
        ReferenceParameters model, ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReferenceForward forward)
    {
        int inputs = model.Inputs, hidden = model.Hidden, rows = y.Length;
        double[] w1 = new double[inputs * hidden], b1 = new double[hidden], w2 = new double[hidden];
        double b2 = 0;
        for (int n = 0; n < rows; n++)
        {
            double d2 = (forward.Probabilities[n] - y[n]) / rows;
            b2 += d2;
            for (int h = 0; h < hidden; h++)
            {
                w2[h] += forward.Activations[(n * hidden) + h] * d2;
                double d1 = forward.Z[(n * hidden) + h] > 0 ? d2 * model.W2[h] : 0;
                b1[h] += d1;
                for (int d = 0; d < inputs; d++)
                    w1[(d * hidden) + h] += x[(n * inputs) + d] * d1;
            }
        }
        return new ReferenceParameters(w1, b1, w2, [b2]);
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
            totals += Totals(forward.Logits, labels);
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
