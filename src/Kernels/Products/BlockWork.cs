using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// What a CPU thread keeps of its block of columns besides the parameters: their digits, and one chunk of images.
/// </summary>
/// <remarks>
/// Digits (of weights, and of what the output sends back) are 12 bits each, low and high, in 16-bit numbers. They lie as
/// [two vectors, pair, vector of the two, low or high, column, first or second of the pair]: a vector of sixteen columns is 64
/// numbers, and one instruction multiplies a pair of pixels with the digits of sixteen columns. Two vectors of all pairs of
/// images of a chunk are 32 KB: what a product goes through again and again stays in L1.
/// </remarks>
internal readonly unsafe struct BlockWork
{
    /// <summary>16-bit numbers of a pair and a vector of sixteen columns.</summary>
    public const int VectorShorts = 4 * ColumnLayout.Vector;

    /// <summary>Vectors that lie side by side.</summary>
    public const int TileVectors = 2;

    /// <summary>Wq of each pair of places (see <see cref="PairImages.Order"/>).</summary>
    public readonly short* Digits;

    /// <summary>gate * q of each pair of images of a chunk.</summary>
    public readonly short* Deltas;

    /// <summary>Pairs of images that there is room for.</summary>
    public const int ImagePairs = ChunkSchedule.ChunkRows / 2;

    /// <summary>Z [256, stride].</summary>
    public readonly float* Z;

    /// <summary>[slot of the block, 256]: logits, then q.</summary>
    public readonly float* Logits;

    /// <summary>G [place, stride], of the batch's chunks before this one.</summary>
    public readonly double* Sums;

    /// <summary>G of one row, [stride].</summary>
    public readonly double* Row;

    /// <summary>sum over d of Wq G', the halves of Wq apart: sixteen columns take 32 numbers, high half first.</summary>
    public readonly double* WeightSums;

    /// <summary>One value a column: 2^(23 - e); z; w2 times the gradient's scale; the rate, 0 for a model that has failed.</summary>
    public readonly float* Scales, ActivationScales, Factors, Rates;

    /// <summary>One value a column, as bits: the largest |weight| of the dropped pixels, and of all after the update.</summary>
    public readonly float* FixedLargest, Largest;

    /// <summary>e of each column.</summary>
    public readonly int* Exponents;

    /// <summary>[2, stride + 16]: words of one row or pair of images.</summary>
    public readonly int* Words;

    /// <summary>One value a slot: whether the model has failed; whether its logits need more than 2^53; the batch's sum of q.</summary>
    public readonly int* Failed, IsWide;

    public readonly long* DeltaSums;

    public readonly int Pairs, Vectors;

    /// <param name="places">Pixels in products, two a pair.</param>
    /// <param name="withBackward">False takes no memory for gradients.</param>
    public BlockWork(in BlockPointers block, int places, bool withBackward)
    {
        const int Rows = ChunkSchedule.ChunkRows, Line = 64;
        Vectors = block.Vectors;
        Pairs = places / 2;
        long stride = block.Stride, slots = block.Slots, padded = stride + ColumnLayout.Vector;
        long bytes = 0;
        long Place(long size)
        {
            long at = bytes;
            bytes += (size + Line - 1) / Line * Line;
            return at;
        }
        long digits = Place(sizeof(short) * Pairs * Vectors * VectorShorts);
        long deltas = Place(withBackward ? sizeof(short) * ImagePairs * Vectors * VectorShorts : 0);
        long sums = Place(withBackward ? sizeof(double) * places * stride : 0);
        long weightSums = Place(sizeof(double) * 2 * stride), row = Place(sizeof(double) * stride);
        long z = Place(sizeof(float) * ((Rows * stride) + ColumnLayout.Vector)), logits = Place(sizeof(float) * Rows * slots);
        long columns = Place(sizeof(float) * 7 * padded), words = Place(sizeof(int) * 2 * padded);
        long flags = Place(sizeof(int) * 2 * slots), deltaSums = Place(sizeof(long) * slots);
        byte* memory = ThreadScratch.Take(bytes);
        Digits = (short*)(memory + digits);
        Deltas = (short*)(memory + deltas);
        Sums = (double*)(memory + sums);
        WeightSums = (double*)(memory + weightSums);
        Row = (double*)(memory + row);
        Z = (float*)(memory + z);
        Logits = (float*)(memory + logits);
        float* column = (float*)(memory + columns);
        Scales = column;
        ActivationScales = column + padded;
        Factors = column + (2 * padded);
        Rates = column + (3 * padded);
        FixedLargest = column + (4 * padded);
        Largest = column + (5 * padded);
        Exponents = (int*)(column + (6 * padded));
        Words = (int*)(memory + words);
        Failed = (int*)(memory + flags);
        IsWide = Failed + slots;
        DeltaSums = (long*)(memory + deltaSums);
    }

    /// <summary>Vectors of the tile that begins with one: the last tile may have fewer.</summary>
    public static int TileWidth(int vectors, int first) => Math.Min(TileVectors, vectors - first);

    /// <summary>Where the digits of a pair and a vector lie.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static short* Place(short* digits, int pairs, int vectors, int pair, int vector)
    {
        int first = vector / TileVectors * TileVectors;
        return digits + ((((long)pairs * first) + ((long)pair * TileWidth(vectors, first)) + vector - first) * VectorShorts);
    }

    private BlockWork(in BlockWork work, in BlockPointers block)
    {
        this = work;
        Z = block.Activations;
        Logits = block.Logits;
        Sums = block.Sums;
    }

    /// <summary>The same with Z, logits and G in the cohort's own scratch, where an operation on one chunk leaves them.</summary>
    public BlockWork In(in BlockPointers block) => new(this, block);
}
