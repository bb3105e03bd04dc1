using System.Globalization;
using System.Numerics;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Training;
using GpuMlp.Kernels.Verification;

namespace GpuMlp.Perf;

/// <summary>
/// How far the kernels' arithmetic and plain float32 loops are from double, on the study's cohort (4v9, eleven sizes): one
/// pass, and training. Prints Markdown without times or names of machines: every machine prints the same figures of the kernels.
/// </summary>
internal static class ErrorReport
{
    private const int FullEpochs = 20, SmallBatch = 32, SmallEpochs = 2;

    private static readonly ClassTask s_task = new(4, 9);

    public static int Run(TextWriter output)
    {
        Dataset data = DatasetLoader.Load(null);
        SweepSpec study = Presets.Paper;
        Split split = Splitter.Create(data, s_task, study.Seeds[0]);
        SplitImages images = SplitImages.Gather(data, s_task, split.Train);
        ModelSpec[] models = [.. study.Hidden.Select(hidden => new ModelSpec(hidden, study.LearningRates[0]))];
        TrainingVariant variant = study.Variants()[0];
        using var device = new CpuDevice(Environment.ProcessorCount);
        Cohort Start(int? batch) => new(device, DeviceKernels.Create(device), data, split, models, variant with { Batch = batch });

        output.WriteLine("# Errors beside double");
        output.WriteLine();
        output.WriteLine("Command: `dotnet run -c Release --project perf -- error`.");
        output.WriteLine();
        output.WriteLine($"The study's cohort: {s_task}, {models.Length} models of {models[0].Hidden} to {models[^1].Hidden} hidden units, "
            + $"{images.Labels.Length} images, rate {Text(models[0].LearningRate)}.");
        output.WriteLine(
            "Beside plain loops in double: the kernels, and the same plain loops in float32, "
                + "whose sums go from the first term to the last.");
        output.WriteLine("An error is the norm of the difference as a part of the norm of double's numbers, all models together; "
            + "of a loss the largest of a model.");
        output.WriteLine();
        output.WriteLine("| what | kernels | float32 loops |");
        output.WriteLine("|---|---|---|");
        void Row(string what, double exact, double plain) => output.WriteLine($"| {what} | {Text(exact)} | {Text(plain)} |");

        var singles = new PlainImages<float>(images.Pixels, images.Labels);
        var doubles = new PlainImages<double>(images.Pixels, images.Labels);
        using (Cohort cohort = Start(batch: null))
        {
            cohort.Initialize();
            ModelParameters[] initial = cohort.OnDevice.Download();
            double[][] logits = Each(initial, model => new PlainMlp<double>(model).Logits(doubles));
            Row(
                "logits at the initial weights",
                Error(logits, [.. cohort.EvaluateTrain().Select(model => model.Logits.ToArray())]),
                Error(logits, Each(initial, model => new PlainMlp<float>(model).Logits(singles))));
            double[][] gradients = Each(initial, model => new PlainMlp<double>(model).Gradient(doubles, 0, doubles.Count, out _));
            float[][] exact = Gradients(cohort), plain = Each(
                initial,
                model => new PlainMlp<float>(model).Gradient(singles, 0, singles.Count, out _));
            int Weights(int model) => data.Inputs * models[model].Hidden;
            (string Name, Func<int, Range> Of)[] parts =
            [
                ("dW1", m => ..Weights(m)),
                ("db1", m => Weights(m)..(Weights(m) + models[m].Hidden)),
                ("dw2", m => (Weights(m) + models[m].Hidden)..^1),
            ];
            foreach ((string name, Func<int, Range> of) in parts)
                Row($"{name} of the full batch", Error(Part(gradients, of), Part(exact, of)), Error(Part(gradients, of), Part(plain, of)));
            Train(cohort, images.Labels.Length, FullEpochs, "full batch");
        }
        using (Cohort cohort = Start(SmallBatch))
        {
            cohort.Initialize();
            Train(cohort, SmallBatch, SmallEpochs, $"batches of {SmallBatch}");
        }
        return 0;

        void Train(Cohort cohort, int batch, int epochs, string batches)
        {
            float rate = (float)models[0].LearningRate;
            ModelParameters[] initial = cohort.OnDevice.Download();
            (double Loss, double[] Parameters)[] truth = Trained(initial, doubles, batch, epochs, rate);
            (float Loss, float[] Parameters)[] plain = Trained(initial, singles, batch, epochs, rate);
            IReadOnlyList<EpochMetrics> last = [];
            for (int epoch = 0; epoch < epochs; epoch++)
                last = cohort.TrainEpoch();
            float[][] exact = [.. cohort.OnDevice.Download().Select(PlainParts.Flat)];
            double[][] weights = [.. truth.Select(model => model.Parameters)];
            Row(
                $"weights after {epochs} epochs, {batches}",
                Error(weights, exact),
                Error(weights, [.. plain.Select(model => model.Parameters)]));
            Row(
                $"loss of epoch {epochs}, {batches}",
                truth.Select((model, m) => Math.Abs(last[m].Loss - model.Loss) / model.Loss).Max(),
                truth.Select((model, m) => Math.Abs(plain[m].Loss - model.Loss) / model.Loss).Max());
        }
    }

    private static (T Loss, T[] Parameters)[] Trained<T>(
        IReadOnlyList<ModelParameters> initial,
        PlainImages<T> images,
        int batch,
        int epochs,
        float rate)
        where T : struct, IFloatingPointIeee754<T> => Each(initial, start =>
    {
        var model = new PlainMlp<T>(start);
        T loss = T.Zero;
        for (int epoch = 0; epoch < epochs; epoch++)
            loss = model.TrainEpoch(images, batch, rate);
        return (loss, model.Parameters);
    });

    // Of the full batch, which the cohort's images are.
    private static float[][] Gradients(Cohort cohort)
    {
        for (int chunk = 0; chunk < cohort.TrainImages.Chunks; chunk++)
        {
            cohort.Kernels.HiddenForward(cohort.OnDevice, cohort.TrainImages, chunk);
            cohort.Kernels.OutputLoss(cohort.OnDevice, cohort.TrainImages, chunk);
            cohort.Kernels.OutputBackward(cohort.OnDevice, cohort.TrainImages, chunk);
            cohort.Kernels.HiddenBackward(cohort.OnDevice, cohort.TrainImages, chunk);
        }
        return [.. cohort.OnDevice.DownloadGradients().Select(PlainParts.Flat)];
    }

    private static TResult[] Each<TResult>(IReadOnlyList<ModelParameters> models, Func<ModelParameters, TResult> compute) =>
        AllCores.Each(models, compute);

    private static T[][] Part<T>(T[][] models, Func<int, Range> part) => [.. models.Select((values, m) => values[part(m)])];

    private static double Error(double[][] expected, float[][] actual)
    {
        double difference = 0, size = 0;
        for (int m = 0; m < expected.Length; m++)
        {
            for (int i = 0; i < expected[m].Length; i++)
            {
                difference += Math.Pow(actual[m][i] - expected[m][i], 2);
                size += expected[m][i] * expected[m][i];
            }
        }
        return Math.Sqrt(difference / size);
    }

    private static string Text(double value) => value.ToString(value is > 0 and < 1e-3 ? "0.0e+0" : "0.####", CultureInfo.InvariantCulture);
}
