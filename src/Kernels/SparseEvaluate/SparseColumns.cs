using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Simd;

namespace GpuMlp.Kernels.SparseEvaluate;

/// <summary>
/// One model over compressed columns: z[n] = b1 + sum over the column's entries of value * pixel[index, n], for a tile of images
/// held in registers; logit[n] = b2 + sum of relu(z) w2.
/// </summary>
/// <remarks>
/// Every sum has the order of the dense kernels: pixels ascending, one fused multiply-add each, and columns in sixteen lanes
/// (number modulo 16) that are added as a tree. What is skipped is a product
/// with a weight of 0, which changes no finite sum, so that the bits are those of the dense evaluation of the pruned model (the sign of a zero apart).
/// </remarks>
/// <param name="sparse">The compressed weights; their biases and w2.</param>
/// <param name="entries">From the model's first column on, all of them or without some that meet zeros alone.</param>
/// <param name="column">The model's first column, levels counted.</param>
/// <param name="hidden">H.</param>
/// <param name="place">Its slot, levels counted.</param>
/// <param name="active">A flag a unit, set and never cleared; null when nobody asks.</param>
/// <param name="kept">Room for Z, [H, 128], zeros behind the last image of its vector; null when nobody asks.</param>
/// <param name="ahead">Asked for meanwhile.</param>
internal readonly unsafe struct SparseColumns(in SparseViews sparse, Columns entries, int column, int hidden, int place, int* active, float* kept = null, TileAhead ahead = default)
{
    private const int Row = PixelTiles.TileImages;

    private readonly Columns _entries = entries;
    private readonly float* _b1 = BlockPointers.Pointer(sparse.B1) + column, _w2 = BlockPointers.Pointer(sparse.W2) + column;
    private readonly float _b2 = BlockPointers.Pointer(sparse.B2)[place];
    private readonly int* _active = active;
    private readonly float* _kept = kept;
    private readonly TileAhead _ahead = ahead;
    private readonly int _column = column;
    private readonly int _hidden = hidden;

    /// <summary>Logits of the first <paramref name="count"/> images of a tile; sets the flags of units above 0 on one of them.</summary>
    public void Logits<T>(float* pixels, int* rows, int count, float* logits)
        where T : unmanaged, ILanes<T>
    {
        float* lanes = stackalloc float[LaneMask.Lanes * Row];
        for (int done = 0; done < count;)
        {
            // The widest pass that is still full, then halves; the last vector may be ragged.
            int vectors = (count - done + LaneMask.Lanes - 1) / LaneMask.Lanes, width = T.ImageTile;
            while (width > vectors)
                width /= 2;
            int images = Math.Min(width * LaneMask.Lanes, count - done);
            switch (width)
            {
                case 1: Pass<T, N1>(pixels + done, rows, images, lanes, done); break;
                case 2: Pass<T, N2>(pixels + done, rows, images, lanes, done); break;
                case 4: Pass<T, N4>(pixels + done, rows, images, lanes, done); break;
                default: Pass<T, N8>(pixels + done, rows, images, lanes, done); break;
            }
            Finish<T>(lanes, images, logits + done);
            done += images;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Pass<T, N>(float* pixels, int* rows, int images, float* lanes, int done)
        where T : unmanaged, ILanes<T>
        where N : struct, ICount
    {
        int* starts = _entries.Starts;
        ushort* index = _entries.Index;
        float* value = _entries.Value;
        T last = T.Load(LaneMask.First(images - ((N.Value - 1) * LaneMask.Lanes)));
        for (int h = 0; h < _hidden; h++)
        {
            // N is a constant for the JIT: the branches vanish and so do the registers that a pass does not use.
            T a0 = T.Broadcast(_b1[h]), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
            _ahead.Fetch(_column + h);
            int end = starts[h + 1];
            for (int q = starts[h]; q < end; q++)
            {
                T w = T.Broadcast(value[q]);
                float* x = pixels + rows[index[q]];
                a0 = T.Fma(w, T.Load(x), a0);
                if (N.Value > 1) a1 = T.Fma(w, T.Load(x + 16), a1);
                if (N.Value > 2) { a2 = T.Fma(w, T.Load(x + 32), a2); a3 = T.Fma(w, T.Load(x + 48), a3); }
                if (N.Value > 4)
                {
                    a4 = T.Fma(w, T.Load(x + 64), a4);
                    a5 = T.Fma(w, T.Load(x + 80), a5);
                    a6 = T.Fma(w, T.Load(x + 96), a6);
                    a7 = T.Fma(w, T.Load(x + 112), a7);
                }
            }

            // Places behind the last image hold the bias alone: they must not make a unit active.
            if (N.Value == 1) a0 = T.Select(last, a0, T.Zero);
            if (N.Value == 2) a1 = T.Select(last, a1, T.Zero);
            if (N.Value == 4) a3 = T.Select(last, a3, T.Zero);
            if (N.Value == 8) a7 = T.Select(last, a7, T.Zero);
            if (_kept != null)
            {
                float* z = _kept + ((long)h * Row) + done;
                T.Store(a0, z);
                if (N.Value > 1) T.Store(a1, z + 16);
                if (N.Value > 2) { T.Store(a2, z + 32); T.Store(a3, z + 48); }
                if (N.Value > 4) { T.Store(a4, z + 64); T.Store(a5, z + 80); T.Store(a6, z + 96); T.Store(a7, z + 112); }
            }
            if (_active != null && _active[h] == 0)
            {
                T most = Above(a0, T.Zero);
                if (N.Value > 1) most = Above(a1, most);
                if (N.Value > 2) most = Above(a3, Above(a2, most));
                if (N.Value > 4) most = Above(a7, Above(a6, Above(a5, Above(a4, most))));
                if (T.Sum(most) > 0)
                    _active[h] = 1;
            }
            bool fresh = h < LaneMask.Lanes;
            float* lane = lanes + (h % LaneMask.Lanes * Row);
            T w2 = T.Broadcast(_w2[h]);
            Add(a0, w2, lane, fresh);
            if (N.Value > 1) Add(a1, w2, lane + 16, fresh);
            if (N.Value > 2) { Add(a2, w2, lane + 32, fresh); Add(a3, w2, lane + 48, fresh); }
            if (N.Value > 4)
            {
                Add(a4, w2, lane + 64, fresh);
                Add(a5, w2, lane + 80, fresh);
                Add(a6, w2, lane + 96, fresh);
                Add(a7, w2, lane + 112, fresh);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Above<T>(T value, T most)
        where T : unmanaged, ILanes<T> => T.Select(T.Greater(value, most), value, most);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<T>(T z, T w2, float* lane, bool fresh)
        where T : unmanaged, ILanes<T> => T.Store(T.Fma(T.Relu(z), w2, fresh ? T.Zero : T.Load(lane)), lane);

    // The tree 16, 8, 4, 2, 1 over the lanes that the model has; the others would add 0.
    private void Finish<T>(float* lanes, int images, float* logits)
        where T : unmanaged, ILanes<T>
    {
        int used = Math.Min(_hidden, LaneMask.Lanes);
        T bias = T.Broadcast(_b2);
        float* ragged = stackalloc float[LaneMask.Lanes];
        for (int n = 0; n < images; n += LaneMask.Lanes)
        {
            for (int half = LaneMask.Lanes / 2; half > 0; half /= 2)
            {
                for (int lane = half; lane < Math.Min(used, 2 * half); lane++)
                {
                    float* target = lanes + ((lane - half) * Row) + n;
                    T.Store(T.Add(T.Load(target), T.Load(lanes + (lane * Row) + n)), target);
                }
            }
            T sum = T.Add(T.Load(lanes + n), bias);
            int left = Math.Min(LaneMask.Lanes, images - n);
            if (left == LaneMask.Lanes)
            {
                T.Store(sum, logits + n);
                continue;
            }
            T.Store(sum, ragged);
            new ReadOnlySpan<float>(ragged, left).CopyTo(new Span<float>(logits + n, left));
        }
    }
}
