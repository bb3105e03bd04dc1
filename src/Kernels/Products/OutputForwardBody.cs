using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// logit[n, m] = b2 + sum over m's columns of relu(Z) w2, each term rounded to a multiple of 2^-32, so that their sum is exact;
/// from it the loss, the counts and q = rint((prediction - y) c 8,355,711), c what the image's class counts, at most 1.
/// </summary>
/// <remarks>
/// Of the loss (<see cref="ILoss"/>) whole nats and the rest, in units of 2^-32, are summed apart. Predicted positive means
/// logit &gt;= 0. A model that has failed has logits
/// NaN, counts as predicting negative, and sends nothing back.
/// </remarks>
internal static unsafe class OutputForwardBody
{
    // Terms beyond 2^53 are summed in two halves, multiples of 2^26 and the rest.
    private const double HalfUnit = 1 << 26;

    /// <summary>Logits of every slot of the block, [slot, O, 256].</summary>
    public static void Logits<T>(in BlockPointers block, in BlockWork work, int rows)
        where T : unmanaged, ILanes<T>
    {
        for (int slot = 0; slot < block.Slots; slot++)
        {
            float* logits = work.Logits + ((long)slot * block.Outputs * ChunkSchedule.ChunkRows);
            for (int k = 0; k < block.Outputs; k++, logits += ChunkSchedule.ChunkRows)
            {
                if (work.Failed[slot] != 0)
                    new Span<float>(logits, rows).Fill(float.NaN);
                else if (work.IsWide[slot] != 0)
                    Logits<T, Wide>(block, work, slot, k, rows, logits);
                else
                    Logits<T, Narrow>(block, work, slot, k, rows, logits);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Logits<T, TSum>(in BlockPointers block, in BlockWork work, int slot, int k, int rows, float* logits)
        where T : unmanaged, ILanes<T>
        where TSum : struct, ITermSum
    {
        int column = block.Column(slot), hidden = block.Hidden(slot), stride = block.Stride;
        float* z = work.Z + column, w2 = block.W2 + ((long)k * block.OutputPitch) + column;
        long bias = (long)MathF.Round(block.B2[(slot * block.Outputs) + k] * ExactSums.LogitUnits, MidpointRounding.ToEven);
        int whole = (hidden - 1) / LaneMask.Lanes * LaneMask.Lanes;
        T mask = T.Load(LaneMask.First(hidden - whole)), lastW2 = T.Select(mask, T.Load(w2 + whole), T.Zero);
        for (int n = 0; n < rows; n++, z += stride)
        {
            T sum = T.Zero, rest = T.Zero;
            for (int j = 0; j < whole; j += LaneMask.Lanes)
                TSum.Add(T.Multiply(T.Relu(T.Load(z + j)), T.Load(w2 + j)), ref sum, ref rest);

            // The lanes behind the last column belong to a neighbour, whatever it holds: they count as 0.
            TSum.Add(T.Multiply(T.Select(mask, T.Relu(T.Load(z + whole)), T.Zero), lastW2), ref sum, ref rest);
            logits[n] = (TSum.Total(sum, rest) + bias) * (1f / ExactSums.LogitUnits);
        }
    }

    /// <summary>Adds the chunk's loss and counts to the slots' totals, keeps the sums of q, and turns logits into q, as floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LossAndDelta<T, TLoss>(in BlockPointers block, in BlockWork work, in ChunkPointers chunk)
        where T : unmanaged, ILanes<T>
        where TLoss : struct, ILoss
    {
        T one = T.Broadcast(1f), half = T.Broadcast(0.5f), units = T.Broadcast(ExactSums.LogitUnits), largest = T.Broadcast(
            ExactSums.Largest);
        for (int slot = 0; slot < block.Slots; slot++)
        {
            float* logits = work.Logits + (slot * ChunkSchedule.ChunkRows);
            int* counts = block.Counts + (4 * slot);
            counts[3] += chunk.Rows;
            if (chunk.IsFirst)
                work.DeltaSums[slot] = 0;
            if (work.Failed[slot] != 0)
            {
                block.Failed[slot] = 1;
                counts[2] += Positives(chunk);
                new Span<float>(logits, chunk.Rows).Clear();
                continue;
            }
            T firstScale = T.Broadcast(block.ClassScales[2 * slot]), secondScale = T.Broadcast(block.ClassScales[(2 * slot) + 1]);
            T wholeSum = T.Zero, partSum = T.Zero, deltaSum = T.Zero;
            T truePositives = T.Zero, falsePositives = T.Zero, falseNegatives = T.Zero;
            for (int n = 0; n < chunk.Rows; n += LaneMask.Lanes)
            {
                int left = Math.Min(LaneMask.Lanes, chunk.Rows - n);
                T inside = T.Load(LaneMask.First(left));
                T x = T.Load(logits + n), y = LoadFirst<T>(chunk.Labels + n, left);
                TLoss.Of(x, y, out T loss, out T p);
                loss = T.Select(inside, loss, T.Zero);
                T whole = T.Floor(loss), part = T.Round(T.Multiply(T.Subtract(loss, whole), units));
                wholeSum = T.AddDoubles(wholeSum, T.AddDoubles(T.LowToDoubles(whole), T.HighToDoubles(whole)));
                partSum = T.AddDoubles(partSum, T.AddDoubles(T.LowToDoubles(part), T.HighToDoubles(part)));
                T positive = T.GreaterOrEqual(x, T.Zero), actual = T.Greater(y, half);
                T scale = T.Select(actual, secondScale, firstScale);
                T delta = T.Select(inside, T.Round(T.Multiply(T.Multiply(T.Subtract(p, y), scale), largest)), T.Zero);
                T.Store(delta, logits + n);
                deltaSum = T.AddDoubles(deltaSum, T.AddDoubles(T.LowToDoubles(delta), T.HighToDoubles(delta)));

                truePositives = T.Add(truePositives, Where(inside, T.Select(positive, T.Select(actual, one, T.Zero), T.Zero)));
                falsePositives = T.Add(falsePositives, Where(inside, T.Select(positive, T.Select(actual, T.Zero, one), T.Zero)));
                falseNegatives = T.Add(falseNegatives, Where(inside, T.Select(positive, T.Zero, T.Select(actual, one, T.Zero))));
            }
            block.Loss[2 * slot] += (long)T.SumDoubles(wholeSum);
            block.Loss[(2 * slot) + 1] += (long)T.SumDoubles(partSum);
            work.DeltaSums[slot] += (long)T.SumDoubles(deltaSum);
            counts[0] += (int)T.Sum(truePositives);
            counts[1] += (int)T.Sum(falsePositives);
            counts[2] += (int)T.Sum(falseNegatives);
        }
    }

    private static int Positives(in ChunkPointers chunk)
    {
        int count = 0;
        for (int n = 0; n < chunk.Rows; n++)
            count += chunk.Labels[n] != 0f ? 1 : 0;
        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Where<T>(T mask, T value)
        where T : unmanaged, ILanes<T> => T.Select(mask, value, T.Zero);

    // Labels end with the images: the last lanes must not be read.
    public static T LoadFirst<T>(float* source, int count)
        where T : unmanaged, ILanes<T>
    {
        if (count == LaneMask.Lanes)
            return T.Load(source);

        float* padded = stackalloc float[LaneMask.Lanes];
        for (int lane = 0; lane < LaneMask.Lanes; lane++)
            padded[lane] = lane < count ? source[lane] : 0f;
        return T.Load(padded);
    }

    /// <summary>A sum of rint(term 2^32) in float64, exact.</summary>
    private interface ITermSum
    {
        static abstract void Add<T>(T terms, ref T sum, ref T rest)
            where T : unmanaged, ILanes<T>;

        static abstract long Total<T>(T sum, T rest)
            where T : unmanaged, ILanes<T>;
    }

    private readonly struct Narrow : ITermSum
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Add<T>(T terms, ref T sum, ref T rest)
            where T : unmanaged, ILanes<T>
        {
            T units = T.BroadcastDouble(ExactSums.LogitUnits);
            sum = T.AddDoubles(sum, T.RoundDoubles(T.MultiplyDoubles(T.LowToDoubles(terms), units)));
            rest = T.AddDoubles(rest, T.RoundDoubles(T.MultiplyDoubles(T.HighToDoubles(terms), units)));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static long Total<T>(T sum, T rest)
            where T : unmanaged, ILanes<T> => (long)T.SumDoubles(T.AddDoubles(sum, rest));
    }

    private readonly struct Wide : ITermSum
    {
        public static void Add<T>(T terms, ref T sum, ref T rest)
            where T : unmanaged, ILanes<T>
        {
            AddHalf(T.LowToDoubles(terms), ref sum, ref rest);
            AddHalf(T.HighToDoubles(terms), ref sum, ref rest);
        }

        public static long Total<T>(T sum, T rest)
            where T : unmanaged, ILanes<T> => ((long)T.SumDoubles(sum) * (long)HalfUnit) + (long)T.SumDoubles(rest);

        private static void AddHalf<T>(T term, ref T sum, ref T rest)
            where T : unmanaged, ILanes<T>
        {
            T whole = T.RoundDoubles(T.MultiplyDoubles(term, T.BroadcastDouble(ExactSums.LogitUnits)));
            T halves = T.RoundDoubles(T.MultiplyDoubles(whole, T.BroadcastDouble(1 / HalfUnit)));
            sum = T.AddDoubles(sum, halves);
            rest = T.AddDoubles(rest, T.FmaDoubles(halves, T.BroadcastDouble(-HalfUnit), whole));
        }
    }
}
