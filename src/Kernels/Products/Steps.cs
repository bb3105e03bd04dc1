using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Kernels.Products;

/// <summary>One chunk of a schedule, for the operations that take a step of training on its own: for tests and measurements.</summary>
/// <param name="Chunk">Its number.</param>
public readonly record struct ChunkJob(DeviceCohort Cohort, DeviceImages Images, int Chunk)
{
    internal Chunk Place => Images.Schedule.Chunks[Chunk];

    /// <summary>The chunk's images as a GPU kernel sees them.</summary>
    internal GpuImages Run => GpuImages.Of(Images, Place.FirstRow, Place.Rows, Chunk);

    /// <summary>The cohort's own room for Z or gate q of a chunk.</summary>
    internal GpuActivations Activations => new() { Values = Cohort.Scratch.Activations, Capacity = ChunkSchedule.ChunkRows };
}

/// <summary>A step of training on one chunk; it works in the cohort's scratch.</summary>
public abstract class ChunkOperation : Operation<ChunkJob>
{
    internal override ComputeDevice? DeviceOf(ChunkJob job) => job.Cohort.Device;

    internal override void Check(ChunkJob job)
    {
        Fit.Check(job.Cohort.Layout, job.Images);
        Fit.Check(job.Images, job.Chunk);
        Fit.CheckLabels(job.Cohort.Layout, job.Images);
    }
}

/// <summary>What must fit together before a kernel is started.</summary>
internal static class Fit
{
    /// <exception cref="ArgumentException">Images of another size, or in the form for compressed weights.</exception>
    public static void Check(ColumnLayout layout, DeviceImages images)
    {
        CheckSize(layout, images);
        if (images.Form == KernelForm.WeightSparse)
            throw new ArgumentException($"images in the form {images.Form} are for compressed cohorts", nameof(images));
    }

    /// <exception cref="ArgumentException">Images of another size, or in another form than that for compressed weights.</exception>
    public static void CheckCompressed(SparseCohort cohort, DeviceImages images)
    {
        CheckSize(cohort.Layout, images);
        if (images.Form != KernelForm.WeightSparse)
        {
            throw new ArgumentException(
                $"images in the form {images.Form}; they must be in the form {KernelForm.WeightSparse}",
                nameof(images));
        }

        if (!cohort.HasEntries)
            throw new ArgumentException("nothing has been compressed yet", nameof(cohort));
    }

    /// <exception cref="ArgumentOutOfRangeException">There is no such chunk.</exception>
    public static void Check(DeviceImages images, int chunk)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(chunk);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(chunk, images.Chunks);
    }

    /// <exception cref="NotSupportedException">Models with a logit a class.</exception>
    public static void CheckOneLogit(ColumnLayout layout, string operation)
    {
        if (layout.Outputs > 1)
            throw new NotSupportedException($"{operation} is for models with one logit; these have {layout.Outputs}");
    }

    /// <exception cref="ArgumentException">A label that is no class of the models.</exception>
    public static void CheckLabels(ColumnLayout layout, DeviceImages images)
    {
        int classes = Math.Max(layout.Outputs, 2);
        if (images.Classes > classes)
            throw new ArgumentException($"label {images.Classes - 1} for models of {classes} classes; must be below", nameof(images));
    }

    /// <exception cref="ArgumentException">Images made without their backward form.</exception>
    public static void CheckTrainable(DeviceImages images)
    {
        if (!images.HasBackward)
            throw new ArgumentException("images made without their backward form cannot be trained on", nameof(images));
    }

    /// <exception cref="ArgumentOutOfRangeException">An epoch that draws do not know.</exception>
    public static void CheckEpoch(int epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(epoch, DropoutDraw.MostEpochs);
    }

    /// <exception cref="ArgumentException">The layouts differ.</exception>
    public static void CheckSame(ColumnLayout expected, ColumnLayout actual, string what)
    {
        if (!actual.IsSameAs(expected))
            throw new ArgumentException($"{what} of another layout", what);
    }

    /// <exception cref="ArgumentException">More than one level.</exception>
    public static void CheckOneLevel(SparseCohort weights)
    {
        if (weights.Levels != 1)
            throw new ArgumentException($"{weights.Levels} levels; there must be one", nameof(weights));
    }

    /// <exception cref="ArgumentOutOfRangeException">Not 0..1.</exception>
    public static void CheckLevel(double sparsity)
    {
        if (!(sparsity is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(sparsity), sparsity, "must be 0..1");
    }

    private static void CheckSize(ColumnLayout layout, DeviceImages images)
    {
        if (images.Inputs != layout.Inputs)
            throw new ArgumentException($"images of {images.Inputs} pixels for models of {layout.Inputs} inputs", nameof(images));
    }
}
