using System.Globalization;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using TorchSharp;
using static TorchSharp.torch;

namespace GpuMlp.Peers;

/// <summary>
/// Forward passes of pruned models: every form of ours beside libtorch's dense product and its CSR matrix times a dense one.
/// </summary>
internal static class ForwardPeers
{
    private const int Epochs = 100, Rounds = 9;

    private static readonly double[] s_levels = [0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99];

    /// <param name="cohort">Trained here, so that magnitudes are those of trained models.</param>
    public static void Run(TextWriter output, DeviceKernels kernels, Cohort cohort, TorchImages images)
    {
        for (int epoch = 0; epoch < Epochs; epoch++)
            cohort.TrainEpoch();
        ColumnLayout layout = cohort.OnDevice.Layout;
        using var pruned = new DeviceCohort(kernels.Device, layout, new float[layout.Slots.Count]);
        using var ranks = new PruneRanks(
            kernels.Device, layout, new ModelOrigin(new ulong[layout.Slots.Count], Seed: 0, InitStd: 0.1f));
        using DeviceImages dense = images.ToDevice(kernels.Device, KernelForm.Dense);
        using DeviceImages input = images.ToDevice(kernels.Device, KernelForm.InputSparse);
        using DeviceImages pixelMajor = images.ToDevice(kernels.Device, KernelForm.WeightSparse);
        using var compressed = new SparseCohort(kernels.Device, layout, levels: 1);
        using var logits = new EvaluationBuffer(kernels.Device, layout, dense.Images);
        kernels.PruneRank(cohort.OnDevice, ranks, PruneMethod.Layer);

        output.WriteLine("## Forward: logits of all images by models of which a share of each layer's weights is pruned by magnitude");
        output.WriteLine();
        output.WriteLine("Milliseconds, medians. Times: libtorch's faster way over GpuMlp's fastest. Last column: "
            + "GpuMlp's dense form over its weight-sparse one.");
        output.WriteLine();
        output.WriteLine("| pruned | GpuMlp dense | input-sparse | weight-sparse | libtorch dense | libtorch CSR x dense | times "
            + "| weight-sparse over dense |");
        output.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (double level in s_levels)
        {
            using DisposeScope scope = NewDisposeScope();
            kernels.Prune(cohort.OnDevice, ranks, level, pruned);
            var torchModels = new TorchCohort(pruned.Download());
            Tensor weights = TorchImages.ToCsr(torchModels.W1.t().contiguous());
            kernels.Compress(pruned, compressed);
            void Ours(DeviceImages form)
            {
                if (form == pixelMajor)
                    kernels.Evaluate(compressed, form, logits);
                else
                    kernels.Evaluate(pruned, form, logits);
            }

            void Theirs(bool sparse) =>
                (sparse ? torchModels.ForwardSparse(weights, images.PixelMajor) : torchModels.Forward(images.Dense)).Dispose();

            foreach (DeviceImages form in new[] { dense, input, pixelMajor })
            {
                Ours(form);
                float[] expected = [.. logits.Download().SelectMany(model => model.Logits.ToArray())];
                PeersReport.Compare($"logits at {level}, dense", expected,
                    torchModels.Forward(images.Dense).t().contiguous().data<float>().ToArray());
                PeersReport.Compare($"logits at {level}, CSR", expected,
                    torchModels.ForwardSparse(weights, images.PixelMajor).data<float>().ToArray());
            }

            double[] ms = [.. Clock.Take(
                Rounds, () => Ours(dense), () => Ours(input), () => Ours(pixelMajor), () => Theirs(false), () => Theirs(true))
                .Select(Clock.Median)];
            double times = Math.Min(ms[^2], ms[^1]) / ms[..^2].Min();
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {level:R} | {ms[0]:F2} | {ms[1]:F2} | {ms[2]:F2} | {ms[3]:F2} | {ms[4]:F2} | "
                + $"{times:F1} | {ms[0] / ms[2]:F1} |"));
        }
    }
}
