using System.Buffers;
using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// The entries of some columns as exact sums take them: Wq instead of a weight, with the exponent of what is left of the column,
/// and without those whose pixel is 0 in every image of some tiles, a third of them with MNIST. They would add 0 to their sums;
/// looking each up once for all the tiles costs less than it saves for a single one.
/// </summary>
/// <remarks>The memory is rented: asking the system for it anew would cost as much as filling it.</remarks>
internal readonly ref struct TileEntries : IDisposable
{
    private readonly int[] _starts, _exponents;
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
        _exponents = ArrayPool<int>.Shared.Rent(endColumn - firstColumn);
        _index = ArrayPool<ushort>.Shared.Rent(most + 1);
        _value = ArrayPool<float>.Shared.Rent(most + 1);
        byte[] used = ArrayPool<byte>.Shared.Rent(inputs);
        Array.Clear(used, 0, inputs);
        for (int first = 0; first < rows.Length; first += inputs)
        {
            for (int d = 0; d < inputs; d++)
                used[d] |= rows[first + d] != PixelTiles.ZeroRow ? (byte)1 : (byte)0;
        }
        fixed (int* to = _starts, exponents = _exponents)
        fixed (ushort* index = _index)
        fixed (float* value = _value)
        fixed (byte* isUsed = used)
        {
            var from = new EntryColumns(starts + firstColumn, BlockPointers.Pointer(sparse.Index), BlockPointers.Pointer(sparse.Value));
            float* biases = BlockPointers.Pointer(sparse.B1) + firstColumn;
            Copy(firstColumn, endColumn - firstColumn, from, biases, isUsed, new EntryColumns(to, index, value, exponents), ahead);
        }
        ArrayPool<byte>.Shared.Return(used);
    }

    /// <summary>Where the entries of each column from the first on begin, and one end.</summary>
    public ref int Starts => ref _starts[0];

    /// <summary>Pixel numbers.</summary>
    public ref ushort Index => ref _index[0];

    /// <summary>Wq, a whole number.</summary>
    public ref float Value => ref _value[0];

    /// <summary>e of each column, <see cref="ExactSums.OutOfRange"/> for one that has none; its weights are 0.</summary>
    public ref int Exponents => ref _exponents[0];

    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_starts);
        ArrayPool<int>.Shared.Return(_exponents);
        ArrayPool<ushort>.Shared.Return(_index);
        ArrayPool<float>.Shared.Return(_value);
    }

    // Every entry is written, and the next one over it unless it stays: no branch that a predictor could miss.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Copy(int first, int columns, EntryColumns from, float* biases, byte* used, EntryColumns to, TileAhead ahead)
    {
        int next = 0;
        for (int column = 0; column < columns; column++)
        {
            ahead.Fetch(first + column);
            to.Starts[column] = next;
            int start = from.Starts[column], end = from.Starts[column + 1];

            // Magnitudes compare as their bits do, and NaN above everything.
            int largest = Magnitude(biases[column]);
            for (int q = start; q < end; q++)
                largest = Math.Max(largest, Magnitude(from.Value[q]));
            int exponent = ExactSums.Exponent(BitConverter.Int32BitsToSingle(largest));
            to.Exponents[column] = exponent;
            if (exponent == ExactSums.OutOfRange)
                continue;
            float scale = ExactSums.WeightScale(exponent);
            for (int q = start; q < end; q++)
            {
                ushort pixel = from.Index[q];
                to.Index[next] = pixel;
                to.Value[next] = MathF.Round(from.Value[q] * scale, MidpointRounding.ToEven);
                next += used[pixel];
            }
        }
        to.Starts[columns] = next;
    }

    private static int Magnitude(float weight) => BitConverter.SingleToInt32Bits(weight) & 0x7FFFFFFF;
}

/// <summary>Compressed columns: column c has the entries from starts[c] to the next start.</summary>
internal readonly unsafe struct EntryColumns(int* starts, ushort* index, float* value, int* exponents = null)
{
    public readonly int* Starts = starts;

    /// <summary>Pixel numbers.</summary>
    public readonly ushort* Index = index;

    /// <summary>Weights, or Wq where there are exponents.</summary>
    public readonly float* Value = value;

    /// <summary>One a column; null for weights as they are.</summary>
    public readonly int* Exponents = exponents;

    /// <summary>The same, counted from another column on.</summary>
    public EntryColumns From(int column) => new(Starts + column, Index, Value, Exponents == null ? null : Exponents + column);
}
