using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// One model over compressed columns: V[n] = 255 bq + sum over the column's entries of Wq * pixel[index, n], for a tile of images
/// held in registers; Z = (float)V z; logit[n] = b2 + sum of relu(Z) w2 in units of 2^-32.
/// </summary>
/// <remarks>
/// Integers in float64, which holds them to 2^53; so the bits are those of the dense evaluation of the pruned model, whose
/// exponents are those of the weights that are left.
/// </remarks>
internal readonly unsafe struct SparseColumns
{
    private const int Row = PixelTiles.TileImages;

    // As in OutputForwardBody: terms beyond 2^53 are summed in two halves.
    private const double HalfUnit = 1 << 26;

    private readonly EntryColumns _entries;
    private readonly float* _b1, _w2, _kept;
    private readonly int* _active;
    private readonly TileAhead _ahead;
    private readonly int _column, _hidden;
    private readonly long _bias;
    private readonly bool _failed;

    /// <param name="sparse">Biases and w2.</param>
    /// <param name="entries">From the model's first column on, with exponents, all of them or without some that meet zeros alone.</param>
    /// <param name="column">The model's first column, levels counted.</param>
    /// <param name="hidden">H.</param>
    /// <param name="place">Its slot, levels counted.</param>
    /// <param name="inputs">D.</param>
    /// <param name="active">A flag a unit, set and never cleared; null when nobody asks.</param>
    /// <param name="kept">Room for Z, [H, 128], zeros behind the last image of its vector; null when nobody asks.</param>
    /// <param name="ahead">Asked for meanwhile.</param>
    public SparseColumns(
        in SparseViews sparse,
        EntryColumns entries,
        int column,
        int hidden,
        int place,
        int inputs,
        int* active,
        float* kept = null,
        TileAhead ahead = default)
    {
        _entries = entries;
        _b1 = BlockPointers.Pointer(sparse.B1) + column;
        _w2 = BlockPointers.Pointer(sparse.W2) + column;
        (_column, _hidden, _ahead) = (column, hidden, ahead);
        _active = active;
        _kept = kept;
        float bias = BlockPointers.Pointer(sparse.B2)[place];
        _failed = !ExactSums.IsInRange(bias);
        for (int h = 0; h < hidden; h++)
            _failed |= entries.Exponents[h] == ExactSums.OutOfRange || !ExactSums.IsInRange(entries.Exponents[h], _w2[h], inputs, hidden);
        _bias = _failed ? 0 : (long)MathF.Round(bias * ExactSums.LogitUnits, MidpointRounding.ToEven);
    }

    /// <summary>Logits of the first <paramref name="count"/> images of a tile; sets the flags of units above 0 on one of them.</summary>
    public void Logits<T>(double* pixels, int* rows, int count, float* logits)
        where T : unmanaged, ILanes<T>
    {
        if (_failed)
        {
            new Span<float>(logits, count).Fill(float.NaN);
            if (_kept != null)
                new Span<float>(_kept, _hidden * Row).Clear();
            return;
        }

        // Two halves of each image's sum.
        double* sums = stackalloc double[2 * Row];
        for (int done = 0; done < count;)
        {
            // The widest pass that is still full, then halves; the last vector may be ragged.
            int vectors = (count - done + LaneMask.Lanes - 1) / LaneMask.Lanes, width = T.TileOfDoubles;
            while (width > vectors)
                width /= 2;
            int images = Math.Min(width * LaneMask.Lanes, count - done);
            switch (width)
            {
                case 1: Pass<T, N1>(pixels + done, rows, images, sums, done); break;
                case 2: Pass<T, N2>(pixels + done, rows, images, sums, done); break;
                default: Pass<T, N4>(pixels + done, rows, images, sums, done); break;
            }
            for (int n = 0; n < images; n++)
                logits[done + n] = (((long)sums[n] * (long)HalfUnit) + (long)sums[Row + n] + _bias) * (1f / ExactSums.LogitUnits);
            done += images;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Pass<T, N>(double* pixels, int* rows, int images, double* sums, int done)
        where T : unmanaged, ILanes<T>
        where N : struct, ICount
    {
        int* starts = _entries.Starts;
        ushort* index = _entries.Index;
        float* value = _entries.Value;
        T last = T.Load(LaneMask.First(images - ((N.Value - 1) * LaneMask.Lanes)));
        new Span<double>(sums, 2 * Row).Clear();
        for (int h = 0; h < _hidden; h++)
        {
            int exponent = _entries.Exponents[h];
            float bias = MathF.Round(_b1[h] * ExactSums.WeightScale(exponent), MidpointRounding.ToEven);

            // Eight images each. N is a constant for the JIT: the branches vanish and so do the registers that a pass does not use.
            T a0 = T.BroadcastDouble(ExactSums.ConstantPixel * (double)bias), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
            _ahead.Fetch(_column + h);
            int end = starts[h + 1];
            for (int q = starts[h]; q < end; q++)
            {
                T w = T.BroadcastDouble(value[q]);
                float* x = (float*)(pixels + rows[index[q]]);
                a0 = T.FmaDoubles(w, T.Load(x), a0);
                a1 = T.FmaDoubles(w, T.Load(x + 16), a1);
                if (N.Value > 1) { a2 = T.FmaDoubles(w, T.Load(x + 32), a2); a3 = T.FmaDoubles(w, T.Load(x + 48), a3); }
                if (N.Value > 2)
                {
                    a4 = T.FmaDoubles(w, T.Load(x + 64), a4);
                    a5 = T.FmaDoubles(w, T.Load(x + 80), a5);
                    a6 = T.FmaDoubles(w, T.Load(x + 96), a6);
                    a7 = T.FmaDoubles(w, T.Load(x + 112), a7);
                }
            }
            T scale = T.Broadcast(ExactSums.ActivationScale(exponent)), w2 = T.Broadcast(_w2[h]);
            T most = Unit(T.Multiply(T.DoublesToFloats(a0, a1), scale), w2, N.Value == 1, last, h, done, 0, sums);
            if (N.Value > 1)
            {
                most = Above(
                Unit(T.Multiply(T.DoublesToFloats(a2, a3), scale), w2, N.Value == 2, last, h, done, 16, sums),
                most);
            }

            if (N.Value > 2)
            {
                most = Above(Unit(T.Multiply(T.DoublesToFloats(a4, a5), scale), w2, false, last, h, done, 32, sums), most);
                most = Above(Unit(T.Multiply(T.DoublesToFloats(a6, a7), scale), w2, true, last, h, done, 48, sums), most);
            }
            if (_active != null && _active[h] == 0 && T.Sum(Above(most, T.Zero)) > 0)
                _active[h] = 1;
        }
    }

    // One unit's share of sixteen logits. Places behind the last image hold the bias alone: they must not make a unit active.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T Unit<T>(T z, T w2, bool isRagged, T last, int h, int done, int first, double* sums)
        where T : unmanaged, ILanes<T>
    {
        if (isRagged)
            z = T.Select(last, z, T.Zero);
        if (_kept != null)
            T.Store(z, _kept + ((long)h * Row) + done + first);
        T terms = T.Multiply(T.Relu(z), w2);
        float* low = (float*)(sums + first), high = (float*)(sums + first + 8);
        Add(T.LowToDoubles(terms), low);
        Add(T.HighToDoubles(terms), high);
        return z;
    }

    // rint(term 2^32), its multiple of 2^26 and the rest apart.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<T>(T term, float* sums)
        where T : unmanaged, ILanes<T>
    {
        T whole = T.RoundDoubles(T.MultiplyDoubles(term, T.BroadcastDouble(ExactSums.LogitUnits)));
        T halves = T.RoundDoubles(T.MultiplyDoubles(whole, T.BroadcastDouble(1 / HalfUnit)));
        T.Store(T.AddDoubles(T.Load(sums), halves), sums);
        float* rest = sums + (2 * Row);
        T.Store(T.AddDoubles(T.Load(rest), T.FmaDoubles(halves, T.BroadcastDouble(-HalfUnit), whole)), rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Above<T>(T value, T most)
        where T : unmanaged, ILanes<T> => T.Select(T.Greater(value, most), value, most);
}
