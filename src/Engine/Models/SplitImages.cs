using GpuMlp.Engine.Data;

namespace GpuMlp.Engine.Models;

/// <summary>Pixels and labels of a list of images, side by side, as the device wants them.</summary>
/// <param name="Pixels">Row-major [N, D].</param>
/// <param name="Labels">1 for the task's second class, else 0.</param>
public sealed record SplitImages(byte[] Pixels, byte[] Labels)
{
    /// <exception cref="OverflowException">The images have more than 2^31 pixels.</exception>
    public static SplitImages Gather(Dataset data, PairTask task, ReadOnlySpan<int> images)
    {
        int inputs = data.Inputs;
        var pixels = new byte[checked(images.Length * inputs)];
        var labels = new byte[images.Length];
        for (int n = 0; n < images.Length; n++)
        {
            data.Pixels.AsSpan(images[n] * inputs, inputs).CopyTo(pixels.AsSpan(n * inputs));
            labels[n] = data.Labels[images[n]] == task.Second ? (byte)1 : (byte)0;
        }
        return new SplitImages(pixels, labels);
    }

    /// <summary>Share of pixels that are not 0, 0..1.</summary>
    public double Density => Pixels.Length == 0 ? 0 : 1 - ((double)Pixels.AsSpan().Count((byte)0) / Pixels.Length);
}
