using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Products.Digits;

/// <summary>
/// Backward product of a run of images in bytes: G[d, c] = sum over images of pixel * gate * q, in 64-bit integers.
/// </summary>
/// <remarks>
/// Bytes X^T [K, B], digits of q three times [slot, rows], gates [C, rows / 32]. A group has 128 pixels x 64 columns and the images
/// of one split; several splits add their parts by atomics, which integers allow. The grid is pixel tiles (fastest),
/// splits, column tiles.
/// </remarks>
public struct DigitBackward : IDigitJob
{
    /// <summary>[K to whole tiles, ImagePitch] from the run's first image on.</summary>
    public ArrayView<byte> Pixels;

    /// <summary>[slot, DeltaPitch] each, see <see cref="DigitOutput{TLoss}"/>.</summary>
    public ArrayView<byte> Deltas0, Deltas1, Deltas2;

    /// <summary>See <see cref="CohortViews.Units"/>.</summary>
    public ArrayView<Int4> Units;

    /// <summary>[C, DeltaPitch / 32], from <see cref="DigitForward"/>.</summary>
    public ArrayView<uint> Gates;

    /// <summary>One value a row of <see cref="Pixels"/>: its pixel d, D for the constant one.</summary>
    public ArrayView<int> PixelNumbers;

    /// <summary>Written, or added to: G, [D + 1, stride] block after block. Rows of pixels that are left out stay as they are.</summary>
    public ArrayView<long> Gradient;

    /// <summary>K.</summary>
    public int PixelRows;

    /// <summary>Bytes from pixel to pixel, a multiple of <see cref="DigitTile.Stage"/>.</summary>
    public int ImagePitch;

    /// <summary>Images of the run to whole stages; q is 0 behind its last image.</summary>
    public int DeltaPitch;

    /// <summary>Parts of the images, and stages of each but the last, at most <see cref="DigitTile.MostStages"/>.</summary>
    public int Splits, SplitStages;

    /// <summary>1 adds to the gradient, as several splits must; 0 writes.</summary>
    public int Adds;

    static bool IDigitJob.IsGated => true;

    readonly ArrayView<byte> IDigitJob.Left => Pixels;

    readonly int IDigitJob.LeftPitch => ImagePitch;

    readonly ArrayView<byte> IDigitJob.Right0 => Deltas0;

    readonly ArrayView<byte> IDigitJob.Right1 => Deltas1;

    readonly ArrayView<byte> IDigitJob.Right2 => Deltas2;

    readonly int IDigitJob.RightPitch => DeltaPitch;

    readonly ArrayView<uint> IDigitJob.Gates => Gates;

    readonly int IDigitJob.GateWords => DeltaPitch / 32;

    readonly int IDigitJob.ColumnCount => Units.IntLength;

    readonly int IDigitJob.RightRow(int column) => Units[column].X;

    /// <summary>Tiles of a product; a launch has as many groups for each split.</summary>
    public static int Tiles(int pixelRows, int columns) =>
        checked((pixelRows + DigitTile.Rows - 1) / DigitTile.Rows * DigitTile.ColumnTiles(columns));

    /// <summary>The kernel for tensor cores.</summary>
    public static void Mma(DigitBackward job)
    {
        ArrayView<Int4> memory = SharedMemory.Allocate<Int4>(DigitTile.SharedBytes / 16);
        int tile = job.Tile(), row = job.FirstRow(tile), column = job.FirstColumn(tile), first = job.FirstStage(tile);
        job.Finish(row, column, MmaTile.Multiply(job, memory.Cast<byte>(), row, column, first, job.EndStage(first)));
    }

    /// <summary>The kernel for dp4a.</summary>
    public static void Dp4a(DigitBackward job)
    {
        ArrayView<Int4> memory = SharedMemory.Allocate<Int4>(DigitTile.SharedBytes / 16);
        int tile = job.Tile(), row = job.FirstRow(tile), column = job.FirstColumn(tile), first = job.FirstStage(tile);
        job.Finish(row, column, Dp4aTile.Multiply(job, memory, row, column, first, job.EndStage(first)));
    }

    private readonly int RowTiles() => (PixelRows + DigitTile.Rows - 1) / DigitTile.Rows;

    // Split and column tile as one number.
    private readonly int Tile() => Grid.IdxX / RowTiles();

    private readonly int FirstRow(int tile) => (Grid.IdxX - (tile * RowTiles())) * DigitTile.Rows;

    private readonly int FirstColumn(int tile) => tile / Splits * DigitTile.Columns;

    private readonly int FirstStage(int tile) => tile % Splits * SplitStages;

    private readonly int EndStage(int first) => Math.Min(first + SplitStages, DeltaPitch / DigitTile.Stage);

    private readonly void Finish(int row, int column, DigitSums sums)
    {
        // The thread's sums are of rows lane / 4, + 8, + 16, ... and two columns at 2 (lane % 4), + 8, ... of its warp's part.
        int lane = Group.IdxX % 32, warp = Group.IdxX / 32;
        row += ((warp / 2) * 64) + (lane / 4);
        column += ((warp % 2) * 32) + ((lane % 4) * 2);
        Store(row, column, sums.D0.M0, sums.D1.M0, sums.D2.M0);
        Store(row + 16, column, sums.D0.M1, sums.D1.M1, sums.D2.M1);
        Store(row + 32, column, sums.D0.M2, sums.D1.M2, sums.D2.M2);
        Store(row + 48, column, sums.D0.M3, sums.D1.M3, sums.D2.M3);
    }

    private readonly void Store(int row, int column, RowSums d0, RowSums d1, RowSums d2)
    {
        StoreRow(row, column, Upper(d0.N0, d0.N1), Upper(d1.N0, d1.N1), Upper(d2.N0, d2.N1));
        StoreRow(row, column + 16, Upper(d0.N2, d0.N3), Upper(d1.N2, d1.N3), Upper(d2.N2, d2.N3));
        row += 8;
        StoreRow(row, column, Lower(d0.N0, d0.N1), Lower(d1.N0, d1.N1), Lower(d2.N0, d2.N1));
        StoreRow(row, column + 16, Lower(d0.N2, d0.N3), Lower(d1.N2, d1.N3), Lower(d2.N2, d2.N3));
    }

    // The two rows that a thread has of two neighbouring blocks of eight columns.
    private static Int4 Upper(Int4 left, Int4 right) => new(left.X, left.Y, right.X, right.Y);

    private static Int4 Lower(Int4 left, Int4 right) => new(left.Z, left.W, right.Z, right.W);

    // One row, columns column, + 1, + 8, + 9.
    private readonly void StoreRow(int row, int column, Int4 d0, Int4 d1, Int4 d2)
    {
        if (row >= PixelRows)
            return;
        int pixel = PixelNumbers[row];
        Store(pixel, column, d0.X, d1.X, d2.X);
        Store(pixel, column + 1, d0.Y, d1.Y, d2.Y);
        Store(pixel, column + 8, d0.Z, d1.Z, d2.Z);
        Store(pixel, column + 9, d0.W, d1.W, d2.W);
    }

    private readonly void Store(int pixel, int column, int d0, int d1, int d2)
    {
        if (column >= Units.IntLength)
            return;
        Int4 unit = Units[column];
        long sum = (d2 * 65536L) + (d1 * 256L) + d0;
        int place = unit.Z + (pixel * unit.W);
        if (Adds != 0)
            Atomic.Add(ref Gradient[place], sum);
        else
            Gradient[place] = sum;
    }
}
