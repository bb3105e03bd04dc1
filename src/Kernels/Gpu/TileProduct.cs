using GpuMlp.Kernels.Layout;
using ILGPU;

namespace GpuMlp.Kernels.Gpu;

/// <summary>One product of pixels with a dense operand of the cohort's columns: sum over k of left[k, row] right[k, column].</summary>
/// <remarks>Rows are images or pixels, k is the other of the two. The grid is row tiles (fastest), column tiles, parts.</remarks>
internal interface ITileJob
{
    /// <summary>Tiles of <see cref="TileProduct.Rows"/> rows.</summary>
    int RowTiles { get; }

    /// <summary>Parts that the sum is cut in; each part's sums are stored apart.</summary>
    int Parts { get; }

    CohortViews Columns { get; }

    /// <summary>The dense operand: a block starts at <see cref="RightHeight"/> * its first column and has rows of its stride.</summary>
    ArrayView<float> Right { get; }

    int RightHeight { get; }

    /// <summary>First k of a part, and the k behind its last.</summary>
    int First(int part);

    int End(int part);

    /// <summary>Eight pixels as two words of four bytes, for a thread and a step; 0 outside the images.</summary>
    void Fetch(int rowTile, int k, int thread, out uint low, out uint high);

    /// <summary>Puts the eight into the shared tile [k, row].</summary>
    void Place(ArrayView<Float4> tile, int first, int thread, uint low, uint high);

    /// <summary>What the sums of four columns start with.</summary>
    Float4 Start(int column);

    /// <summary>Takes four sums of a row; <paramref name="offset"/> is that of the columns from the start of a block's rows.</summary>
    void Store(int part, int row, int blockFirst, int stride, int offset, int column, Float4 sums);

    /// <summary>Rows that exist.</summary>
    int RowCount { get; }
}

/// <summary>
/// The tile that forward and backward share: 64 rows x 128 columns a group of 128 threads, 8 x 8 sums a thread in
/// registers, sixteen k a step through shared memory, the next step's operands on their way while a step is computed.
/// </summary>
/// <remarks>
/// Every sum takes k in ascending order, one fused multiply-add each, whatever the tile: its bits are those of a plain loop.
/// The 128 columns are eight vectors of sixteen from the cohort's table, which may come from different blocks, so that
/// ragged cohorts fill the tile. ILGPU does not unroll loops; the sixty-four multiply-adds of a k are written out.
/// </remarks>
internal static class TileProduct
{
    public const int Rows = 64, Threads = 128, Step = 16;

    private const int Vectors = 8, Quads = Vectors * 4, RowQuads = Rows / 4;

    /// <summary>Groups of a launch.</summary>
    public static int Groups(int rows, int vectors, int parts) =>
        checked((rows + Rows - 1) / Rows * ((vectors + Vectors - 1) / Vectors) * parts);

    public static void Run<TJob>(TJob job)
        where TJob : struct, ITileJob
    {
        ArrayView<Float4> left = SharedMemory.Allocate<Float4>(2 * Step * RowQuads);
        ArrayView<Float4> right = SharedMemory.Allocate<Float4>(2 * Step * Quads);
        int thread = Group.IdxX, tile = Grid.IdxX;
        int vectors = job.Columns.Vectors.IntLength / ColumnLayout.VectorFields, columnTiles = (vectors + Vectors - 1) / Vectors;
        int rowTiles = job.RowTiles;
        int rowTile = tile % rowTiles;
        tile /= rowTiles;
        int part = tile / columnTiles, firstVector = (tile - (part * columnTiles)) * Vectors;

        // The four columns that this thread brings to shared memory, the same ones in every step.
        ArrayView<Float4> source = job.Right.Cast<Float4>();
        int quad = thread % Quads, loadRow = thread / Quads;
        int loadVector = Math.Min(firstVector + (quad / 4), vectors - 1) * ColumnLayout.VectorFields;
        int loadFirst = job.Columns.Vectors[loadVector], loadStride = job.Columns.Vectors[loadVector + 1];
        int loadOffset = (job.RightHeight * (loadFirst / 4)) + ((job.Columns.Vectors[loadVector + 2] - loadFirst) / 4) + (quad % 4);
        loadStride /= 4;

        // The eight columns that it sums: four in the tile's left half, four in its right.
        int columnThread = thread % 16, rowThread = thread / 16;
        int lowVector = firstVector + (columnThread / 4), highVector = lowVector + (Vectors / 2), within = (columnThread % 4) * 4;
        int lowEntry = Math.Min(lowVector, vectors - 1) * ColumnLayout.VectorFields, highEntry = Math.Min(highVector, vectors - 1) * ColumnLayout.VectorFields;
        int lowColumn = job.Columns.Vectors[lowEntry + 2] + within, highColumn = job.Columns.Vectors[highEntry + 2] + within;
        var start = new Octet(job.Start(lowColumn), job.Start(highColumn));
        Octet r0 = start, r1 = start, r2 = start, r3 = start, r4 = start, r5 = start, r6 = start, r7 = start;

        int k = job.First(part), end = job.End(part), buffer = 0;
        job.Fetch(rowTile, k, thread, out uint low, out uint high);
        Float4 w0 = Load(source, loadOffset, loadStride, k + loadRow, end), w1 = Load(source, loadOffset, loadStride, k + loadRow + 4, end);
        Float4 w2 = Load(source, loadOffset, loadStride, k + loadRow + 8, end), w3 = Load(source, loadOffset, loadStride, k + loadRow + 12, end);
        while (k < end)
        {
            job.Place(left, buffer * Step * RowQuads, thread, low, high);
            int place = (((buffer * Step) + loadRow) * Quads) + quad;
            right[place] = w0;
            right[place + (4 * Quads)] = w1;
            right[place + (8 * Quads)] = w2;
            right[place + (12 * Quads)] = w3;

            // One barrier a step: the other buffer is written only after everyone has left it, which is before this barrier.
            GpuGroup.Barrier();
            k += Step;
            if (k < end)
            {
                job.Fetch(rowTile, k, thread, out low, out high);
                w0 = Load(source, loadOffset, loadStride, k + loadRow, end);
                w1 = Load(source, loadOffset, loadStride, k + loadRow + 4, end);
                w2 = Load(source, loadOffset, loadStride, k + loadRow + 8, end);
                w3 = Load(source, loadOffset, loadStride, k + loadRow + 12, end);
            }
            int a = (buffer * Step * RowQuads) + (2 * rowThread), b = (buffer * Step * Quads) + columnThread;
            for (int depth = 0; depth < Step; depth += 2, a += 2 * RowQuads, b += 2 * Quads)
            {
                Float4 x = left[a], y = left[a + 1], l = right[b], h = right[b + (Quads / 2)];
                r0 = r0.Fma(x.X, l, h);
                r1 = r1.Fma(x.Y, l, h);
                r2 = r2.Fma(x.Z, l, h);
                r3 = r3.Fma(x.W, l, h);
                r4 = r4.Fma(y.X, l, h);
                r5 = r5.Fma(y.Y, l, h);
                r6 = r6.Fma(y.Z, l, h);
                r7 = r7.Fma(y.W, l, h);
                x = left[a + RowQuads];
                y = left[a + RowQuads + 1];
                l = right[b + Quads];
                h = right[b + Quads + (Quads / 2)];
                r0 = r0.Fma(x.X, l, h);
                r1 = r1.Fma(x.Y, l, h);
                r2 = r2.Fma(x.Z, l, h);
                r3 = r3.Fma(x.W, l, h);
                r4 = r4.Fma(y.X, l, h);
                r5 = r5.Fma(y.Y, l, h);
                r6 = r6.Fma(y.Z, l, h);
                r7 = r7.Fma(y.W, l, h);
            }
            buffer = 1 - buffer;
        }

        int row = (rowTile * Rows) + (8 * rowThread), rows = job.RowCount;
        int lowFirst = job.Columns.Vectors[lowEntry], lowStride = job.Columns.Vectors[lowEntry + 1];
        int highFirst = job.Columns.Vectors[highEntry], highStride = job.Columns.Vectors[highEntry + 1];
        if (lowVector < vectors)
        {
            Store(job, part, row, rows, lowFirst, lowStride, lowColumn, r0.Low, r1.Low, r2.Low, r3.Low);
            Store(job, part, row + 4, rows, lowFirst, lowStride, lowColumn, r4.Low, r5.Low, r6.Low, r7.Low);
        }
        if (highVector < vectors)
        {
            Store(job, part, row, rows, highFirst, highStride, highColumn, r0.High, r1.High, r2.High, r3.High);
            Store(job, part, row + 4, rows, highFirst, highStride, highColumn, r4.High, r5.High, r6.High, r7.High);
        }
    }

    private static Float4 Load(ArrayView<Float4> source, int offset, int stride, int k, int end) =>
        k < end ? source[offset + (k * stride)] : default;

    private static void Store<TJob>(
        TJob job, int part, int row, int rows, int first, int stride, int column, Float4 a, Float4 b, Float4 c, Float4 d)
        where TJob : struct, ITileJob
    {
        int offset = column - first;
        if (row < rows)
            job.Store(part, row, first, stride, offset, column, a);
        if (row + 1 < rows)
            job.Store(part, row + 1, first, stride, offset, column, b);
        if (row + 2 < rows)
            job.Store(part, row + 2, first, stride, offset, column, c);
        if (row + 3 < rows)
            job.Store(part, row + 3, first, stride, offset, column, d);
    }
}
