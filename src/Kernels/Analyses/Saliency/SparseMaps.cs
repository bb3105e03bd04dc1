using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>Maps of one model for a tile of images: map[n, d] = slope[n] * sum over the entries of pixel d of weight * unit[n].</summary>
/// <param name="entries">By pixel.</param>
/// <param name="units">[H, 128], what each unit counts in each image.</param>
/// <param name="slopes">One an image.</param>
/// <param name="count">Images, 1..128.</param>
internal readonly unsafe struct SparseMaps(PixelEntries entries, float* units, float* slopes, int count)
{
    // Pixels that are summed before they are written: a cache line of each image's map.
    private const int Band = 16;

    // Rows of sums are not a power of two apart, where they would share a few sets of L1.
    private const int Pitch = PixelTiles.TileImages + LaneMask.Lanes;

    private readonly PixelEntries _entries = entries;
    private readonly float* _units = units;
    private readonly float* _slopes = slopes;
    private readonly int _count = count;

    /// <param name="maps">[count, D].</param>
    public void Write<T>(float* maps)
        where T : unmanaged, ILanes<T>
    {
        float* sums = stackalloc float[Band * Pitch];
        int inputs = _entries.Inputs, vectors = (_count + LaneMask.Lanes - 1) / LaneMask.Lanes;
        for (int first = 0; first < inputs; first += Band)
        {
            int pixels = Math.Min(Band, inputs - first);
            if (_entries.Starts[first] == _entries.Starts[first + pixels])
            {
                for (int n = 0; n < _count; n++)
                    new Span<float>(maps + ((long)n * inputs) + first, pixels).Clear();
                continue;
            }
            for (int pixel = 0; pixel < pixels; pixel++)
            {
                for (int done = 0; done < vectors;)
                {
                    int width = T.ImageTile;
                    while (width > vectors - done)
                        width /= 2;
                    float* unit = _units + (done * LaneMask.Lanes), sum = sums + (pixel * Pitch) + (done * LaneMask.Lanes);
                    switch (width)
                    {
                        case 1: Sum<T, N1>(first + pixel, unit, sum); break;
                        case 2: Sum<T, N2>(first + pixel, unit, sum); break;
                        case 4: Sum<T, N4>(first + pixel, unit, sum); break;
                        default: Sum<T, N8>(first + pixel, unit, sum); break;
                    }
                    done += width;
                }
            }
            Scale(sums, pixels, maps + first, inputs);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sum<T, N>(int pixel, float* unit, float* sum)
        where T : unmanaged, ILanes<T>
        where N : struct, ICount
    {
        int* units = _entries.Units;
        float* weights = _entries.Weights;
        T a0 = T.Zero, a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
        int end = _entries.Starts[pixel + 1];
        for (int q = _entries.Starts[pixel]; q < end; q++)
        {
            T w = T.Broadcast(weights[q]);
            float* u = unit + ((long)units[q] * PixelTiles.TileImages);
            a0 = T.Fma(w, T.Load(u), a0);
            if (N.Value > 1) a1 = T.Fma(w, T.Load(u + 16), a1);
            if (N.Value > 2) { a2 = T.Fma(w, T.Load(u + 32), a2); a3 = T.Fma(w, T.Load(u + 48), a3); }
            if (N.Value > 4)
            {
                a4 = T.Fma(w, T.Load(u + 64), a4);
                a5 = T.Fma(w, T.Load(u + 80), a5);
                a6 = T.Fma(w, T.Load(u + 96), a6);
                a7 = T.Fma(w, T.Load(u + 112), a7);
            }
        }
        T.Store(a0, sum);
        if (N.Value > 1) T.Store(a1, sum + 16);
        if (N.Value > 2) { T.Store(a2, sum + 32); T.Store(a3, sum + 48); }
        if (N.Value > 4) { T.Store(a4, sum + 64); T.Store(a5, sum + 80); T.Store(a6, sum + 96); T.Store(a7, sum + 112); }
    }

    // From [pixel, image] to [image, pixel]; as SaliencyOperation takes the product.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scale(float* sums, int pixels, float* maps, int inputs)
    {
        const int Eight = 8;
        for (int n = 0; n < _count; n++, maps += inputs)
        {
            float* s = sums + n;
            Vector256<float> slope = Vector256.Create(_slopes[n]);
            int pixel = 0;
            for (; pixel + Eight <= pixels; pixel += Eight, s += Eight * Pitch)
            {
                Vector256<float> eight = Vector256.Create(
                    Vector128.Create(s[0], s[Pitch], s[2 * Pitch], s[3 * Pitch]),
                    Vector128.Create(s[4 * Pitch], s[5 * Pitch], s[6 * Pitch], s[7 * Pitch]));
                (eight * slope).Store(maps + pixel);
            }
            for (; pixel < pixels; pixel++, s += Pitch)
                maps[pixel] = *s * _slopes[n];
        }
    }
}
