using GpuMlp.Engine.Data;

namespace GpuMlp.Engine.Models;

/// <summary>Pixels and labels of a list of images, side by side, as the device wants them.</summary>
/// <param name="Pixels">Row-major [N, D].</param>
/// <param name="Labels">The place of an image's class in the task, 0..K-1.</param>
public sealed record SplitImages(byte[] Pixels, byte[] Labels)
{
    /// <exception cref="OverflowException">The images have more than 2^31 pixels.</exception>
    public static SplitImages Gather(Dataset data, ClassTask task, ReadOnlySpan<int> images) =>
        Gather(data.Pixels, data.Labels, data.Inputs, task, images);

    /// <summary>The same of images of the test file.</summary>
    /// <param name="images">From <see cref="TestOf"/>.</param>
    /// <inheritdoc cref="Gather(Dataset, ClassTask, ReadOnlySpan{int})"/>
    public static SplitImages GatherTest(Dataset data, ClassTask task, ReadOnlySpan<int> images) =>
        Gather(data.Test!.Pixels, data.Test.Labels, data.Inputs, task, images);

    /// <summary>
    /// The test images of a task: all of its classes, as 0-based numbers in the test file, ascending; null where the data have no test
    /// files, or these lack one of the classes.
    /// </summary>
    public static int[]? TestOf(Dataset data, ClassTask task)
    {
        if (data.Test is not { } test)
            return null;
        byte[] labels = test.Labels;
        int[] images = [.. Enumerable.Range(0, labels.Length).Where(n => task.Has(labels[n]))];
        return images.Select(n => labels[n]).Distinct().Count() == task.Count ? images : null;
    }

    private static SplitImages Gather(byte[] allPixels, byte[] allLabels, int inputs, ClassTask task, ReadOnlySpan<int> images)
    {
        var pixels = new byte[checked(images.Length * inputs)];
        var labels = new byte[images.Length];
        for (int n = 0; n < images.Length; n++)
        {
            allPixels.AsSpan(images[n] * inputs, inputs).CopyTo(pixels.AsSpan(n * inputs));
            labels[n] = task.LabelOf(allLabels[images[n]]);
        }
        return new SplitImages(pixels, labels);
    }

    /// <summary>Share of pixels that are not 0, 0..1.</summary>
    public double Density => Pixels.Length == 0 ? 0 : 1 - ((double)Pixels.AsSpan().Count((byte)0) / Pixels.Length);
}
