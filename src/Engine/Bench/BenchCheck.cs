using System.Runtime.InteropServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Verification;

namespace GpuMlp.Engine.Bench;

/// <summary>
/// Correctness before time. A few models are compared with the double reference number by number, within the bound of
/// float32 arithmetic; all models together are compared with the dense form, so that no model can be wrong unseen.
/// </summary>
internal sealed class BenchCheck
{
    // Work of the reference for one problem: about a tenth of a second.
    private const double MostProducts = 2e7;

    // The forms differ in rounding alone, 1e-5 at most of the whole; one wrong model of a thousand makes 1e-2 of it.
    private const double MostOfNorm = 1e-3;

    private readonly BenchProblem _problem;
    private readonly (int Model, ModelTruth Truth)[] _truths;

    public BenchCheck(BenchProblem problem)
    {
        _problem = problem;
        double each = (double)problem.Images.Count * problem.Inputs * problem.Models[0].B1.Length;
        int[] sample = each * 2 <= MostProducts && problem.Models.Count > 1 ? [0, problem.Models.Count - 1] : [problem.Models.Count - 1];
        _truths = [.. sample.Select(m => (m, new ModelTruth(problem.Models[m], problem.Images.Pixels, problem.Images.Labels)))];
    }

    /// <param name="op">What was called.</param>
    /// <param name="masked">Whether gradients of weights that are 0 must be 0.</param>
    /// <param name="output">What it gave.</param>
    /// <param name="dense">What the dense form gave.</param>
    /// <returns>The largest error in units of its bound, and whether all bits are those of the dense form.</returns>
    /// <exception cref="VerificationException">A result is wrong.</exception>
    public (double LargestError, bool SameBits) Verify(BenchOp op, bool masked, BenchOutput output, BenchOutput dense)
    {
        double worst = _truths.Max(sample => Verify(op, masked, sample.Model, sample.Truth, output));
        return (worst, CompareAll(op, masked, output, dense));
    }

    private static double Verify(BenchOp op, bool masked, int model, ModelTruth truth, BenchOutput output)
    {
        string name = $"{BenchNames.Of(op)} of model {model}";
        return op switch
        {
            BenchOp.Forward when output.Products.Count > 0 => truth.CompareProduct(name, output.Products[model]),
            BenchOp.Forward => truth.CompareLogits(name, output.Logits[model].Span),
            BenchOp.Backward => truth.CompareGradient(name, output.Gradients[model], masked),
            _ => truth.CompareProbabilityGradients(name, output.Maps[model].Span),
        };
    }

    private bool CompareAll(BenchOp op, bool masked, BenchOutput output, BenchOutput dense)
    {
        bool same = true;
        double difference = 0, norm = 0;
        for (int m = 0; m < _problem.Models.Count; m++)
        {
            ModelParameters model = _problem.Models[m];
            ReadOnlySpan<float> expected, actual;
            switch (op)
            {
                case BenchOp.Forward:
                    expected = dense.Logits[m].Span;
                    actual = output.Products.Count > 0 ? Logits(model, output.Products[m], _problem.Images.Count) : output.Logits[m].Span;
                    break;
                case BenchOp.Backward:
                    expected = masked ? Kept(dense.Gradients[m].W1, model.W1) : dense.Gradients[m].W1;
                    actual = output.Gradients[m].W1;
                    break;
                default:
                    expected = dense.Maps[m].Span;
                    actual = output.Maps[m].Span;
                    break;
            }
            if (expected.Length != actual.Length)
                throw new VerificationException($"model {m}: {actual.Length} numbers, the dense form gives {expected.Length}");
            if (MemoryMarshal.AsBytes(expected).SequenceEqual(MemoryMarshal.AsBytes(actual)))
            {
                continue;
            }
            same = false;
            for (int i = 0; i < expected.Length; i++)
            {
                double off = (double)actual[i] - expected[i];
                difference += off * off;
                norm += (double)expected[i] * expected[i];
            }
        }

        // Written so that NaN fails. Models with the dense form's bits add nothing to either sum.
        if (!same && !(difference <= MostOfNorm * MostOfNorm * norm))
        {
            throw new VerificationException(
                $"{BenchNames.Of(op)} differs from the dense form by {Math.Sqrt(difference / norm):G3} of its "
                    + $"norm, {MostOfNorm} is allowed");
        }

        return same;
    }

    private static float[] Kept(float[] gradients, float[] weights)
    {
        var kept = new float[gradients.Length];
        for (int i = 0; i < kept.Length; i++)
            kept[i] = weights[i] == 0 ? 0 : gradients[i];
        return kept;
    }

    private static float[] Logits(ModelParameters model, float[] products, int images)
    {
        int hidden = model.B1.Length;
        var logits = new float[images];
        for (int n = 0; n < images; n++)
        {
            double sum = model.B2[0];
            for (int h = 0; h < hidden; h++)
                sum += Math.Max(products[(n * hidden) + h] + (double)model.B1[h], 0) * model.W2[h];
            logits[n] = (float)sum;
        }
        return logits;
    }
}
