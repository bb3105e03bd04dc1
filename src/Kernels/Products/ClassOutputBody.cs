using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// The output of models with a logit a class: from the logits [slot, O, 256] the softmax cross-entropy, the counts and
/// q_k = rint((p_k - y_k) c 8,355,711), c what the image's class counts, at most 1; from q what goes back into each column,
/// r = gate rint(2^-f sum over k of w2_k q_k) in the order of k,
/// and the sums for dw2_k, sum over images of a q_k with a = rint(relu(Z) 2^(t - L - e)).
/// </summary>
/// <remarks>
/// The class of an image is that of the largest logit, of equal ones the first. A model that has failed says the first class to every
/// image and sends nothing back. f and t: <see cref="ExactSums.Exponent"/> of sum over k of |w2_k|, and
/// <see cref="ExactSums.ActivationPower"/>.
/// </remarks>
internal static unsafe class ClassOutputBody
{
    private const int Rows = ChunkSchedule.ChunkRows;

    /// <summary>Adds the chunk's loss and counts to the slots' totals, keeps the sums of q, and turns logits into q, as floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LossAndDelta<T>(in BlockPointers block, in BlockWork work, in ChunkPointers chunk)
        where T : unmanaged, ILanes<T>
    {
        int outputs = block.Outputs, fields = ClassCounts.Fields(outputs), halvings = Softmax.Halvings(outputs);
        T one = T.Broadcast(1f), units = T.Broadcast(ExactSums.LogitUnits), most = T.Broadcast(ExactSums.Largest);
        float* classes = stackalloc float[LaneMask.Lanes];
        for (int slot = 0; slot < block.Slots; slot++)
        {
            float* logits = work.Logits + ((long)slot * outputs * Rows);
            float* classScales = block.ClassScales + (slot * outputs);
            int* counts = block.Counts + (slot * fields);
            long* deltaSums = work.DeltaSums + (slot * outputs);
            counts[fields - 1] += chunk.Rows;
            if (chunk.IsFirst)
                new Span<long>(deltaSums, outputs).Clear();
            if (work.Failed[slot] != 0)
            {
                block.Failed[slot] = 1;
                for (int n = 0; n < chunk.Rows; n++)
                    Count(counts, 0, (int)chunk.Labels[n]);
                new Span<float>(logits, outputs * Rows).Clear();
                continue;
            }
            T wholeSum = T.Zero, partSum = T.Zero;
            for (int n = 0; n < chunk.Rows; n += LaneMask.Lanes)
            {
                int left = Math.Min(LaneMask.Lanes, chunk.Rows - n);
                T inside = T.Load(LaneMask.First(left)), y = OutputForwardBody.LoadFirst<T>(chunk.Labels + n, left);
                float* x = logits + n;
                T largest = T.Load(x), own = largest, best = T.Zero, classScale = T.Broadcast(classScales[0]);
                for (int k = 1; k < outputs; k++)
                {
                    T logit = T.Load(x + (k * Rows)), isMore = T.Greater(logit, largest);
                    largest = T.Select(isMore, logit, largest);
                    best = T.Select(isMore, T.Broadcast(k), best);
                    own = T.Select(Softmax.Is(y, k), logit, own);
                    classScale = T.Select(Softmax.Is(y, k), T.Broadcast(classScales[k]), classScale);
                }
                T others = T.Zero;
                for (int k = 0; k < outputs; k++)
                {
                    T share = Softmax.Share(T.Load(x + (k * Rows)), largest);
                    others = T.Select(Softmax.Is(best, k), others, T.Add(others, share));
                    T.Store(share, x + (k * Rows));
                }
                T loss = T.Select(inside, T.Add(T.Subtract(largest, own), Softmax.LogOfSum(others, halvings)), T.Zero);
                T whole = T.Floor(loss), part = T.Round(T.Multiply(T.Subtract(loss, whole), units));
                wholeSum = T.AddDoubles(wholeSum, T.AddDoubles(T.LowToDoubles(whole), T.HighToDoubles(whole)));
                partSum = T.AddDoubles(partSum, T.AddDoubles(T.LowToDoubles(part), T.HighToDoubles(part)));
                for (int k = 0; k < outputs; k++)
                {
                    T p = Softmax.Probability(T.Load(x + (k * Rows)), others), target = T.Select(Softmax.Is(y, k), one, T.Zero);
                    T delta = T.Select(inside, T.Round(T.Multiply(T.Multiply(T.Subtract(p, target), classScale), most)), T.Zero);
                    T.Store(delta, x + (k * Rows));
                    deltaSums[k] += (long)T.SumDoubles(T.AddDoubles(T.LowToDoubles(delta), T.HighToDoubles(delta)));
                }
                T.Store(best, classes);
                for (int lane = 0; lane < left; lane++)
                    Count(counts, (int)classes[lane], (int)chunk.Labels[n + lane]);
            }
            block.Loss[2 * slot] += (long)T.SumDoubles(wholeSum);
            block.Loss[(2 * slot) + 1] += (long)T.SumDoubles(partSum);
        }
    }

    /// <summary>
    /// r in place of Z, as floats that are integers; adds the chunk to the sums for dw2, which its batch's first one clears.
    /// </summary>
    public static void Numbers<T>(in BlockPointers block, in BlockWork work, in ChunkPointers chunk)
        where T : unmanaged, ILanes<T>
    {
        int outputs = block.Outputs, bits = ExactSums.ActivationBits(chunk.BatchRows);
        float* activations = stackalloc float[Rows * LaneMask.Lanes];
        if (chunk.IsFirst)
        {
            for (int k = 0; k < outputs; k++)
                new Span<long>(work.OutputSums + ((long)k * work.OutputPitch), block.Stride).Clear();
        }
        float* scales = stackalloc float[LaneMask.Lanes];
        for (int slot = 0; slot < block.Slots; slot++)
        {
            int end = block.Column(slot) + block.Hidden(slot), room = Room(block, slot);
            for (int column = block.Column(slot); column < end && work.Failed[slot] == 0; column += LaneMask.Lanes)
            {
                // Lanes behind the model's last column are a neighbour's: they are written back as they were.
                int own = Math.Min(LaneMask.Lanes, end - column);
                for (int lane = 0; lane < LaneMask.Lanes; lane++)
                {
                    scales[lane] = lane < own
                        ? ExactSums.PowerOfTwo(ExactSums.ActivationPower(bits, block.Inputs, work.Exponents[column + lane] + room))
                        : 0f;
                }
                Integers<T>(work.Z + column, block.Stride, chunk.Rows, scales, activations);
                for (int k = 0; k < outputs; k++)
                    Sum<T>(activations, Deltas(work, outputs, slot, k), chunk.Rows, work.OutputSums + ((long)k * work.OutputPitch), column);
                Back<T>(block, work, slot, column, own, chunk.Rows);
            }
        }
    }

    /// <summary>Digits of the numbers in the place of Z, [pair of images, vector, 64].</summary>
    /// <param name="partners">Rows two by two, an odd last one with itself.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Digits<T>(in BlockPointers block, in BlockWork work, ushort* partners, int rows)
        where T : unmanaged, ILanes<T>
    {
        DigitTiles tiles = work.DeltaTiles<T>(rows);
        for (int pair = 0; pair < tiles.Pairs; pair++)
        {
            int first = partners[2 * pair], second = partners[(2 * pair) + 1];
            float* a = work.Z + ((long)first * block.Stride), b = work.Z + ((long)second * block.Stride);
            for (int vector = 0, column = 0; vector < tiles.Vectors; vector += tiles.Width)
            {
                float* target = (float*)(tiles.Start(vector) + ((long)pair * tiles.PairShorts(vector)));
                for (int within = tiles.WidthAt(vector); within > 0; within--, column += LaneMask.Lanes, target += 2 * LaneMask.Lanes)
                {
                    T x = T.RoundToInts(T.Load(a + column)), y = second == first ? T.Zero : T.RoundToInts(T.Load(b + column));
                    QuantiseBody.Split(x, y, out T low, out T high);
                    T.Store(low, target);
                    T.Store(high, target + LaneMask.Lanes);
                }
            }
        }
    }

    /// <summary>dw2_k of a column, once the last chunk of a batch has been through.</summary>
    public static float GradientW2(in BlockPointers block, in BlockWork work, in ChunkPointers chunk, int slot, int k, int column)
    {
        int power = ExactSums.ActivationPower(
            ExactSums.ActivationBits(chunk.BatchRows), block.Inputs, work.Exponents[column] + Room(block, slot));
        return work.OutputSums[((long)k * work.OutputPitch) + column] * ExactSums.PowerOfTwo(-power)
            * ExactSums.BiasScale(chunk.BatchRows) * block.SlotFactors[slot];
    }

    // What dropout's factor takes of activations' bits.
    private static int Room(in BlockPointers block, int slot) => ExactSums.CeilingLog2(block.DropoutScales[slot]);

    // One image: the class that was said and the one that it is.
    private static void Count(int* counts, int said, int actual)
    {
        if (said == actual)
        {
            counts[3 * said]++;
            return;
        }
        counts[(3 * said) + 1]++;
        counts[(3 * actual) + 2]++;
    }

    // q of output k.
    private static float* Deltas(in BlockWork work, int outputs, int slot, int k) => work.Logits + (((long)slot * outputs) + k) * Rows;

    // a of sixteen columns, [rows, 16] integers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Integers<T>(float* z, int stride, int rows, float* scales, float* target)
        where T : unmanaged, ILanes<T>
    {
        T scale = T.Load(scales), isOwn = T.Greater(scale, T.Zero);
        for (int n = 0; n < rows; n++, z += stride, target += LaneMask.Lanes)
            T.Store(T.RoundToInts(T.Multiply(T.Select(isOwn, T.Relu(T.Load(z)), T.Zero), scale)), target);
    }

    // Adds sum over images of a q to the sums of sixteen columns.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum<T>(float* activations, float* deltas, int rows, long* sums, int column)
        where T : unmanaged, ILanes<T>
    {
        T even = T.Zero, odd = T.Zero;
        for (int n = 0; n < rows; n++, activations += LaneMask.Lanes)
        {
            T a = T.Load(activations), q = T.BroadcastBits((uint)(int)deltas[n]);
            even = T.AddLongs(even, T.MultiplyEvenInts(a, q));
            odd = T.AddLongs(odd, T.MultiplyOddInts(a, q));
        }
        long* parts = stackalloc long[LaneMask.Lanes];
        T.Store(even, (float*)parts);
        T.Store(odd, (float*)(parts + (LaneMask.Lanes / 2)));
        for (int lane = 0; lane < LaneMask.Lanes; lane++)
            sums[column + lane] += parts[(lane / 2) + (lane % 2 * (LaneMask.Lanes / 2))];
    }

    // r of sixteen columns in place of Z.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Back<T>(in BlockPointers block, in BlockWork work, int slot, int column, int own, int rows)
        where T : unmanaged, ILanes<T>
    {
        int outputs = block.Outputs;
        T mask = T.Load(LaneMask.First(own)), scale = T.Load(work.DeltaScales + column);
        float* z = work.Z + column, delta = Deltas(work, outputs, slot, 0), weights = block.W2 + column;
        for (int n = 0; n < rows; n++, z += block.Stride, delta++)
        {
            T value = T.Load(z), sum = T.Zero;
            for (int k = 0; k < outputs; k++)
                sum = T.Fma(T.Load(weights + ((long)k * block.OutputPitch)), T.Broadcast(delta[k * Rows]), sum);
            T back = T.Select(T.Greater(value, T.Zero), T.Round(T.Multiply(sum, scale)), T.Zero);
            T.Store(T.Select(mask, back, value), z);
        }
    }
}
