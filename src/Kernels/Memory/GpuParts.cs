namespace GpuMlp.Kernels.Memory;

/// <summary>
/// A run of images dealt out in parts that are summed apart: whole chunks each. Which part has which images changes no bit.
/// </summary>
public struct GpuParts
{
    /// <summary>Parts; the last ones may be empty.</summary>
    public int Count;

    /// <summary>Images of the run, and of a part.</summary>
    public int Rows, PartRows;

    /// <param name="rows">1 or more.</param>
    /// <param name="count">1 or more.</param>
    public static GpuParts Of(int rows, int count)
    {
        int chunks = Chunks(rows);
        return new GpuParts { Count = count, Rows = rows, PartRows = (chunks + count - 1) / count * ChunkSchedule.ChunkRows };
    }

    /// <summary>Chunks that begin in a run of images.</summary>
    public static int Chunks(int rows) => (rows + ChunkSchedule.ChunkRows - 1) / ChunkSchedule.ChunkRows;

    /// <summary>First image of a part, counted from the run's first; where the last part ends for one behind it.</summary>
    internal readonly int First(int part) => Math.Min(part * PartRows, Rows);
}
