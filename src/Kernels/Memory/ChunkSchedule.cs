namespace GpuMlp.Kernels.Memory;

/// <summary>
/// The order in which an epoch goes through the images: batches, each cut into chunks of at most <see cref="ChunkRows"/>
/// images, small enough for their activations to stay in L2.
/// </summary>
public sealed class ChunkSchedule
{
    /// <summary>Most images of a chunk.</summary>
    public const int ChunkRows = 256;

    /// <summary>Ints of one chunk in the kernels' table.</summary>
    public const int ChunkFields = 4;

    private ChunkSchedule(IReadOnlyList<Chunk> chunks)
    {
        Chunks = chunks;
    }

    public IReadOnlyList<Chunk> Chunks { get; }

    /// <summary>Consecutive batches of <paramref name="batch"/> images over 0 .. images - 1, the last one as short as it must be.</summary>
    public static ChunkSchedule Consecutive(int images, int batch)
    {
        var batches = new List<(int, int)>();
        for (int first = 0; first < images; first += batch)
            batches.Add((first, Math.Min(batch, images - first)));
        return FromBatches(batches);
    }

    /// <summary>Any batches, each a run of rows (first row, rows); rows may come more than once.</summary>
    public static ChunkSchedule FromBatches(IReadOnlyList<(int FirstRow, int Rows)> batches)
    {
        var chunks = new List<Chunk>();
        foreach ((int firstRow, int rows) in batches)
        {
            if (rows < 1 || firstRow < 0)
                throw new ArgumentException($"a batch needs at least one image: first row {firstRow}, rows {rows}", nameof(batches));
            for (int place = 0; place * ChunkRows < rows; place++)
            {
                int done = place * ChunkRows, count = Math.Min(ChunkRows, rows - done);
                chunks.Add(new Chunk(firstRow + done, count, rows, place, IsLast: done + count == rows));
            }
        }
        return new ChunkSchedule(chunks);
    }

    /// <summary>
    /// Images of every batch but the last, which may have fewer; null where batches are larger than <paramref name="most"/> or of other
    /// sizes.
    /// </summary>
    internal int? SmallBatches(int most)
    {
        int rows = Chunks.Count == 0 ? 0 : Chunks[0].BatchRows;
        bool isEven = Chunks.All(chunk => chunk.BatchRows == rows)
            || (Chunks.SkipLast(1).All(chunk => chunk.BatchRows == rows) && Chunks[^1].BatchRows < rows);
        return rows > 0 && rows <= Math.Min(most, ChunkRows) && isEven ? rows : null;
    }

    /// <summary>
    /// For kernels: first row, rows, rows of the batch, and twice the place in the batch, plus 1 for its last, of each chunk.
    /// </summary>
    internal int[] Table() =>
        [.. Chunks.SelectMany(
            chunk => new[] { chunk.FirstRow, chunk.Rows, chunk.BatchRows, (2 * chunk.Place) + (chunk.IsLast ? 1 : 0) })];
}

/// <summary>
/// Rows FirstRow .. FirstRow + Rows - 1 of a batch of BatchRows images, of whose chunks it is number <paramref name="Place"/>, from 0.
/// </summary>
public readonly record struct Chunk(int FirstRow, int Rows, int BatchRows, int Place, bool IsLast)
{
    public bool IsFirst => Place == 0;
}
