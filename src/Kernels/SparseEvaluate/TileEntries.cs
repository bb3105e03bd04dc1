using System.Buffers;
using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;

namespace GpuMlp.Kernels.SparseEvaluate;

/// <summary>
/// A copy of the entries of some columns without those whose pixel is 0 in every image of some tiles: a third of them with
/// MNIST. They would add 0 to their sums; looking each up once for all the tiles costs less than it saves for a single one.
/// </summary>
/// <remarks>The memory is rented: asking the system for it anew would cost as much as filling it.</remarks>
internal readonly ref struct TileEntries : IDisposable
{
    private readonly int[] _starts;
    private readonly ushort[] _index;
    private readonly float[] _value;

    /// <param name="sparse">All entries.</param>
    /// <param name="firstColumn">Levels counted.</param>
    /// <param name="endColumn">Behind the last column.</param>
    /// <param name="rows">[tile, D], see <see cref="PixelTiles"/>.</param>
    /// <param name="inputs">D.</param>
    /// <param name="ahead">Asked for meanwhile.</param>
    public unsafe TileEntries(in SparseViews sparse, int firstColumn, int endColumn, ReadOnlySpan<int> rows, int inputs, TileAhead ahead)
    {
        int* starts = BlockPointers.Pointer(sparse.Starts);
        int most = starts[endColumn] - starts[firstColumn];
        _starts = ArrayPool<int>.Shared.Rent(endColumn - firstColumn + 1);
        _index = ArrayPool<ushort>.Shared.Rent(most + 1);
        _value = ArrayPool<float>.Shared.Rent(most + 1);
        byte[] used = ArrayPool<byte>.Shared.Rent(inputs);
        Array.Clear(used, 0, inputs);
        for (int first = 0; first < rows.Length; first += inputs)
        {
            for (int d = 0; d < inputs; d++)
                used[d] |= rows[first + d] != PixelTiles.ZeroRow ? (byte)1 : (byte)0;
        }
        fixed (int* to = _starts)
        fixed (ushort* index = _index)
        fixed (float* value = _value)
        fixed (byte* isUsed = used)
        {
            var from = new Columns(starts + firstColumn, BlockPointers.Pointer(sparse.Index), BlockPointers.Pointer(sparse.Value));
            Copy(firstColumn, endColumn - firstColumn, from, isUsed, new Columns(to, index, value), ahead);
        }
        ArrayPool<byte>.Shared.Return(used);
    }

    /// <summary>Where the entries of each column from the first on begin, and one end.</summary>
    public ref int Starts => ref _starts[0];

    /// <summary>Pixel numbers.</summary>
    public ref ushort Index => ref _index[0];

    public ref float Value => ref _value[0];

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_starts);
        ArrayPool<ushort>.Shared.Return(_index);
        ArrayPool<float>.Shared.Return(_value);
    }

    // Every entry is written, and the next one over it unless it stays: no branch that a predictor could miss.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Copy(int first, int columns, Columns from, byte* used, Columns to, TileAhead ahead)
    {
        int next = 0;
        for (int column = 0; column < columns; column++)
        {
            ahead.Fetch(first + column);
            to.Starts[column] = next;
            int end = from.Starts[column + 1];
            for (int q = from.Starts[column]; q < end; q++)
            {
                ushort pixel = from.Index[q];
                to.Index[next] = pixel;
                to.Value[next] = from.Value[q];
                next += used[pixel];
            }
        }
        to.Starts[columns] = next;
    }
}

/// <summary>Compressed columns: column c has the entries from starts[c] to the next start.</summary>
internal readonly unsafe struct Columns(int* starts, ushort* index, float* value)
{
    public readonly int* Starts = starts;

    /// <summary>Pixel numbers.</summary>
    public readonly ushort* Index = index;

    public readonly float* Value = value;

    /// <summary>The same without the first columns.</summary>
    public Columns From(int column) => new(Starts + column, Index, Value);
}
