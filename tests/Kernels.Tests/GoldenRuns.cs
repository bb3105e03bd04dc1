using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Reference;
using GpuMlp.Kernels.Training;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>
/// The golden models on one device in one form. Each tolerance is relative to the largest magnitude of the tensor, of the
/// list of losses or of the map compared.
/// </summary>
internal sealed class GoldenRuns(ComputeDevice device, DeviceKernels kernels, KernelForm form)
{
    private const double FirstStep = 1e-5, AfterTraining = 1e-4, Maps = 1e-5;

    public void FirstGradientAndLosses(GoldenCase golden)
    {
        string name = Label(golden);
        using DeviceCohort cohort = Cohort(golden);
        using (DeviceImages first = Images(golden, golden.Step(0)))
        {
            for (int chunk = 0; chunk < first.Chunks; chunk++)
            {
                kernels.HiddenForward(cohort, first, chunk);
                kernels.OutputLoss(cohort, first, chunk);
                kernels.OutputBackward(cohort, first, chunk);
                kernels.HiddenBackward(cohort, first, chunk);
            }
        }
        Compare($"{name}: first gradient", golden.Models.Select(m => m.FirstGradient), cohort.DownloadGradients(), FirstStep);

        double[][] losses = Train(cohort, golden);
        for (int m = 0; m < losses.Length; m++)
            Check.NearLargest($"{name}: losses of model {m}", golden.Models[m].Losses, losses[m], FirstStep);
    }

    public void Training(GoldenCase golden)
    {
        string name = Label(golden);
        using DeviceCohort cohort = Cohort(golden);
        Train(cohort, golden);
        Compare($"{name}: final", golden.Models.Select(m => m.Final), cohort.Download(), AfterTraining);

        using DeviceImages all = Images(golden, ChunkSchedule.Consecutive(golden.Labels.Length, golden.Labels.Length));
        ModelEvaluation[] evaluations = kernels.Evaluate(cohort, all);
        for (int m = 0; m < evaluations.Length; m++)
        {
            GoldenModel model = golden.Models[m];
            double[] logits = Check.Widen(evaluations[m].Logits.Span);
            double[] p = [.. logits.Take(model.Probabilities.Length).Select(ReferenceMlp.Sigmoid)];
            Check.NearLargest($"{name}: probabilities of model {m}", model.Probabilities, p, AfterTraining);
            Check.Near($"{name}: accuracy of model {m}", model.Accuracy, Accuracy(logits, golden), 1e-12);
        }
    }

    public void Saliency(GoldenCase golden)
    {
        string name = Label(golden);
        using DeviceCohort cohort = Cohort(golden);

        // The maps are of the golden parameters themselves, so that errors of training do not add to theirs.
        cohort.Upload([.. golden.Models.Select(m => Narrow(Parameters(m.Final)))]);
        using DeviceImages images = Images(golden, ChunkSchedule.Consecutive(golden.Labels.Length, golden.Labels.Length));
        ReadOnlyMemory<float>[] gradients = kernels.Saliency(cohort, images, SaliencyMethod.ProbabilityGradient);
        ReadOnlyMemory<float>[] perturbations = kernels.Saliency(cohort, images, SaliencyMethod.Perturbation);
        for (int m = 0; m < golden.Models.Length; m++)
        {
            foreach ((int image, double[] gradient, double[] perturbation) in golden.Models[m].Maps)
            {
                double[] Map(ReadOnlyMemory<float>[] maps)
                    => Check.Widen(maps[m].Span.Slice(golden.Row(image) * GoldenCase.Inputs, GoldenCase.Inputs));
                Check.NearLargest($"{name}: dp/dx of model {m}, image {image}", gradient, Map(gradients), Maps);
                Check.NearLargest($"{name}: perturbation of model {m}, image {image}", perturbation, Map(perturbations), Maps);
            }
        }
    }

    public void Pruning(GoldenCase golden)
    {
        string name = Label(golden);
        using DeviceCohort cohort = Cohort(golden), pruned = Cohort(golden);
        cohort.Upload([.. golden.Models.Select(m => Narrow(Parameters(m.Final)))]);
        using var ranks = new PruneRanks(device, cohort.Layout, new ModelOrigin(new ulong[golden.Models.Length], Seed: 0, InitStd: 0.1f));
        kernels.PruneRank(cohort, ranks, PruneMethod.Layer);
        kernels.Prune(cohort, ranks, 0.95, pruned);
        ModelParameters[] parameters = pruned.Download();
        using DeviceImages images = Images(golden, ChunkSchedule.Consecutive(golden.Labels.Length, golden.Labels.Length));
        ModelEvaluation[] evaluations = kernels.Evaluate(pruned, images);
        for (int m = 0; m < golden.Models.Length; m++)
        {
            (int zeroW1, int zeroW2, double[] probabilities) = golden.Models[m].Pruned;
            Assert.Equal((zeroW1, zeroW2), (parameters[m].W1.Count(w => w == 0), parameters[m].W2.Count(w => w == 0)));
            double[] p = [.. Check.Widen(evaluations[m].Logits.Span).Take(probabilities.Length).Select(ReferenceMlp.Sigmoid)];
            Check.NearLargest($"{name}: pruned probabilities of model {m}", probabilities, p, AfterTraining);

            ReferenceParameters reference = ReferencePruning.Prune(Parameters(golden.Models[m].Final), PruneMethod.Layer, 0.95, 0, 0);
            Assert.Equal((zeroW1, zeroW2), (reference.W1.Count(w => w == 0), reference.W2.Count(w => w == 0)));
        }
    }

    private string Label(GoldenCase golden) => $"{device.Kind}, {golden.Models.Length} models";

    private static void Compare(
        string name,
        IEnumerable<(string Name, double[] Values)[]> expected,
        ModelParameters[] actual,
        double relative)
    {
        foreach (((string Name, double[] Values)[] tensors, ModelParameters model) in expected.Zip(actual))
        {
            ReferenceParameters wide = ReferenceParameters.From(model);
            double[][] values = [wide.W1, wide.B1, wide.W2, wide.B2];
            for (int t = 0; t < values.Length; t++)
                Check.NearLargest($"{name} {tensors[t].Name}, H {wide.Hidden}", tensors[t].Values, values[t], relative);
        }
    }

    public static double Accuracy(double[] logits, GoldenCase golden) =>
        logits.Zip(golden.Labels).Count(pair => (pair.First >= 0) == (pair.Second > 0.5f)) / (double)logits.Length;

    public static ReferenceParameters Parameters((string, double[] Values)[] tensors) =>
        new(tensors[0].Values, tensors[1].Values, tensors[2].Values, tensors[3].Values);

    private static ModelParameters Narrow(ReferenceParameters model)
    {
        float[] Floats(double[] values) => Array.ConvertAll(values, value => (float)value);
        return new ModelParameters(Floats(model.W1), Floats(model.B1), Floats(model.W2), Floats(model.B2));
    }

    private DeviceCohort Cohort(GoldenCase golden)
    {
        ColumnLayout layout = ColumnLayout.Create([.. golden.Models.Select(m => m.Hidden)], GoldenCase.Inputs, device.LayoutWays);
        var cohort = new DeviceCohort(device, layout, [.. golden.Models.Select(_ => (float)golden.Rate)]);
        cohort.Upload([.. golden.Models.Select(m => m.Initial)]);
        return cohort;
    }

    private DeviceImages Images(GoldenCase golden, ChunkSchedule schedule) =>
        new(device, golden.Pixels, golden.Labels, GoldenCase.Inputs, schedule, form, withBackward: true);

    // One epoch a step: totals are those of an epoch, and the golden losses are those of single batches.
    private double[][] Train(DeviceCohort cohort, GoldenCase golden)
    {
        double[][] losses = [.. golden.Models.Select(_ => new double[golden.Batches.Length])];
        for (int step = 0; step < golden.Batches.Length; step++)
        {
            using DeviceImages images = Images(golden, golden.Step(step));
            kernels.TrainEpoch(cohort, images);
            EpochTotals[] totals = cohort.DownloadTotals();
            for (int m = 0; m < losses.Length; m++)
                losses[m][step] = totals[m].Loss / totals[m].Images;
        }
        return losses;
    }
}
