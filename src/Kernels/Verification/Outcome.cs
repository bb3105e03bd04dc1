using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Kernels.Verification;

/// <summary>All that a training leaves of one model, and how to compare two of them bit by bit.</summary>
internal sealed record Outcome(ModelParameters Model, EpochTotals[] Epochs, float[] Logits, int[] Active, float[][] Maps)
{
    /// <summary>Trains a cohort, then evaluates and explains it; outcomes in the order of the models.</summary>
    public static Outcome[] Train(
        ComputeDevice device, SimdWidth width, KernelForm form, int inputs, int images, int batch,
        IReadOnlyList<(ModelParameters Model, float Rate)> models,
        int epochs = 4, float weightDecay = 0, IReadOnlyList<ModelLearning>? learning = null) =>
        Train(DeviceKernels.Create(device, width), form, inputs, images, batch, models, epochs, weightDecay, learning);

    /// <summary>The same with given kernels.</summary>
    /// <param name="learning">One a model; null as usual. Draws belong to a model's size and rate.</param>
    public static Outcome[] Train(
        DeviceKernels kernels, KernelForm form, int inputs, int images, int batch,
        IReadOnlyList<(ModelParameters Model, float Rate)> models,
        int epochs = 4, float weightDecay = 0, IReadOnlyList<ModelLearning>? learning = null)
    {
        ComputeDevice device = kernels.Device;
        ColumnLayout layout = ColumnLayout.Create([.. models.Select(m => m.Model.B1.Length)], inputs, device.LayoutWays);
        using var cohort = new DeviceCohort(device, layout, [.. models.Select(m => m.Rate)]) { WeightDecay = weightDecay };
        byte[] pixels = Samples.Pixels(images, inputs, seed: 31);
        byte[] labels = Samples.Labels(images, seed: 32);
        using var training = new DeviceImages(
            device,
            pixels,
            labels,
            inputs,
            ChunkSchedule.Consecutive(images, batch),
            form,
            withBackward: true);
        cohort.Upload([.. models.Select(m => m.Model)]);
        if (learning is not null)
        {
            ulong[] identities =
                [.. models.Select(m => ((ulong)BitConverter.SingleToUInt32Bits(m.Rate) << 32) | (uint)m.Model.B1.Length)];
            cohort.SetLearning(learning, new ModelOrigin(identities, Seed: 5, InitStd: 0));
        }
        var totals = new EpochTotals[epochs][];
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            kernels.TrainEpoch(cohort, training, epoch);
            totals[epoch] = cohort.DownloadTotals();
        }
        ModelParameters[] parameters = cohort.Download();
        ModelEvaluation[] evaluations = kernels.Evaluate(cohort, training);

        // Few images are enough for the maps, and 500 models times N times D would be large.
        using var few = new DeviceImages(
            device, pixels.AsMemory(0, 5 * inputs), labels.AsSpan(0, 5), inputs,
            ChunkSchedule.Consecutive(5, 5), form, withBackward: false);
        ReadOnlyMemory<float>[][] maps = [.. SaliencyMethod.All.Select(method => kernels.Saliency(cohort, few, method))];
        return [.. Enumerable.Range(0, models.Count).Select(m => new Outcome(
            parameters[m],
            [.. totals.Select(epoch => epoch[m])],
            evaluations[m].Logits.ToArray(),
            evaluations[m].Active,
            [.. maps.Select(method => method[m].ToArray())]))];
    }

    public static void SameBits(string name, Outcome[] expected, Outcome[] actual, bool zeroSigns = true)
    {
        Check.Equal(expected.Length, actual.Length);
        for (int m = 0; m < expected.Length; m++)
            SameBits($"{name}, model {m}", expected[m], actual[m], zeroSigns);
    }

    public static void SameBits(string name, Outcome expected, Outcome actual, bool zeroSigns = true)
    {
        Check.SameBits($"{name}: W1", expected.Model.W1, actual.Model.W1, zeroSigns);
        Check.SameBits($"{name}: b1", expected.Model.B1, actual.Model.B1, zeroSigns);
        Check.SameBits($"{name}: w2", expected.Model.W2, actual.Model.W2, zeroSigns);
        Check.SameBits($"{name}: b2", expected.Model.B2, actual.Model.B2, zeroSigns);
        Check.SameBits($"{name}: logits", expected.Logits, actual.Logits, zeroSigns);
        Check.SameItems(expected.Active, actual.Active);
        for (int epoch = 0; epoch < expected.Epochs.Length; epoch++)
        {
            EpochTotals e = expected.Epochs[epoch], a = actual.Epochs[epoch];
            Check.True(
                BitConverter.DoubleToInt64Bits(e.Loss) == BitConverter.DoubleToInt64Bits(a.Loss)
                    && e with { Loss = 0 } == a with { Loss = 0 },
                $"{name}, epoch {epoch}: expected {e}, actual {a}");
        }
        for (int method = 0; method < expected.Maps.Length; method++)
            Check.SameBits($"{name}: {SaliencyMethod.All[method]}", expected.Maps[method], actual.Maps[method], zeroSigns);
    }
}
