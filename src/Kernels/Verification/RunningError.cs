using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Reference;

namespace GpuMlp.Kernels.Verification;

/// <summary>Parameters of the double reference and, for each, how far a float32 kernel may be from it.</summary>
internal sealed record BoundedModel(ReferenceParameters Value, ReferenceParameters Error)
{
    public static BoundedModel Exact(ReferenceParameters value) =>
        new(value, new ReferenceParameters(
            new double[value.W1.Length], new double[value.Hidden], new double[value.W2.Length], new double[value.Outputs]));
}

/// <summary>
/// A batch in the double reference with a bound on the rounding error of each number of the kernels. Their sums are exact, so
/// what rounds is: weights to multiples of a power of two (<see cref="ExactSums"/>), at most 2^-23 of the column's largest; the
/// terms of a logit to 2^-32; (p - y) to 1 / 8,355,711; G to a multiple of 2^s for dw2; and a few float32 operations each. An
/// error of an operand passes through the formula's derivative. Where |Z| is within its own bound, relu may go either way:
/// there the bound covers both.
/// </summary>
internal sealed class RunningError
{
    /// <summary>Half the spacing of float32 at 1: the relative error of one rounding.</summary>
    public const double Unit = 1.0 / (1 << 24);

    /// <summary>Second-order terms, which the first-order bounds leave out.</summary>
    public const double Slack = 2;

    // Float32 roundings of a number on its way: a conversion, one or two products, the store.
    private const int Few = 4;

    // 2^e is at most 2^24 / 8,355,711 times the column's largest weight, and a weight is off by 2^(e - 24).
    private const double WeightUnit = 1.0 / ExactSums.Largest;

    private const double TermUnit = 0.5 / ExactSums.LogitUnits, DeltaUnit = 0.5 / ExactSums.Largest;

    // exp, one addition, one division and two multiplications of p: LaneMath states 2e-7 (under 4 units) for exp.
    private const int SigmoidUnits = 8;

    /// <param name="model">With zeros where <paramref name="mask"/> keeps nothing.</param>
    public RunningError(BoundedModel model, ReadOnlySpan<double> x, ReadOnlySpan<double> y, ModelMask? mask = null)
    {
        Model = model;
        Rows = y.Length;
        Forward = ReferenceMlp.Forward(model.Value, x);
        Totals = ReferenceMlp.Totals(Forward.Logits, y);
        Gradient = ReferenceMask.Apply(ReferenceMlp.Gradient(model.Value, x, y, Forward), mask);
        (ZError, LogitError, D2, D2Error) = (new double[Forward.Z.Length], new double[Rows], new double[Rows], new double[Rows]);
        (D1, D1Error) = (new double[Forward.Z.Length], new double[Forward.Z.Length]);
        BoundForward(x);
        BoundLoss(y);
        GradientError = ReferenceMask.Apply(BoundGradient(x), mask);
    }

    public BoundedModel Model { get; }

    public int Rows { get; }

    public ReferenceForward Forward { get; }

    public ReferenceTotals Totals { get; }

    public ReferenceParameters Gradient { get; }

    public ReferenceParameters GradientError { get; }

    public double[] ZError { get; }

    public double[] LogitError { get; }

    public double[] D2 { get; }

    public double[] D2Error { get; }

    public double[] D1 { get; }

    public double[] D1Error { get; }

    public double LossError { get; private set; }

    /// <summary>Images whose logit is within its error of 0: each may change a count by one.</summary>
    public int Undecided => Enumerable.Range(0, Rows).Count(n => Math.Abs(Forward.Logits[n]) <= LogitError[n]);

    /// <summary>The model after the update, and its error.</summary>
    public BoundedModel Step(double rate, double decay)
    {
        ReferenceParameters value = Model.Value.Step(rate, Gradient, decay);
        double Error(double old, double before, double error, double gradient, double shrunk) => (before * (1 + (rate * shrunk)))
            + (rate * error) + (Few * Unit * Slack * (Math.Abs(old) + (rate * (Math.Abs(gradient) + (shrunk * Math.Abs(old))))));
        double[] Errors(Func<ReferenceParameters, double[]> of, double shrunk)
        {
            double[] old = of(Model.Value), before = of(Model.Error), error = of(GradientError), gradient = of(Gradient);
            return [.. Enumerable.Range(0, old.Length).Select(i => Error(old[i], before[i], error[i], gradient[i], shrunk))];
        }
        return new BoundedModel(value, new ReferenceParameters(
            Errors(p => p.W1, decay), Errors(p => p.B1, 0), Errors(p => p.W2, decay), Errors(p => p.B2, 0)));
    }

    private static double Rounding(double value) => Slack * Few * Unit * Math.Abs(value);

    private void BoundForward(ReadOnlySpan<double> x)
    {
        (ReferenceParameters p, ReferenceParameters error) = (Model.Value, Model.Error);
        int hidden = p.Hidden, inputs = p.Inputs;
        double[] largest = Largest(p);
        for (int n = 0; n < Rows; n++)
        {
            double passed = error.B2[0] + TermUnit;
            for (int h = 0; h < hidden; h++)
            {
                double zPassed = error.B1[h], pixels = 1;
                for (int d = 0; d < inputs; d++)
                {
                    zPassed += x[(n * inputs) + d] * error.W1[(d * hidden) + h];
                    pixels += x[(n * inputs) + d];
                }
                int at = (n * hidden) + h;
                ZError[at] = zPassed + (Slack * WeightUnit * largest[h] * pixels) + Rounding(Forward.Z[at]);
                passed += (ActivationError(at) * Math.Abs(p.W2[h])) + ((Forward.Activations[at] + ZError[at]) * error.W2[h]);
                passed += Rounding(Forward.Activations[at] * p.W2[h]) + TermUnit;
            }
            LogitError[n] = passed + Rounding(Forward.Logits[n]);
        }
    }

    private static double[] Largest(ReferenceParameters p) =>
        [.. Enumerable.Range(0, p.Hidden)
            .Select(h => Math.Max(Math.Abs(p.B1[h]), Enumerable.Range(0, p.Inputs).Max(d => Math.Abs(p.W1[(d * p.Hidden) + h]))))];

    private double ActivationError(int at) => Forward.Z[at] > -ZError[at] ? ZError[at] : 0;

    private void BoundLoss(ReadOnlySpan<double> y)
    {
        double passed = 0;
        for (int n = 0; n < Rows; n++)
        {
            double p = Forward.Probabilities[n], logit = Forward.Logits[n];
            D2[n] = (p - y[n]) / Rows;
            D2Error[n] = ((SigmoidUnits * Unit * Slack * (p + y[n])) + DeltaUnit + (p * (1 - p) * Math.Exp(LogitError[n]) * LogitError[n]))
                / Rows;
            passed += (Math.Abs(p - y[n]) + LogitError[n]) * LogitError[n];
            passed += Rounding(Math.Abs(logit) + ReferenceMlp.Loss(Math.Abs(logit), 1)) + TermUnit;
        }
        LossError = passed;
    }

    private ReferenceParameters BoundGradient(ReadOnlySpan<double> x)
    {
        (ReferenceParameters p, ReferenceParameters error) = (Model.Value, Model.Error);
        int hidden = p.Hidden, inputs = p.Inputs;
        double[] w1 = new double[inputs * hidden], b1 = new double[hidden], w2 = new double[hidden];

        // Half a unit of G' in units of the gradient, for each weight of the column.
        double shifted = Math.Pow(2, ExactSums.GradientShift(Rows, inputs) - 1)
            / (ExactSums.ConstantPixel * (double)ExactSums.Largest * Rows);
        for (int h = 0; h < hidden; h++)
        {
            double weights = Math.Abs(p.B1[h]);
            for (int d = 0; d < inputs; d++)
                weights += Math.Abs(p.W1[(d * hidden) + h]);
            for (int n = 0; n < Rows; n++)
            {
                int at = (n * hidden) + h;
                double a = Forward.Activations[at], whole = Math.Abs(D2[n] * p.W2[h]);
                D1[at] = Forward.Z[at] > 0 ? D2[n] * p.W2[h] : 0;
                bool off = Forward.Z[at] <= -ZError[at], either = !off && Forward.Z[at] <= ZError[at];
                double passed = ((Math.Abs(D2[n]) + D2Error[n]) * error.W2[h]) + (D2Error[n] * Math.Abs(p.W2[h]));
                D1Error[at] = off ? 0 : passed + (either ? whole : 0) + Rounding(whole);
                b1[h] += D1Error[at];
                w2[h] += (ActivationError(at) * Math.Abs(D2[n])) + ((a + ZError[at]) * D2Error[n]);
                for (int d = 0; d < inputs; d++)
                    w1[(d * hidden) + h] += x[(n * inputs) + d] * D1Error[at];
            }
            b1[h] += Rounding(Gradient.B1[h]);
            w2[h] += (Slack * shifted * weights) + Rounding(Gradient.W2[h]);
            for (int d = 0; d < inputs; d++)
                w1[(d * hidden) + h] += Rounding(Gradient.W1[(d * hidden) + h]);
        }
        double b2 = Enumerable.Range(0, Rows).Sum(n => D2Error[n]) + Rounding(Gradient.B2[0]);
        return new ReferenceParameters(w1, b1, w2, [b2]);
    }
}
