using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Products.Digits;
using GpuMlp.Kernels.Reference;
using GpuMlp.Kernels.Training.Losses;
using ILGPU;

namespace GpuMlp.Kernels.Tests;

/// <summary>The digit products of a device, batch by batch and run by run, beside the plain loops of <see cref="ExactMlp"/>.</summary>
internal sealed class ProductRun : IDisposable
{
    private readonly GpuDevice _device;
    private readonly Shape _shape;
    private readonly ModelParameters[] _models;
    private readonly byte[] _pixels;
    private readonly DeviceCohort _cohort;
    private readonly DeviceImages _images;
    private readonly DigitImages _digits;

    /// <param name="models">The shape's own when null.</param>
    /// <param name="pixels">Likewise.</param>
    public ProductRun(GpuDevice device, Shape shape, ModelParameters[]? models = null, byte[]? pixels = null)
    {
        (_device, _shape, _models, _pixels) = (device, shape, models ?? shape.Models, pixels ?? shape.Pixels);

        // Several blocks, with gaps between their columns.
        _cohort = new DeviceCohort(device, ColumnLayout.Create(shape.Hidden, shape.Inputs, threads: 3), Samples.Rates(shape.Hidden.Length));
        _cohort.Upload(_models);
        _images = new DeviceImages(device, _pixels, shape.Labels, shape.Inputs, shape.Schedule, KernelForm.Dense, withBackward: true);
        _digits = _images.Digits ?? throw new InvalidOperationException("the device has no products in bytes");
    }

    /// <summary>Gates, logit sums, totals and G of all batches are the integers of the plain loops.</summary>
    public void Compare()
    {
        CohortViews views = _cohort.Cohort;
        var products = new DigitProducts(_device);
        int slots = _models.Length, parts = 2;
        ExactMlp[] exact = [.. _cohort.Layout.Slots.Select(slot => new ExactMlp(_models[slot.Model]))];
        using DeviceArray<int> values = _device.Upload(Weights(exact)), exponents = _device.Upload(Exponents(exact));
        using DeviceArray<int> failed = _device.Upload([.. exact.Select(model => model.Failed ? 1 : 0)]);
        using DeviceArray<long> loss = _device.Zeroed<long>(2 * parts * slots);
        using DeviceArray<long> deltas = _device.Zeroed<long>(parts * slots);
        using DeviceArray<int> counts = _device.Zeroed<int>(4 * parts * slots);
        var weights = new GpuWeights { Values = values.View, Exponents = exponents.View, Failed = failed.View };
        var totals = new GpuTotals { Loss = loss.View, Counts = counts.View, Deltas = deltas.View };
        ArrayView<long> gradient = _cohort.Scratch.GradSums;

        products.Open(views, _digits, gradient);
        foreach (DigitRun batch in _digits.Batches)
        {
            BatchTruth[] truth = [.. exact.Select((model, s) => Truth(model, s, batch))];
            products.Weights(views, weights, _digits);
            foreach (DigitRun run in batch.Cut(products.RowsAtOnce(views, _digits)))
            {
                bool opens = run.FirstRow == batch.FirstRow;
                products.Forward(views, weights, _digits, run);
                CompareForward(truth, run, run.FirstRow - batch.FirstRow);
                products.Output<LogisticLoss>(views, failed.View, _images.Views.Labels, run, totals, parts, opens, opens);
                products.Backward(views, _digits, run, gradient, goesOn: !opens);
            }
            CompareTotals(
                truth, _device.Download(loss.View), _device.Download(deltas.View), _device.Download(counts.View),
                batch.Rows);
            CompareGradient(truth, _device.Download(gradient));
        }
    }

    public void Dispose()
    {
        _cohort.Dispose();
        _images.Dispose();
    }

    private BatchTruth Truth(ExactMlp model, int s, DigitRun batch)
    {
        ReadOnlySpan<byte> pixels = _pixels.AsSpan(batch.FirstRow * _shape.Inputs, batch.Rows * _shape.Inputs);
        (long[] v, float[] z, float[] logits) = model.Forward(pixels);
        ModelSlot slot = _cohort.Layout.Slots[s];
        float[] w2 = _models[slot.Model].W2;
        (int[] deltas, ExactTotals totals) = ExactMlp.Output(logits, _shape.Labels.AsSpan(batch.FirstRow, batch.Rows), outputs: 1);
        long[] sums = [.. Enumerable.Range(0, batch.Rows).Select(n => Enumerable.Range(n * slot.Hidden, slot.Hidden).Sum(
            at => v[at] > 0 ? (long)MathF.Round(z[at] * w2[at % slot.Hidden] * ExactSums.LogitUnits, MidpointRounding.ToEven) : 0))];
        return new BatchTruth(slot, v, sums, totals, deltas.Sum(delta => (long)delta), model.Backward(pixels, v, deltas));
    }

    private void CompareForward(BatchTruth[] truth, DigitRun run, int done)
    {
        int words = run.PaddedRows / 32, column = 0;
        long[] sums = _device.Download(_device.Workspace.Take<long>("logit sums", truth.Length * run.PaddedRows));
        uint[] gates = _device.Download(_device.Workspace.Take<uint>("gates", _cohort.Layout.Columns * words));
        for (int s = 0; s < truth.Length; s++)
        {
            for (int n = 0; n < run.PaddedRows; n++)
                Same($"logit sum of slot {s}, image {n}", n < run.Rows ? truth[s].Logits[done + n] : 0, sums[(s * run.PaddedRows) + n]);
            for (int h = 0; h < truth[s].Slot.Hidden; h++, column++)
            {
                for (int n = 0; n < run.PaddedRows; n++)
                {
                    bool isOn = n < run.Rows && truth[s].V[((done + n) * truth[s].Slot.Hidden) + h] > 0;
                    uint word = gates[(column * words) + (n / 32)];
                    Same($"gate of column {column}, image {n}", isOn ? 1 : 0, (word >> ((8 * (n % 4)) + (n % 32 / 4))) & 1);
                }
            }
        }
    }

    private static void CompareTotals(BatchTruth[] truth, long[] loss, long[] deltas, int[] counts, int images)
    {
        int slots = truth.Length;
        for (int s = 0; s < slots; s++)
        {
            Same($"whole loss of slot {s}", truth[s].Totals.LossWhole, loss[2 * s] + loss[2 * (slots + s)]);
            Same($"loss of slot {s}", truth[s].Totals.LossPart, loss[(2 * s) + 1] + loss[(2 * (slots + s)) + 1]);
            Same($"sum of q of slot {s}", truth[s].Deltas, deltas[s] + deltas[slots + s]);
            ClassCounts own = truth[s].Totals.Classes[0];
            int[] expected = [own.TruePositives, own.FalsePositives, own.FalseNegatives, images];
            for (int i = 0; i < 4; i++)
                Same($"count {i} of slot {s}", expected[i], counts[(4 * s) + i] + counts[(4 * (slots + s)) + i]);
        }
    }

    private void CompareGradient(BatchTruth[] truth, long[] gradient)
    {
        var expected = new long[gradient.Length];
        foreach (BatchTruth model in truth)
        {
            for (int at = 0; at < model.Gradient.Length; at++)
                expected[Place(model.Slot, at)] = model.Gradient[at];
        }
        for (int at = 0; at < gradient.Length; at++)
            Same($"G at {at}", expected[at], gradient[at]);
    }

    // Wq of models that have failed is anything.
    private int[] Weights(ExactMlp[] exact)
    {
        var values = new int[(_shape.Inputs + 1) * _cohort.Layout.PaddedColumns];
        for (int s = 0; s < exact.Length; s++)
        {
            for (int at = 0; at < exact[s].Weights.Length; at++)
                values[Place(_cohort.Layout.Slots[s], at)] = exact[s].Failed ? 12_345_678 : exact[s].Weights[at];
        }
        return values;
    }

    private int[] Exponents(ExactMlp[] exact)
    {
        var exponents = new int[_cohort.Layout.PaddedColumns];
        for (int s = 0; s < exact.Length; s++)
            exact[s].Exponents.CopyTo(exponents, _cohort.Layout.Slots[s].Column);
        return exponents;
    }

    // Of element [d, h] of a model in a matrix as W1 with a row for the biases.
    private int Place(ModelSlot slot, int at)
    {
        ColumnBlock block = _cohort.Layout.Blocks[slot.Block];
        return ((_shape.Inputs + 1) * block.FirstColumn) + (at / slot.Hidden * block.Stride)
            + slot.Column - block.FirstColumn + (at % slot.Hidden);
    }

    private static void Same(string name, long expected, long actual) =>
        Check.True(expected == actual, $"{name}: expected {expected}, actual {actual}");

    private sealed record BatchTruth(ModelSlot Slot, long[] V, long[] Logits, ExactTotals Totals, long Deltas, long[] Gradient);
}
