using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Training;

/// <summary>
/// The images of a cohort as its device takes them, in the host's memory. Making them needs neither the device nor its thread, so that it
/// can be done while the device trains another cohort.
/// </summary>
public sealed class CohortImages
{
    // Above this share of non-zero pixels skipping the zeros costs more than it saves (perf -- epoch shows both forms).
    private const double DenseAbove = 0.5;

    /// <param name="target">What the device wants.</param>
    /// <param name="form">Null chooses by the share of zero pixels; the bits do not depend on it.</param>
    public CohortImages(ImageTarget target, Dataset data, Split split, int? batch, KernelForm? form = null)
    {
        SplitImages train = SplitImages.Gather(data, split.Task, split.Train);
        split.Relabel(train.Labels);
        Labels = train.Labels;
        Form = form ?? FormOf(target.SkipsZeroPixels, train);
        int rows = train.Labels.Length;
        ChunkSchedule schedule = ChunkSchedule.Consecutive(rows, Math.Min(batch ?? rows, rows));
        Train = new HostImages(target, train.Pixels, train.Labels, data.Inputs, schedule, Form, withBackward: true, split.Train);
        Validation = new ValidationImages(target, data, split, Form);
    }

    /// <summary>0..K-1 a training image, as it is trained: see <see cref="Split.Noisy"/>.</summary>
    public byte[] Labels { get; }

    public KernelForm Form { get; }

    public HostImages Train { get; }

    internal ValidationImages Validation { get; }

    /// <summary>All that a cohort will ask for, at once.</summary>
    public static CohortImages MakeAll(ImageTarget target, Dataset data, Split split, int? batch)
    {
        CohortImages images = new(target, data, split, batch);
        images.Validation.Make();
        return images;
    }

    /// <summary>In which form images are evaluated or trained.</summary>
    internal static KernelForm FormOf(bool skipsZeroPixels, SplitImages images) =>
        skipsZeroPixels && images.Density <= DenseAbove ? KernelForm.InputSparse : KernelForm.Dense;

    /// <summary>For evaluation.</summary>
    internal static HostImages OnHost(ImageTarget target, SplitImages images, int inputs, KernelForm form)
    {
        int rows = images.Labels.Length;
        return new HostImages(
            target, images.Pixels, images.Labels, inputs, ChunkSchedule.Consecutive(rows, rows), form, withBackward: false);
    }
}

/// <summary>The validation images of a split, each form made when it is asked for.</summary>
/// <param name="form">That of the cohort.</param>
internal sealed class ValidationImages(ImageTarget target, Dataset data, Split split, KernelForm form)
{
    private readonly Lazy<SplitImages> _gathered = new(() => SplitImages.Gather(data, split.Task, split.Validation));
    private HostImages? _onHost;

    /// <summary>Pixels and labels in the order of the split.</summary>
    public SplitImages Gathered => _gathered.Value;

    /// <summary>For the device. Kept only by <see cref="Make"/>: who uploads them needs them once.</summary>
    public HostImages OnHost => _onHost ?? CohortImages.OnHost(target, Gathered, data.Inputs, form);

    /// <summary>Makes them before they are asked for.</summary>
    public void Make() => _onHost = OnHost;
}
