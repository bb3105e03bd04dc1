using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Products.Digits;

namespace GpuMlp.Kernels.Training;

/// <summary>What work on a GPU takes of its memory.</summary>
public static class GpuMemory
{
    // What the parts of the images leave of models with a logit a class: q of 256 images, and the sums for dw2.
    private static long ClassBytes(ColumnLayout layout, int images)
    {
        if (layout.Outputs == 1)
            return 0;
        long slots = layout.Slots.Count, parts = Math.Clamp(GpuProductParts.EnoughGroups / slots, 1, GpuParts.Chunks(images));
        return parts * layout.Outputs * ((sizeof(float) * ChunkSchedule.ChunkRows * slots) + (sizeof(long) * (long)layout.PaddedColumns));
    }

    /// <summary>Bytes of working memory, an upper guess, beside what a cohort holds itself.</summary>
    /// <param name="layout">Of the cohort.</param>
    /// <param name="images">The most that go through it at once.</param>
    /// <param name="ranks">Whether its weights will be ranked: two keys and two indices for each.</param>
    public static long WorkspaceBytes(ColumnLayout layout, int images, bool ranks)
    {
        long columns = layout.PaddedColumns, weights = (layout.Inputs + 1L) * columns;
        long rows = Math.Clamp(GpuWorkspace.MostFloats / columns, ChunkSchedule.ChunkRows, Math.Max(images, ChunkSchedule.ChunkRows));
        long parts = Math.Min(GpuWorkspace.MostFloats, 2 * weights * GpuParts.Chunks(images));
        return DigitProducts.WorkspaceBytes(layout, images) + ClassBytes(layout, images) + (sizeof(float) * ((rows * columns) + weights
            + parts + (ranks ? 4 * (layout.Inputs + (long)layout.Outputs) * columns : 0)));
    }
}
