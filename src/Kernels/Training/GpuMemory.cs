using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products.Digits;

namespace GpuMlp.Kernels.Training;

/// <summary>What work on a GPU takes of its memory.</summary>
public static class GpuMemory
{
    /// <summary>Bytes of working memory, an upper guess, beside what a cohort holds itself.</summary>
    /// <param name="layout">Of the cohort.</param>
    /// <param name="images">The most that go through it at once.</param>
    /// <param name="ranks">Whether its weights will be ranked: two keys and two indices for each.</param>
    public static long WorkspaceBytes(ColumnLayout layout, int images, bool ranks)
    {
        long columns = layout.PaddedColumns, weights = (layout.Inputs + 1L) * columns;
        long rows = Math.Clamp(GpuWorkspace.MostFloats / columns, ChunkSchedule.ChunkRows, Math.Max(images, ChunkSchedule.ChunkRows));
        long parts = Math.Min(GpuWorkspace.MostFloats, 2 * weights * GpuParts.Chunks(images));
        return DigitProducts.WorkspaceBytes(layout, images) + (sizeof(float) * ((rows * columns) + weights + parts + (ranks
            ? 4 * weights
            : 0)));
    }
}
