using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// What a CPU thread keeps of its block of columns besides the parameters: their digits, and one chunk of images.
/// </summary>
/// <remarks>
/// Digits (of weights, and of what the output sends back) are 12 bits each, low and high, in 16-bit numbers; see
/// <see cref="DigitTiles"/>.
/// </remarks>
internal readonly unsafe struct BlockWork
{
    /// <summary>Wq of each pair of places (see <see cref="PairImages.Order"/>).</summary>
    public readonly short* Digits;

    /// <summary>gate * q of each pair of images of a chunk.</summary>
    public readonly short* Deltas;

    /// <summary>Pairs of images that there is room for.</summary>
    public const int ImagePairs = ChunkSchedule.ChunkRows / 2;

    /// <summary>Z [256, stride].</summary>
    public readonly float* Z;

    /// <summary>[slot of the block, O, 256]: logits, then q.</summary>
    public readonly float* Logits;

    /// <summary>G [place, stride], of the batch's chunks before this one, or before those in <see cref="Parts"/>.</summary>
    public readonly double* Sums;

    /// <summary>
    /// Digit sums of G, [vector, place, low or high, column], of up to <see cref="HiddenBackwardBody.PartChunks"/> chunks before this one;
    /// null where each chunk's go to <see cref="Sums"/>.
    /// </summary>
    public readonly int* Parts;

    /// <summary>
    /// Digit sums of a few rows of G, [<see cref="PairRows.Band"/>, vector, low or high, column]: stride numbers of 64 bits a row.
    /// </summary>
    public readonly int* Band;

    /// <summary>sum over d of Wq G', sixteen a vector: columns 0, 2, 4 ... of it, then columns 1, 3, 5 ...</summary>
    public readonly long* WeightSums;

    /// <summary>One value a column: 2^(23 - e); z; w2 times the gradient's scale; the rate, 0 for a model that has failed.</summary>
    public readonly float* Scales, ActivationScales, Factors, Rates;

    /// <summary>One value a column with a logit a class: 2^-f and 2^f, see <see cref="ClassOutputBody"/>; else null.</summary>
    public readonly float* DeltaScales, DeltaPowers;

    /// <summary>[O, <see cref="OutputPitch"/>]: sums for dw2 with a logit a class; null without gradients, and with one logit.</summary>
    public readonly long* OutputSums;

    /// <summary>From one row of <see cref="OutputSums"/> to the next.</summary>
    public readonly int OutputPitch;

    /// <summary>One value a column, as bits: the largest |weight| of the dropped pixels, and of all after the update.</summary>
    public readonly float* FixedLargest, Largest;

    /// <summary>e of each column.</summary>
    public readonly int* Exponents;

    /// <summary>[2, stride + 16]: words of one row or pair of images.</summary>
    public readonly int* Words;

    /// <summary>One value a slot: whether the model has failed; whether its logits need more than 2^53.</summary>
    public readonly int* Failed, IsWide;

    /// <summary>[slot, O]: the batch's sum of q.</summary>
    public readonly long* DeltaSums;

    public readonly int Pairs, Vectors;

    /// <param name="places">Pixels in products, two a pair.</param>
    /// <param name="withBackward">False takes no memory for gradients.</param>
    public BlockWork(in BlockPointers block, int places, bool withBackward)
    {
        const int Rows = ChunkSchedule.ChunkRows, Line = 64;
        Vectors = block.Vectors;
        Pairs = places / 2;
        long stride = block.Stride, slots = block.Slots, outputs = block.Outputs, padded = stride + ColumnLayout.Vector;
        long bytes = 0;
        long Place(long size)
        {
            long at = bytes;
            bytes += (size + Line - 1) / Line * Line;
            return at;
        }
        long digits = Place(sizeof(short) * Pairs * Vectors * DigitTiles.VectorShorts);
        long deltas = Place(withBackward ? sizeof(short) * ImagePairs * Vectors * DigitTiles.VectorShorts : 0);
        long sums = Place(withBackward ? sizeof(double) * places * stride : 0);
        long parts = Place(withBackward ? 2 * sizeof(int) * places * stride : 0);
        long weightSums = Place(sizeof(long) * stride), band = Place(withBackward ? sizeof(long) * PairRows.Band * stride : 0);
        long z = Place(sizeof(float) * ((Rows * stride) + ColumnLayout.Vector)), logits = Place(sizeof(float) * Rows * slots * outputs);
        long columns = Place(sizeof(float) * 7 * padded), words = Place(sizeof(int) * 2 * padded);
        long flags = Place(sizeof(int) * 2 * slots), deltaSums = Place(sizeof(long) * slots * outputs);
        bool isClasses = outputs > 1;
        long backs = Place(isClasses ? 2 * sizeof(float) * padded : 0);
        long outputSums = Place(isClasses && withBackward ? sizeof(long) * outputs * padded : 0);
        byte* memory = ThreadScratch.Take(bytes);
        Digits = (short*)(memory + digits);
        Deltas = (short*)(memory + deltas);
        Sums = (double*)(memory + sums);
        Parts = (int*)(memory + parts);
        WeightSums = (long*)(memory + weightSums);
        Band = (int*)(memory + band);
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
        DeltaScales = isClasses ? (float*)(memory + backs) : null;
        DeltaPowers = isClasses ? DeltaScales + padded : null;
        OutputSums = isClasses && withBackward ? (long*)(memory + outputSums) : null;
        OutputPitch = (int)padded;
    }

    /// <summary><see cref="Digits"/>.</summary>
    public DigitTiles WeightTiles<T>()
        where T : unmanaged, ILanes<T> => new(Digits, Pairs, Vectors, Math.Min(T.DigitTile, DigitTiles.WeightVectors));

    /// <summary><see cref="Deltas"/> of a chunk of so many images.</summary>
    public DigitTiles DeltaTiles<T>(int rows)
        where T : unmanaged, ILanes<T>
    {
        int pairs = (rows + 1) / 2;
        return new(Deltas, pairs, Vectors, Math.Min(T.DigitTile, DigitTiles.MostPairs / pairs));
    }

    private BlockWork(in BlockWork work, in BlockPointers block)
    {
        this = work;
        Z = block.Activations;
        Logits = block.Logits;
        Sums = block.Sums;
        Parts = null;
        OutputSums = block.OutputSums;
        OutputPitch = block.OutputPitch;
    }

    /// <summary>The same with Z, logits and G in the cohort's own scratch, where an operation on one chunk leaves them.</summary>
    public BlockWork In(in BlockPointers block) => new(this, block);
}

/// <summary>
/// How digits lie: [tile of vectors, pair, vector of the tile, low or high, column, first or second of the pair]. A vector of
/// sixteen columns is 64 numbers, and one instruction multiplies a pair of pixels with the low or the high digits of sixteen columns.
/// </summary>
/// <param name="Width">
/// Vectors of a tile; the last one may have fewer. A product goes through a tile again and again, once for each row, so that a wide
/// one shares the work of a row among more columns, and a narrow one stays in L1.
/// </param>
internal readonly unsafe record struct DigitTiles(nint First, int Pairs, int Vectors, int Width)
{
    /// <summary>16-bit numbers of a pair and a vector of sixteen columns.</summary>
    public const int VectorShorts = 4 * ColumnLayout.Vector;

    /// <summary>Of weights, whose pairs are too many for L1 at any width.</summary>
    public const int WeightVectors = 2;

    /// <summary>Pairs of a tile of one vector that fill an L1 of 32 KB.</summary>
    public const int MostPairs = 256;

    public DigitTiles(short* first, int pairs, int vectors, int width)
        : this((nint)first, pairs, vectors, width)
    {
    }

    /// <summary>Vectors of the tile in which a vector lies.</summary>
    public int WidthAt(int vector) => Math.Min(Width, Vectors - (vector / Width * Width));

    /// <summary>The digits of pair 0 of a vector; those of the next pair lie <see cref="PairShorts"/> behind.</summary>
    public short* Start(int vector)
    {
        int first = vector / Width * Width;
        return (short*)First + ((((long)Pairs * first) + vector - first) * VectorShorts);
    }

    /// <summary>From pair to pair.</summary>
    public int PairShorts(int vector) => WidthAt(vector) * VectorShorts;
}
