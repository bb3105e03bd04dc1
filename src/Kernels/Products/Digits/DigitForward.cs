using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Products.Digits;

/// <summary>
/// Forward pass of a run of images through all models, in bytes: V = X Wq, gate = [V &gt; 0], and of each model
/// S += sum over its columns of rint(fl(Z w2) 2^32) with Z = fl((float)V z).
/// </summary>
/// <remarks>
/// Bytes X [rows, K], digits of Wq three times [C, K]; no V or Z reaches memory. A group has 128 images x 64 columns, all of K,
/// and leaves a gate bit an element and one 64-bit atomic sum a model and image: integers, so their order shows nowhere.
/// The grid is image tiles (fastest: their groups read the same columns, which stay in L2), column tiles.
/// </remarks>
public struct DigitForward : IDigitJob
{
    /// <summary>Row-major [rows, PixelPitch] from the run's first image on; behind it, up to the end of the last tile, whatever.</summary>
    public ArrayView<byte> Pixels;

    /// <summary>[C, PixelPitch] each, see <see cref="WeightPlanes"/>.</summary>
    public ArrayView<byte> Weights0, Weights1, Weights2;

    /// <summary>See <see cref="CohortViews.Units"/>.</summary>
    public ArrayView<Int4> Units;

    /// <summary>e of each padded column; anything for a model that has failed, whose digits are 0.</summary>
    public ArrayView<int> Exponents;

    /// <summary>One value a padded column.</summary>
    public ArrayView<float> W2;

    /// <summary>Written: [C, Words], image i of the run as <see cref="IDigitJob.Gates"/> says, 0 behind the last image.</summary>
    public ArrayView<uint> Gates;

    /// <summary>Added to: [slot, LogitPitch] from the run's first image on.</summary>
    public ArrayView<long> Logits;

    /// <summary>Bytes from image to image, a multiple of <see cref="DigitTile.Stage"/>, 0 behind the last pixel.</summary>
    public int PixelPitch;

    /// <summary>Images of the run.</summary>
    public int Rows;

    /// <summary>Words of gates a column.</summary>
    public int Words;

    public int LogitPitch;

    // The activations of a tile lie in shared memory after the product: rows of 64 floats, four more so that neither rows
    // nor columns fall on the same banks; behind them w2, z and slot of each column.
    private const int Pitch = DigitTile.Columns + 4, WeightsAt = DigitTile.Rows * Pitch, ScalesAt = WeightsAt + DigitTile.Columns;

    private const int SlotsAt = ScalesAt + DigitTile.Columns;

    static bool IDigitJob.IsGated => false;

    readonly ArrayView<byte> IDigitJob.Left => Pixels;

    readonly int IDigitJob.LeftPitch => PixelPitch;

    readonly ArrayView<byte> IDigitJob.Right0 => Weights0;

    readonly ArrayView<byte> IDigitJob.Right1 => Weights1;

    readonly ArrayView<byte> IDigitJob.Right2 => Weights2;

    readonly int IDigitJob.RightPitch => PixelPitch;

    readonly ArrayView<uint> IDigitJob.Gates => Gates;

    readonly int IDigitJob.GateWords => Words;

    readonly int IDigitJob.ColumnCount => Units.IntLength;

    readonly int IDigitJob.RightRow(int column) => column;

    /// <summary>Groups of a launch.</summary>
    public static int Groups(int rows, int columns) =>
        checked((rows + DigitTile.Rows - 1) / DigitTile.Rows * DigitTile.ColumnTiles(columns));

    /// <summary>The kernel for tensor cores.</summary>
    public static void Mma(DigitForward job)
    {
        ArrayView<Int4> memory = SharedMemory.Allocate<Int4>(DigitTile.SharedBytes / 16);
        int tile = job.ColumnTile(), row = job.FirstRow(tile), column = tile * DigitTile.Columns;
        job.Finish(memory, row, column, MmaTile.Multiply(job, memory.Cast<byte>(), row, column, 0, job.PixelPitch / DigitTile.Stage));
    }

    /// <summary>The kernel for dp4a.</summary>
    public static void Dp4a(DigitForward job)
    {
        ArrayView<Int4> memory = SharedMemory.Allocate<Int4>(DigitTile.SharedBytes / 16);
        int tile = job.ColumnTile(), row = job.FirstRow(tile), column = tile * DigitTile.Columns;
        job.Finish(memory, row, column, Dp4aTile.Multiply(job, memory, row, column, 0, job.PixelPitch / DigitTile.Stage));
    }

    private readonly int RowTiles() => (Rows + DigitTile.Rows - 1) / DigitTile.Rows;

    private readonly int ColumnTile() => Grid.IdxX / RowTiles();

    private readonly int FirstRow(int columnTile) => (Grid.IdxX - (columnTile * RowTiles())) * DigitTile.Rows;

    private readonly void Finish(ArrayView<Int4> memory, int row, int column, DigitSums sums)
    {
        ArrayView<float> tile = memory.Cast<float>();
        int thread = Group.IdxX, lane = thread % 32, warp = thread / 32;
        if (thread < DigitTile.Columns)
            PrepareColumn(tile, memory.Cast<int>(), column, thread);
        GpuGroup.Barrier();

        // The thread's sums are of rows lane / 4, + 8, + 16, ... and two columns at 2 (lane % 4), + 8, ... of its warp's part.
        int first = (((warp / 2) * 64) + (lane / 4)) * Pitch, own = ((warp % 2) * 32) + ((lane % 4) * 2);
        Activate(tile, first, own, sums.D0.M0, sums.D1.M0, sums.D2.M0);
        Activate(tile, first + (16 * Pitch), own, sums.D0.M1, sums.D1.M1, sums.D2.M1);
        Activate(tile, first + (32 * Pitch), own, sums.D0.M2, sums.D1.M2, sums.D2.M2);
        Activate(tile, first + (48 * Pitch), own, sums.D0.M3, sums.D1.M3, sums.D2.M3);
        GpuGroup.Barrier();

        StoreGates(tile, row, column, thread % DigitTile.Columns, thread / DigitTile.Columns);
        StoreGates(tile, row, column, thread % DigitTile.Columns, (thread / DigitTile.Columns) + 2);
        if (row + thread < Rows)
            AddTerms(memory.Cast<Float4>(), memory, row + thread, thread);
    }

    // What the epilogue needs of a column. Behind the last column, and for weights that are not finite, which only a failed
    // model has, w2 is 0: the activations are 0 there.
    private readonly void PrepareColumn(ArrayView<float> tile, ArrayView<int> slots, int first, int column)
    {
        int last = Units.IntLength - 1;
        Int4 unit = Units[Math.Min(first + column, last)], next = Units[Math.Min(first + column + 1, last)];
        float weight = W2[unit.Y];
        bool counts = first + column <= last && (GpuMath.Bits(weight) & 0x7F800000u) != 0x7F800000u;
        tile[WeightsAt + column] = counts ? weight : 0f;
        tile[ScalesAt + column] = ExactSums.ActivationScale(Exponents[unit.Y]);

        // A slot where the model's columns end in the tile, else -1.
        slots[SlotsAt + column] = next.X != unit.X || first + column == last || column == DigitTile.Columns - 1 ? unit.X : -1;
    }

    // relu(Z) of two rows, 8 apart, and eight columns.
    private static void Activate(ArrayView<float> tile, int row, int column, RowSums d0, RowSums d1, RowSums d2)
    {
        Activate(tile, row, column, d0.N0, d1.N0, d2.N0);
        Activate(tile, row, column + 8, d0.N1, d1.N1, d2.N1);
        Activate(tile, row, column + 16, d0.N2, d1.N2, d2.N2);
        Activate(tile, row, column + 24, d0.N3, d1.N3, d2.N3);
    }

    private static void Activate(ArrayView<float> tile, int row, int column, Int4 d0, Int4 d1, Int4 d2)
    {
        ArrayView<Float2> pairs = tile.Cast<Float2>();
        Float2 scales = pairs[(ScalesAt + column) / 2];
        pairs[(row + column) / 2] = new Float2(Activation(d0.X, d1.X, d2.X, scales.X), Activation(d0.Y, d1.Y, d2.Y, scales.Y));
        pairs[(row + (8 * Pitch) + column) / 2] =
            new Float2(Activation(d0.Z, d1.Z, d2.Z, scales.X), Activation(d0.W, d1.W, d2.W, scales.Y));
    }

    // Above 0 exactly where V is: z is at least 2^-91.
    private static float Activation(int d0, int d1, int d2, float scale)
    {
        long sum = (d2 * 65536L) + (d1 * 256L) + d0;
        return sum > 0 ? sum * scale : 0f;
    }

    // 32 images of a column.
    private readonly void StoreGates(ArrayView<float> tile, int row, int column, int within, int word)
    {
        int first = (row / 32) + word;
        if (column + within >= Units.IntLength || first >= Words)
            return;
        uint bits = 0;
        int place = (word * 32 * Pitch) + within;
        for (int i = 0; i < 8; i++, place += 4 * Pitch)
        {
            uint even = Gate(tile[place]) | (Gate(tile[place + (2 * Pitch)]) << 16);
            uint odd = Gate(tile[place + Pitch]) | (Gate(tile[place + (3 * Pitch)]) << 16);
            bits |= (even | (odd << 8)) << i;
        }
        int images = Rows - (first * 32);
        Gates[((column + within) * Words) + first] = images < 32 ? bits & First(images) : bits;
    }

    // Activations are 0 or above 0: then their bits are not 0.
    private static uint Gate(float activation) => Math.Min(GpuMath.Bits(activation), 1u);

    // The gates of the first images of a word.
    private static uint First(int images)
    {
        uint bits = 0;
        for (int i = 0; i < images; i++)
            bits |= 1u << ((8 * (i % 4)) + (i / 4));
        return bits;
    }

    // One image and all columns of the tile: a sum a model.
    private readonly void AddTerms(ArrayView<Float4> tile, ArrayView<Int4> slots, int row, int within)
    {
        long sum = 0;
        for (int c = 0; c < DigitTile.Columns; c += 4)
        {
            Float4 z = tile[((within * Pitch) + c) / 4], w = tile[(WeightsAt + c) / 4];
            long t0 = Term(z.X, w.X), t1 = Term(z.Y, w.Y), t2 = Term(z.Z, w.Z), t3 = Term(z.W, w.W);
            Int4 ends = slots[(SlotsAt + c) / 4];
            if ((ends.X & ends.Y & ends.Z & ends.W) == -1)
            {
                sum += t0 + t1 + t2 + t3;
                continue;
            }
            sum = End(row, ends.X, sum + t0);
            sum = End(row, ends.Y, sum + t1);
            sum = End(row, ends.Z, sum + t2);
            sum = End(row, ends.W, sum + t3);
        }
    }

    private static long Term(float activation, float weight) => MmaWarp.Round(activation * weight * ExactSums.LogitUnits);

    // Adds a model's sum where its columns end, and begins the next one's.
    private readonly long End(int row, int slot, long sum)
    {
        if (slot < 0)
            return sum;
        Atomic.Add(ref Logits[(slot * (long)LogitPitch) + row], sum);
        return 0;
    }
}
