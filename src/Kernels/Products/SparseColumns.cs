using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// One model over compressed columns: V[n] = 255 bq + sum over the column's entries of Wq * pixel[index, n], for a tile of images
/// held in registers; Z = (float)V z; logit[n, k] = b2_k + sum of relu(Z) w2_k in units of 2^-32.
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

    private const int MostOnStack = 16;

    private readonly EntryColumns _entries;
    private readonly float* _b1, _w2, _kept;
    private readonly int* _active;
    private readonly TileAhead _ahead;
    private readonly int _column, _hidden, _outputs, _outputPitch;
    private readonly float* _b2;
    private readonly bool _failed;

    /// <param name="sparse">Biases and w2.</param>
    /// <param name="entries">From the model's first column on, with exponents, all of them or without some that meet zeros alone.</param>
    /// <param name="column">The model's first column, levels counted.</param>
    /// <param name="level">Its level.</param>
    /// <param name="hidden">H.</param>
    /// <param name="place">Its slot, levels counted.</param>
    /// <param name="inputs">D.</param>
    /// <param name="outputs">O.</param>
    /// <param name="active">A flag a unit, set and never cleared; null when nobody asks.</param>
    /// <param name="kept">Room for Z, [H, 128], zeros behind the last image of its vector; null when nobody asks.</param>
    /// <param name="ahead">Asked for meanwhile.</param>
    public SparseColumns(
        in SparseViews sparse,
        EntryColumns entries,
        int column,
        int level,
        int hidden,
        int place,
        int inputs,
        int outputs,
        int* active,
        float* kept = null,
        TileAhead ahead = default)
    {
        _entries = entries;
        _b1 = BlockPointers.Pointer(sparse.B1) + column;
        (_outputs, _outputPitch) = (outputs, sparse.B1.IntLength / sparse.Levels);
        _w2 = BlockPointers.Pointer(sparse.W2) + ((long)level * (outputs - 1) * _outputPitch) + column;
        (_column, _hidden, _ahead) = (column, hidden, ahead);
        _active = active;
        _kept = kept;
        _b2 = BlockPointers.Pointer(sparse.B2) + ((long)place * outputs);
        _failed = false;
        for (int k = 0; k < outputs; k++)
            _failed |= !ExactSums.IsInRange(_b2[k]);
        for (int h = 0; h < hidden; h++)
            _failed |= entries.Exponents[h] == ExactSums.OutOfRange || !IsInRange(h, entries.Exponents[h], inputs);
    }

    // As a dense column: with a logit a class also the sum of all its weights must be.
    private bool IsInRange(int h, int exponent, int inputs)
    {
        float sum = 0f;
        bool isIn = true;
        for (int k = 0; k < _outputs; k++)
        {
            float weight = _w2[((long)k * _outputPitch) + h];
            sum += Math.Abs(weight);
            isIn &= ExactSums.IsInRange(exponent, weight, inputs, _hidden);
        }
        return isIn && (_outputs == 1 || ExactSums.Exponent(sum) != ExactSums.OutOfRange);
    }

    /// <summary>Logits of the first <paramref name="count"/> images of a tile; sets the flags of units above 0 on one of them.</summary>
    /// <param name="logits">Output k of an image lies k <paramref name="pitch"/> behind output 0.</param>
    public void Logits<T>(double* pixels, int* rows, int count, float* logits, int pitch)
        where T : unmanaged, ILanes<T>
    {
        if (_failed)
        {
            for (int k = 0; k < _outputs; k++)
                new Span<float>(logits + ((long)k * pitch), count).Fill(float.NaN);
            if (_kept != null)
                new Span<float>(_kept, _hidden * Row).Clear();
            return;
        }

        // Two halves of each image's sum, output after output; many would not fit on a stack.
        if (_outputs <= MostOnStack)
        {
            double* sums = stackalloc double[2 * Row * _outputs];
            Logits<T>(pixels, rows, count, logits, pitch, sums);
            return;
        }
        double* memory = (double*)NativeMemory.Alloc((nuint)(2 * Row * _outputs), sizeof(double));
        try
        {
            Logits<T>(pixels, rows, count, logits, pitch, memory);
        }
        finally
        {
            NativeMemory.Free(memory);
        }
    }

    private void Logits<T>(double* pixels, int* rows, int count, float* logits, int pitch, double* sums)
        where T : unmanaged, ILanes<T>
    {
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
            for (int k = 0; k < _outputs; k++)
            {
                double* own = sums + (2 * Row * k);
                long bias = (long)MathF.Round(_b2[k] * ExactSums.LogitUnits, MidpointRounding.ToEven);
                float* target = logits + ((long)k * pitch) + done;
                for (int n = 0; n < images; n++)
                    target[n] = (((long)own[n] * (long)HalfUnit) + (long)own[Row + n] + bias) * (1f / ExactSums.LogitUnits);
            }
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
        new Span<double>(sums, 2 * Row * _outputs).Clear();
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
            T scale = T.Broadcast(ExactSums.ActivationScale(exponent));
            T most = Unit(T.Multiply(T.DoublesToFloats(a0, a1), scale), N.Value == 1, last, h, done, 0, sums);
            if (N.Value > 1)
            {
                most = Above(
                Unit(T.Multiply(T.DoublesToFloats(a2, a3), scale), N.Value == 2, last, h, done, 16, sums),
                most);
            }

            if (N.Value > 2)
            {
                most = Above(Unit(T.Multiply(T.DoublesToFloats(a4, a5), scale), false, last, h, done, 32, sums), most);
                most = Above(Unit(T.Multiply(T.DoublesToFloats(a6, a7), scale), true, last, h, done, 48, sums), most);
            }
            if (_active != null && _active[h] == 0 && T.Sum(Above(most, T.Zero)) > 0)
                _active[h] = 1;
        }
    }

    // One unit's share of sixteen logits. Places behind the last image hold the bias alone: they must not make a unit active.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T Unit<T>(T z, bool isRagged, T last, int h, int done, int first, double* sums)
        where T : unmanaged, ILanes<T>
    {
        if (isRagged)
            z = T.Select(last, z, T.Zero);
        if (_kept != null)
            T.Store(z, _kept + ((long)h * Row) + done + first);
        T activation = T.Relu(z);
        float* weight = _w2 + h;
        for (int k = 0; k < _outputs; k++, weight += _outputPitch, sums += 2 * Row)
        {
            T terms = T.Multiply(activation, T.Broadcast(*weight));
            float* low = (float*)(sums + first), high = (float*)(sums + first + 8);
            Add(T.LowToDoubles(terms), low);
            Add(T.HighToDoubles(terms), high);
        }
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
