using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Simd;

namespace GpuMlp.Kernels.OutputForward;

/// <summary>
/// logit[n, m] = b2 + sum over m's columns of relu(Z) w2, and from it the loss, the counts and d2 = (sigmoid(logit) - y) / B.
/// </summary>
/// <remarks>
/// A model's columns are summed in sixteen lanes (column number within the model modulo 16) and the lanes as a tree, so the
/// order depends on H alone. The loss is max(x, 0) - x y + ln(1 + e^-|x|): no overflow, no cancellation. Predicted positive
/// means logit &gt;= 0, which is sigmoid(logit) &gt;= 0.5.
/// </remarks>
internal static unsafe class OutputForwardBody
{
    /// <summary>Logits of every slot of the block, [slot, 256].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Logits<T>(in BlockPointers block, in ChunkPointers chunk)
        where T : unmanaged, ILanes<T>
    {
        int stride = block.Stride, rows = chunk.Rows;
        for (int slot = 0; slot < block.Slots; slot++)
        {
            int column = block.Column(slot), hidden = block.Hidden(slot);
            float bias = block.B2[slot];
            float* z = block.Activations + column, w2 = block.W2 + column;
            float* logits = block.Logits + (slot * ChunkSchedule.ChunkRows);
            int whole = (hidden - 1) / LaneMask.Lanes * LaneMask.Lanes;
            T mask = T.Load(LaneMask.First(hidden - whole));
            T lastW2 = T.Select(mask, T.Load(w2 + whole), T.Zero);
            for (int n = 0; n < rows; n++, z += stride)
            {
                T sum = T.Zero;
                for (int j = 0; j < whole; j += LaneMask.Lanes)
                    sum = T.Fma(T.Relu(T.Load(z + j)), T.Load(w2 + j), sum);

                // The lanes behind the last column belong to a neighbour, whatever it holds: they count as 0.
                sum = T.Fma(T.Select(mask, T.Relu(T.Load(z + whole)), T.Zero), lastW2, sum);
                logits[n] = T.Sum(sum) + bias;
            }
        }
    }

    /// <summary>
    /// Adds the chunk's loss and counts to the slots' totals and turns logits into d2. The chunk's losses are summed in
    /// sixteen float32 lanes, chunks in double.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LossAndDelta<T>(in BlockPointers block, in ChunkPointers chunk)
        where T : unmanaged, ILanes<T>
    {
        T one = T.Broadcast(1f), half = T.Broadcast(0.5f);
        T perImage = T.Broadcast(1f / chunk.BatchRows);
        for (int slot = 0; slot < block.Slots; slot++)
        {
            float* logits = block.Logits + (slot * ChunkSchedule.ChunkRows);
            T loss = T.Zero, truePositives = T.Zero, falsePositives = T.Zero, falseNegatives = T.Zero, deltas = T.Zero;
            for (int n = 0; n < chunk.Rows; n += LaneMask.Lanes)
            {
                int left = Math.Min(LaneMask.Lanes, chunk.Rows - n);
                T inside = T.Load(LaneMask.First(left));
                T x = T.Load(logits + n), y = LoadFirst<T>(chunk.Labels + n, left);
                T e = LaneMath.ExpOfNegative(T.Subtract(T.Zero, T.Abs(x)));
                T term = T.Add(T.Subtract(T.Relu(x), T.Multiply(x, y)), LaneMath.Log1P(e));
                loss = T.Add(loss, T.Select(inside, term, T.Zero));

                // sigmoid(x) is 1 / (1 + e^-x) for x >= 0 and e^x / (1 + e^x) below.
                T positive = T.GreaterOrEqual(x, T.Zero);
                T p = T.Divide(T.Select(positive, one, e), T.Add(one, e));
                T delta = T.Select(inside, T.Multiply(T.Subtract(p, y), perImage), T.Zero);
                T.Store(delta, logits + n);
                deltas = T.Add(deltas, delta);

                T actual = T.Greater(y, half);
                truePositives = T.Add(truePositives, Where(inside, T.Select(positive, T.Select(actual, one, T.Zero), T.Zero)));
                falsePositives = T.Add(falsePositives, Where(inside, T.Select(positive, T.Select(actual, T.Zero, one), T.Zero)));
                falseNegatives = T.Add(falseNegatives, Where(inside, T.Select(positive, T.Zero, T.Select(actual, one, T.Zero))));
            }
            block.Loss[slot] += T.Sum(loss);
            int* counts = block.Counts + (4 * slot);
            counts[0] += (int)T.Sum(truePositives);
            counts[1] += (int)T.Sum(falsePositives);
            counts[2] += (int)T.Sum(falseNegatives);
            counts[3] += chunk.Rows;
            block.GradB2[slot] = (chunk.IsFirst ? 0f : block.GradB2[slot]) + T.Sum(deltas);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Where<T>(T mask, T value)
        where T : unmanaged, ILanes<T> => T.Select(mask, value, T.Zero);

    // Labels end with the images: the last lanes must not be read.
    private static T LoadFirst<T>(float* source, int count)
        where T : unmanaged, ILanes<T>
    {
        if (count == LaneMask.Lanes)
            return T.Load(source);

        float* padded = stackalloc float[LaneMask.Lanes];
        for (int lane = 0; lane < LaneMask.Lanes; lane++)
            padded[lane] = lane < count ? source[lane] : 0f;
        return T.Load(padded);
    }
}
