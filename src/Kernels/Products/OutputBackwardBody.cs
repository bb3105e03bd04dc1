using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// gate * q of a chunk, gate = Z &gt; 0: as digits of pairs of images for the product with the pixels, or as numbers in the place
/// of Z. The derivative of relu at 0 is 0. w2 is a factor of the whole column, so it waits until the sum is done.
/// </summary>
internal static unsafe class OutputBackwardBody
{
    /// <summary>Digits, [pair of images, vector, 64].</summary>
    /// <param name="partners">Rows two by two, an odd last one with itself.</param>
    /// <param name="gated">Z has been replaced by gate * q: then what is not 0 is open.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Digits<T>(in BlockPointers block, in BlockWork work, ushort* partners, int rows, bool gated)
        where T : unmanaged, ILanes<T>
    {
        int stride = block.Stride;
        DigitTiles tiles = work.DeltaTiles<T>(rows);
        T firstHalf = T.BroadcastBits(0x0000FFFF), secondHalf = T.BroadcastBits(0xFFFF0000);
        float* lows = (float*)work.Words, highs = lows + stride + LaneMask.Lanes;
        for (int pair = 0; pair < tiles.Pairs; pair++)
        {
            int first = partners[2 * pair], second = partners[(2 * pair) + 1];
            Words<T>(block, work, first, second, lows, highs);
            float* a = work.Z + ((long)first * stride), b = work.Z + ((long)second * stride);
            for (int vector = 0, column = 0; vector < tiles.Vectors; vector += tiles.Width)
            {
                float* target = (float*)(tiles.Start(vector) + ((long)pair * tiles.PairShorts(vector)));
                for (int within = tiles.WidthAt(vector); within > 0; within--, column += LaneMask.Lanes, target += 2 * LaneMask.Lanes)
                {
                    T x = T.Load(a + column), y = T.Load(b + column);
                    if (gated)
                        (x, y) = (T.Abs(x), T.Abs(y));
                    T open = T.Or(T.And(T.Greater(x, T.Zero), firstHalf), T.And(T.Greater(y, T.Zero), secondHalf));
                    T.Store(T.And(T.Load(lows + column), open), target);
                    T.Store(T.And(T.Load(highs + column), open), target + LaneMask.Lanes);
                }
            }
        }
    }

    /// <summary>dw2 of a column, once <see cref="HiddenBackwardBody.Finish"/> is through.</summary>
    public static float GradientW2(in BlockPointers block, in BlockWork work, in ChunkPointers chunk, int slot, int k, int column) =>
        block.Outputs == 1
            ? HiddenBackwardBody.GradientW2(block, work, chunk, column)
            : ClassOutputBody.GradientW2(block, work, chunk, slot, k, column);

    /// <summary>gate * q in place of Z.</summary>
    public static void Numbers<T>(in BlockPointers block, in BlockWork work, int rows)
        where T : unmanaged, ILanes<T>
    {
        for (int slot = 0; slot < block.Slots; slot++)
        {
            int end = block.Column(slot) + block.Hidden(slot);
            float* delta = work.Logits + (slot * ChunkSchedule.ChunkRows);
            for (int column = block.Column(slot); column < end; column += LaneMask.Lanes)
            {
                // Lanes behind the model's last column are a neighbour's: they are written back as they were.
                T mask = T.Load(LaneMask.First(Math.Min(LaneMask.Lanes, end - column)));
                float* z = work.Z + column;
                for (int n = 0; n < rows; n++, z += block.Stride)
                {
                    T value = T.Load(z);
                    T.Store(T.Select(mask, T.Select(T.Greater(value, T.Zero), T.Broadcast(delta[n]), T.Zero), value), z);
                }
            }
        }
    }

    // The digits of both images' q, spread over each model's columns. A model's last vector reaches into the next one's, which overwrites
    // it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Words<T>(in BlockPointers block, in BlockWork work, int first, int second, float* lows, float* highs)
        where T : unmanaged, ILanes<T>
    {
        for (int slot = 0; slot < block.Slots; slot++)
        {
            float* delta = work.Logits + (slot * ChunkSchedule.ChunkRows);
            int a = (int)delta[first], b = second == first ? 0 : (int)delta[second];
            int aLow = (a << 20) >> 20, bLow = (b << 20) >> 20;
            T low = T.BroadcastBits((uint)((aLow & 0xFFFF) | (bLow << 16)));
            T high = T.BroadcastBits((uint)((((a - aLow) >> 12) & 0xFFFF) | ((b - bLow) << 4)));
            int column = block.Column(slot), end = column + block.Hidden(slot);
            for (; column < end; column += LaneMask.Lanes)
            {
                T.Store(low, lows + column);
                T.Store(high, highs + column);
            }
        }
    }
}
