using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// Asks for the pixels of a tile that comes next, a few cache lines with each column of the work before it, so that they are in
/// L2 when their turn comes: with few entries a tile is otherwise waited for longer than it is worked on.
/// </summary>
internal readonly unsafe struct TileAhead
{
    // More lines at once than the core can wait for would hold up the column that is worked on.
    private const int MostLines = 32;

    private const int LineDoubles = 8;

    private readonly double* _pixels;
    private readonly int _firstColumn, _lines;

    /// <param name="pixels">See <see cref="PixelTiles.Values"/>.</param>
    /// <param name="rows">[D], the tile's, see <see cref="PixelTiles.Rows"/>.</param>
    /// <param name="firstColumn">The first one that calls.</param>
    /// <param name="endColumn">Behind the last one.</param>
    public TileAhead(double* pixels, ReadOnlySpan<int> rows, int firstColumn, int endColumn)
    {
        // A tile's rows lie one behind the other, pixels ascending.
        int first = rows.IndexOfAnyExcept(PixelTiles.ZeroRow);
        if (first < 0)
            return;
        int begin = rows[first], end = rows[rows.LastIndexOfAnyExcept(PixelTiles.ZeroRow)] + PixelTiles.TileImages;
        int lines = (end - begin) / LineDoubles, columns = endColumn - firstColumn;
        _pixels = pixels + begin;
        _firstColumn = firstColumn;
        _lines = Math.Min((lines + columns - 1) / columns, MostLines);
    }

    /// <summary>Asks for the lines of one column's share. Machines without an instruction for it do nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Fetch(int column)
    {
        // What lies behind the tile is the next one's, or not there, which is no fault.
        if (!Sse.IsSupported)
            return;
        double* line = _pixels + ((long)(column - _firstColumn) * _lines * LineDoubles);
        for (int count = _lines; count > 0; count--, line += LineDoubles)
            Sse.Prefetch1(line);
    }
}
