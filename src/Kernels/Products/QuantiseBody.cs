using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// Wq = rint(W 2^(23 - e)) of every column of a block, with e from the column's largest weight or bias, as digits of 12 bits;
/// which models are out of range. The rules are those of <see cref="ExactSums"/>.
/// </summary>
internal static unsafe class QuantiseBody
{
    // Below 2^20 in units of 2^-32, sums of a logit's terms are exact in float64.
    private const int NarrowBits = 20;

    /// <summary>Scales of all columns, from the parameters as they are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Exponents<T>(in BlockPointers block, in BlockWork work)
        where T : unmanaged, ILanes<T>
    {
        for (int column = 0; column < block.Stride; column += LaneMask.Lanes)
        {
            T most = Magnitude(T.Load(block.B1 + column));
            float* row = block.W1 + column;
            for (int d = 0; d < block.Inputs; d++, row += block.Stride)
                most = T.MaxInts(most, Magnitude(T.Load(row)));
            T.Store(most, work.Largest + column);
        }
        Exponents(block, work);
    }

    /// <summary>Scales and digits of all columns, and the largest weight of the pixels that are in no product.</summary>
    public static void All<T>(in BlockPointers block, in BlockWork work, in PairPointers images)
        where T : unmanaged, ILanes<T>
    {
        Exponents<T>(block, work);
        for (int column = 0; column < block.Stride; column += LaneMask.Lanes)
        {
            T most = T.Zero;
            for (int i = 0; i < images.DroppedCount; i++)
                most = T.MaxInts(most, Magnitude(T.Load(block.W1 + ((long)images.Dropped[i] * block.Stride) + column)));
            T.Store(most, work.FixedLargest + column);
        }
        for (int vector = 0; vector < work.Vectors; vector++)
            Digits<T>(block, work, images, vector);
    }

    /// <summary>The bits of |a|: they compare as magnitudes do, and NaN above everything.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Magnitude<T>(T a)
        where T : unmanaged, ILanes<T> => T.And(a, T.BroadcastBits(0x7FFFFFFF));

    /// <summary>
    /// After an update that has left digits at the old scales, and each column's largest weight: new ones where e has changed.
    /// </summary>
    public static void Changed<T>(in BlockPointers block, in BlockWork work, in PairPointers images)
        where T : unmanaged, ILanes<T>
    {
        // Of no use between two batches.
        float* old = work.Factors;
        Buffer.MemoryCopy(work.Scales, old, sizeof(float) * block.Stride, sizeof(float) * block.Stride);
        Exponents(block, work);
        for (int vector = 0; vector < work.Vectors; vector++)
        {
            int column = vector * LaneMask.Lanes;
            if (!new ReadOnlySpan<float>(old + column, LaneMask.Lanes).SequenceEqual(
                new ReadOnlySpan<float>(work.Scales + column, LaneMask.Lanes)))
            {
                Digits<T>(block, work, images, vector);
            }
        }
    }

    /// <summary>Digits of two rows of sixteen columns: the first row's in the low halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Split<T>(T first, T second, out T low, out T high)
        where T : unmanaged, ILanes<T>
    {
        T lowHalf = T.BroadcastBits(0x0000FFFF), half = T.BroadcastBits(2048);

        // Twelve bits of each, then their sign over the four above them.
        low = T.ShiftRightShorts(T.ShiftLeftShorts(T.Select(lowHalf, first, T.ShiftLeftInts(second, 16)), 4), 4);

        // A low digit is -2048 .. 2047, so the high one is (number + 2048) >> 12; of the second it goes to the high half, 12 bits down and
        // 16 up.
        high = T.Select(lowHalf, T.ShiftRightInts(T.AddInts(first, half), 12), T.ShiftLeftInts(T.AddInts(second, half), 4));
    }

    /// <summary>A row of W1, or b1 for the constant pixel; null where a pair has no second.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float* Row(in BlockPointers block, int pixel) =>
        pixel < 0 ? null : pixel == block.Inputs ? block.B1 : block.W1 + ((long)pixel * block.Stride);

    private static void Exponents(in BlockPointers block, in BlockWork work)
    {
        // Columns behind the last model hold zeros.
        new Span<float>(work.Scales, block.Stride).Clear();
        new Span<float>(work.ActivationScales, block.Stride).Clear();
        new Span<float>(work.Rates, block.Stride).Clear();
        int outputs = block.Outputs;
        if (outputs > 1)
            new Span<float>(work.DeltaScales, block.Stride).Clear();
        for (int slot = 0; slot < block.Slots; slot++)
        {
            int first = block.Column(slot), hidden = block.Hidden(slot), sizeBits = ExactSums.SizeBits(block.Inputs, hidden),
            bits = int.MinValue;
            float dropoutScale = block.DropoutScales[slot];
            bool failed = false;
            for (int k = 0; k < outputs; k++)
                failed |= !ExactSums.IsInRange(block.B2[(slot * outputs) + k]);
            for (int column = first; column < first + hidden && !failed; column++)
            {
                int exponent = ExactSums.Exponent(work.Largest[column]);
                work.Exponents[column] = exponent;
                int needed = exponent == ExactSums.OutOfRange
                    ? exponent
                    : ExactSums.LogitBits(exponent, block.W2[column] * dropoutScale, sizeBits);
                if (outputs > 1 && exponent != ExactSums.OutOfRange)
                    needed = Math.Max(needed, BackwardScale(block, work, column, exponent, sizeBits, dropoutScale));
                failed = needed > ExactSums.MostLogitBits;
                bits = Math.Max(bits, needed);
            }
            work.Failed[slot] = failed ? 1 : 0;
            work.IsWide[slot] = bits > NarrowBits ? 1 : 0;
            for (int column = first; column < first + hidden && !failed; column++)
            {
                work.Scales[column] = ExactSums.WeightScale(work.Exponents[column]);
                work.ActivationScales[column] = ExactSums.ActivationScale(work.Exponents[column]);
                work.Rates[column] = block.SlotRates[slot];
            }
        }
    }

    // 2^-f and 2^f of a column with a logit a class; the bits that the logits of the further outputs need.
    private static int BackwardScale(
        in BlockPointers block, in BlockWork work, int column, int exponent, int sizeBits,
        float dropoutScale)
    {
        float sum = 0f;
        int needed = int.MinValue;
        for (int k = 0; k < block.Outputs; k++)
        {
            float weight = block.W2[((long)k * block.OutputPitch) + column];
            sum += Math.Abs(weight);
            needed = Math.Max(needed, ExactSums.LogitBits(exponent, weight * dropoutScale, sizeBits));
        }
        int power = ExactSums.Exponent(sum);
        if (power == ExactSums.OutOfRange)
            return power;
        work.DeltaScales[column] = ExactSums.PowerOfTwo(-power);
        work.DeltaPowers[column] = ExactSums.PowerOfTwo(power);
        return needed;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Digits<T>(in BlockPointers block, in BlockWork work, in PairPointers images, int vector)
        where T : unmanaged, ILanes<T>
    {
        int column = vector * LaneMask.Lanes;
        T scale = T.Load(work.Scales + column);
        DigitTiles tiles = work.WeightTiles<T>();
        short* digits = tiles.Start(vector);
        for (int pair = 0, pairShorts = tiles.PairShorts(vector); pair < work.Pairs; pair++, digits += pairShorts)
        {
            float* first = Row(block, images.Order[2 * pair]), second = Row(block, images.Order[(2 * pair) + 1]);
            T a = T.RoundToInts(T.Multiply(T.Load(first + column), scale));
            T b = second == null ? T.Zero : T.RoundToInts(T.Multiply(T.Load(second + column), scale));
            Split(a, b, out T low, out T high);
            T.Store(low, (float*)digits);
            T.Store(high, (float*)digits + LaneMask.Lanes);
        }
    }
}
