using GpuMlp.Engine.Data;
using GpuMlp.Engine.Splits;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Kernels;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Saliency;

namespace GpuMlp.Engine.Saliency;

/// <summary>One image, what a model says of it, and its saliency map.</summary>
/// <param name="Image">0-based number in the training file.</param>
/// <param name="TrueClass">Its label.</param>
/// <param name="PredictedClass">The class the model takes it for.</param>
/// <param name="Probability">Of the task's second class, 0..1.</param>
/// <param name="Pixels">[D].</param>
/// <param name="Map">[D], as the method gives it; signed for gradients.</param>
public sealed record SaliencyExample(int Image, int TrueClass, int PredictedClass, double Probability, byte[] Pixels, float[] Map);

/// <summary>
/// The study's figure for one model: the first validation image that it gets right and the first that it gets wrong, in
/// the split's order. <see cref="Mistake"/> is null for a model without mistakes, and <see cref="Correct"/> for one without a hit.
/// </summary>
public sealed record SaliencyFigure(PairTask Task, int Seed, ModelSpec Model, SaliencyMethod Method, SaliencyExample? Correct, SaliencyExample? Mistake)
{
    /// <param name="device">Where.</param>
    /// <param name="kernels">The device's launchers.</param>
    /// <param name="data">The data set of the split.</param>
    /// <param name="split">Its validation images are looked at.</param>
    /// <param name="model">Size and rate.</param>
    /// <param name="weights">Trained parameters.</param>
    /// <param name="method">How maps are made.</param>
    public static SaliencyFigure Create(
        ComputeDevice device, CohortKernels kernels, Dataset data, Split split, ModelSpec model, ModelParameters weights, SaliencyMethod method)
    {
        ColumnLayout layout = ColumnLayout.Create([model.Hidden], data.Inputs, 1);
        using var cohort = new DeviceCohort(device, layout, [(float)model.LearningRate]);
        cohort.Upload([weights]);

        float[] logits, labels;
        using (DeviceImages validation = Upload(device, data, split.Task, split.Validation, out labels))
            logits = kernels.Evaluate(cohort, validation)[0].Logits.ToArray();
        int correct = -1, mistake = -1;
        for (int n = logits.Length - 1; n >= 0; n--)
        {
            if (logits[n] >= 0 == labels[n] > 0.5f)
                correct = n;
            else
                mistake = n;
        }

        SaliencyExample? Example(int position)
        {
            if (position < 0)
                return null;
            int image = split.Validation[position];
            using DeviceImages one = Upload(device, data, split.Task, [image], out _);
            float[] map = kernels.Saliency(cohort, one, method)[0].ToArray();
            double p = 1 / (1 + Math.Exp(-(double)logits[position]));
            int predicted = logits[position] >= 0 ? split.Task.Second : split.Task.First;
            return new SaliencyExample(image, data.Labels[image], predicted, p, data.Pixels.AsSpan(image * data.Inputs, data.Inputs).ToArray(), map);
        }
        return new SaliencyFigure(split.Task, split.Seed, model, method, Example(correct), Example(mistake));
    }

    private static DeviceImages Upload(ComputeDevice device, Dataset data, PairTask task, ReadOnlySpan<int> images, out float[] labels)
    {
        SplitImages gathered = SplitImages.Gather(data, task, images);
        labels = gathered.Labels;
        ChunkSchedule schedule = ChunkSchedule.Consecutive(images.Length, images.Length);
        return new DeviceImages(device, gathered.Pixels, labels, data.Inputs, schedule, KernelForm.InputSparse, withBackward: false);
    }
}
