using GpuMlp.Kernels.Memory;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// Z of a run of images in a step of training: 0 for hidden units that are dropped, Z / (1 - p) for those that are kept; see
/// <see cref="DropoutBody"/>. A group owns sixteen columns of <see cref="Rows"/> images, a thread an element at a time.
/// </summary>
internal struct DropoutGpu
{
    public const int Threads = 256;

    private const int Columns = ColumnLayout.Vector, Rows = 64;

    public CohortViews Cohort;

    public GpuImages Images;

    public GpuActivations Activations;

    /// <summary>From 0.</summary>
    public int Epoch;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => checked(Cohort.VectorCount * Parts);

    private readonly int Parts => (Images.Rows + Rows - 1) / Rows;

    /// <summary>The ILGPU kernel; parts of the images the fastest, then vectors.</summary>
    public static void Kernel(DropoutGpu job)
    {
        int index = Grid.IdxX / job.Parts, first = (Grid.IdxX - (index * job.Parts)) * Rows, within = Group.IdxX % Columns;
        var vector = new GpuVector(job.Cohort, index);
        int column = vector.Column + within, slot = job.Cohort.ColumnSlots[column];
        if (slot < 0)
            return;
        int unit = column - job.Cohort.Slots[2 * slot], place = vector.Base(job.Activations.Capacity) + within;
        for (int row = first + (Group.IdxX / Columns); row < first + Rows && row < job.Images.Rows; row += Threads / Columns)
        {
            int at = place + (row * vector.Stride);
            job.Activations.Values[at] = job.Cohort.Learning.Dropped(
                job.Activations.Values[at], slot, unit, job.Images.Numbers[job.Images.First + row], job.Epoch);
        }
    }
}
