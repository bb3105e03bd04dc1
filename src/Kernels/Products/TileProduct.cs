using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>One product of pixels with a dense operand of the cohort's columns: sum over k of left[k, row] right[k, column].</summary>
/// <remarks>Rows are images or pixels, k is the other of the two. The grid is row tiles (fastest), column tiles, parts.</remarks>
internal interface ITileJob
{
    /// <summary>Tiles of <see cref="TileProduct.Rows"/> rows.</summary>
    int RowTiles { get; }

    CohortViews Columns { get; }

    /// <summary>The dense operand: a block starts at this times its first column and has rows of its stride.</summary>
    int RightHeight { get; }

    /// <summary>Four of the dense operand; places count four.</summary>
    Int4 Right(int place);

    /// <summary>First k of a part, and the k behind its last.</summary>
    int First(int part);

    int End(int part);

    /// <summary>Eight pixels as two words of four bytes, for a thread and a step; 0 outside the images.</summary>
    void Fetch(int rowTile, int k, int thread, out uint low, out uint high);

    /// <summary>Puts the eight into the shared tile [k, row].</summary>
    void Place(ArrayView<Int4> tile, int first, int thread, uint low, uint high);

    /// <summary>Takes four sums of a row; <paramref name="offset"/> is that of the columns from the start of a block's rows.</summary>
    void Store(int part, int row, int blockFirst, int stride, int offset, int column, Long4 sums);

    /// <summary>Rows that exist.</summary>
    int RowCount { get; }
}

/// <summary>
/// The tile that forward and backward share: 64 rows x 64 columns a group of 128 threads, 4 x 8 sums of 64 bits a thread in
/// registers, sixteen k a step through shared memory, the next step's operands on their way while a step is computed.
/// </summary>
/// <remarks>
/// The 64 columns are four vectors of sixteen from the cohort's table, which may come from different blocks, so that
/// ragged cohorts fill the tile. ILGPU does not unroll loops; the thirty-two multiply-adds of a k are written out.
/// </remarks>
internal static class TileProduct
{
    public const int Rows = 64, Threads = 128, Step = 16;

    private const int Vectors = 4, Quads = Vectors * 4, RowQuads = Rows / 4, ColumnThreads = Quads / 2;

    // Rows of the dense operand that all threads together bring in one load each.
    private const int LoadRows = Threads / Quads;

    /// <summary>Groups of a launch.</summary>
    public static int Groups(int rows, int vectors, int parts) =>
        checked((rows + Rows - 1) / Rows * ((vectors + Vectors - 1) / Vectors) * parts);

    public static void Run<TJob>(TJob job)
        where TJob : struct, ITileJob
    {
        ArrayView<Int4> left = SharedMemory.Allocate<Int4>(2 * Step * RowQuads);
        ArrayView<Int4> right = SharedMemory.Allocate<Int4>(2 * Step * Quads);
        int thread = Group.IdxX, tile = Grid.IdxX;
        int vectors = job.Columns.Vectors.IntLength / ColumnLayout.VectorFields, columnTiles = (vectors + Vectors - 1) / Vectors;
        int rowTiles = job.RowTiles;
        int rowTile = tile % rowTiles;
        tile /= rowTiles;
        int part = tile / columnTiles, firstVector = (tile - (part * columnTiles)) * Vectors;

        // The four columns that this thread brings to shared memory, the same ones in every step.
        int quad = thread % Quads, loadRow = thread / Quads;
        var load = new GpuVector(job.Columns, Math.Min(firstVector + (quad / 4), vectors - 1));
        int loadOffset = (load.Base(job.RightHeight) / 4) + (quad % 4), loadStride = load.Stride / 4;

        int k = job.First(part), end = job.End(part), buffer = 0;
        LongOctet r0 = default, r1 = default, r2 = default, r3 = default;
        int columnThread = thread % ColumnThreads, rowThread = thread / ColumnThreads;
        job.Fetch(rowTile, k, thread, out uint low, out uint high);
        Int4 w0 = Load(job, loadOffset, loadStride, k + loadRow, end), w1 = Load(job, loadOffset, loadStride, k + loadRow + LoadRows, end);
        while (k < end)
        {
            job.Place(left, buffer * Step * RowQuads, thread, low, high);
            int place = (((buffer * Step) + loadRow) * Quads) + quad;
            right[place] = w0;
            right[place + (LoadRows * Quads)] = w1;

            // One barrier a step: the other buffer is written only after everyone has left it, which is before this barrier.
            GpuGroup.Barrier();
            k += Step;
            if (k < end)
            {
                job.Fetch(rowTile, k, thread, out low, out high);
                w0 = Load(job, loadOffset, loadStride, k + loadRow, end);
                w1 = Load(job, loadOffset, loadStride, k + loadRow + LoadRows, end);
            }
            int a = (buffer * Step * RowQuads) + rowThread, b = (buffer * Step * Quads) + columnThread;
            for (int depth = 0; depth < Step; depth += 2, a += 2 * RowQuads, b += 2 * Quads)
            {
                Int4 x = left[a], l = right[b], h = right[b + ColumnThreads];
                r0 = r0.MultiplyAdd(x.X, l, h);
                r1 = r1.MultiplyAdd(x.Y, l, h);
                r2 = r2.MultiplyAdd(x.Z, l, h);
                r3 = r3.MultiplyAdd(x.W, l, h);
                x = left[a + RowQuads];
                l = right[b + Quads];
                h = right[b + Quads + ColumnThreads];
                r0 = r0.MultiplyAdd(x.X, l, h);
                r1 = r1.MultiplyAdd(x.Y, l, h);
                r2 = r2.MultiplyAdd(x.Z, l, h);
                r3 = r3.MultiplyAdd(x.W, l, h);
            }
            buffer = 1 - buffer;
        }

        // The thread's columns: four in the tile's left half, four in its right.
        int row = (rowTile * Rows) + (4 * rowThread), lowVector = firstVector + (columnThread / 4), within = columnThread % 4 * 4;
        Store(job, part, row, lowVector, vectors, within, r0.Low, r1.Low, r2.Low, r3.Low);
        Store(job, part, row, lowVector + (Vectors / 2), vectors, within, r0.High, r1.High, r2.High, r3.High);
    }

    private static Int4 Load<TJob>(TJob job, int offset, int stride, int k, int end)
        where TJob : struct, ITileJob => k < end ? job.Right(offset + (k * stride)) : default;

    private static void Store<TJob>(TJob job, int part, int row, int vector, int vectors, int within, Long4 a, Long4 b, Long4 c, Long4 d)
        where TJob : struct, ITileJob
    {
        if (vector >= vectors)
            return;
        int entry = vector * ColumnLayout.VectorFields, rows = job.RowCount;
        int first = job.Columns.Vectors[entry], stride = job.Columns.Vectors[entry + 1], column = job.Columns.Vectors[entry + 2] + within;
        if (row < rows)
            job.Store(part, row, first, stride, column - first, column, a);
        if (row + 1 < rows)
            job.Store(part, row + 1, first, stride, column - first, column, b);
        if (row + 2 < rows)
            job.Store(part, row + 2, first, stride, column - first, column, c);
        if (row + 3 < rows)
            job.Store(part, row + 3, first, stride, column - first, column, d);
    }
}
