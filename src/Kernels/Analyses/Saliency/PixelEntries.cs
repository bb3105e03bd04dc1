using System.Runtime.InteropServices;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>The compressed columns of one model by pixel instead of by unit: units of a pixel ascend.</summary>
internal readonly unsafe struct PixelEntries : IDisposable
{
    private readonly int* _next;

    /// <param name="inputs">D.</param>
    /// <param name="most">Entries that there is room for.</param>
    public PixelEntries(int inputs, int most)
    {
        Inputs = inputs;
        Starts = (int*)NativeMemory.Alloc((nuint)(inputs + 1), sizeof(int));
        _next = (int*)NativeMemory.Alloc((nuint)inputs, sizeof(int));
        Units = (int*)NativeMemory.Alloc((nuint)Math.Max(most, 1), sizeof(int));
        Weights = (float*)NativeMemory.Alloc((nuint)Math.Max(most, 1), sizeof(float));
    }

    /// <summary>D.</summary>
    public int Inputs { get; }

    /// <summary>Where each pixel's entries begin, and one end.</summary>
    public int* Starts { get; }

    public int* Units { get; }

    public float* Weights { get; }

    /// <summary>Takes the entries of a model: its columns from <paramref name="column"/> on.</summary>
    public void Sort(in SparseViews sparse, int column, int hidden)
    {
        int* starts = BlockPointers.Pointer(sparse.Starts) + column;
        ushort* index = BlockPointers.Pointer(sparse.Index);
        float* value = BlockPointers.Pointer(sparse.Value);
        new Span<int>(_next, Inputs).Clear();
        for (int q = starts[0]; q < starts[hidden]; q++)
            _next[index[q]]++;
        int place = 0;
        for (int d = 0; d < Inputs; d++)
        {
            Starts[d] = place;
            place += _next[d];
            _next[d] = Starts[d];
        }
        Starts[Inputs] = place;
        for (int h = 0; h < hidden; h++)
        {
            for (int q = starts[h]; q < starts[h + 1]; q++)
            {
                int at = _next[index[q]]++;
                Units[at] = h;
                Weights[at] = value[q];
            }
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(Starts);
        NativeMemory.Free(_next);
        NativeMemory.Free(Units);
        NativeMemory.Free(Weights);
    }
}
