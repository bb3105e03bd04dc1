namespace GpuMlp.Kernels.Products;

/// <summary>Cuts a row of 16-column vectors into nearly equal tiles of at most <c>largest</c> vectors: (first column, vectors).</summary>
internal ref struct Tiles(int vectors, int largest)
{
    private readonly int _count = (vectors + largest - 1) / largest;
    private int _tile = -1;

    public readonly (int Column, int Vectors) Current
    {
        get
        {
            int first = (int)((long)_tile * vectors / _count), next = (int)((_tile + 1L) * vectors / _count);
            return (first * 16, next - first);
        }
    }

    public bool MoveNext() => ++_tile < _count;

    public readonly Tiles GetEnumerator() => this;
}

/// <summary>A number that the JIT knows while it compiles a generic method.</summary>
internal interface ICount
{
    static abstract int Value { get; }
}

internal readonly struct N1 : ICount { public static int Value => 1; }

internal readonly struct N2 : ICount { public static int Value => 2; }

internal readonly struct N3 : ICount { public static int Value => 3; }

internal readonly struct N4 : ICount { public static int Value => 4; }

internal readonly struct N5 : ICount { public static int Value => 5; }

internal readonly struct N6 : ICount { public static int Value => 6; }

internal readonly struct N7 : ICount { public static int Value => 7; }

internal readonly struct N8 : ICount { public static int Value => 8; }
