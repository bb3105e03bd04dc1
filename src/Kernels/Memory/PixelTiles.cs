
namespace GpuMlp.Kernels.Memory;

/// <summary>
/// Pixel-major images in tiles of <see cref="TileImages"/>: a row holds one pixel of all images of a tile. One weight then
/// meets many images in one run of memory: registers on a CPU, neighbouring threads on a GPU. All pixels that are
/// 0 in the whole tile, about two fifths of MNIST's, share one row of zeros, which stays in L1.
/// </summary>
public sealed class PixelTiles
{
    /// <summary>Images of a tile: 784 rows of 128 floats are 400 KB and stay in L2; eight 512-bit sums hold a tile.</summary>
    public const int TileImages = 128;

    /// <summary>Where the shared row of zeros begins: it comes first.</summary>
    public const int ZeroRow = 0;

    private PixelTiles(int[] rows, byte[] values)
    {
        Rows = rows;
        Values = values;
    }

    /// <summary>[tile, D]: where the pixel's row begins in <see cref="Values"/>.</summary>
    public int[] Rows { get; }

    /// <summary>Pixels, 128 a row; the places behind the last image hold 0.</summary>
    public byte[] Values { get; }

    public static int Tiles(int images) => (images + TileImages - 1) / TileImages;

    /// <param name="pixels">Unsigned bytes, row-major [N, D].</param>
    /// <param name="inputs">D.</param>
    /// <exception cref="ArgumentException">More than 2^31 values.</exception>
    public static PixelTiles Arrange(ReadOnlyMemory<byte> pixels, int inputs)
    {
        int images = pixels.Length / inputs, tiles = Tiles(images);
        var rows = new int[tiles * inputs];
        Parallel.For(0, tiles, tile =>
        {
            Span<int> used = rows.AsSpan(tile * inputs, inputs);
            ReadOnlySpan<byte> source = Tile(pixels.Span, inputs, tile);
            for (int at = 0; at < source.Length; at++)
                used[at % inputs] |= source[at];
        });
        long next = TileImages;
        for (int at = 0; at < rows.Length; at++)
        {
            if (next > int.MaxValue - TileImages)
            {
                throw new ArgumentException(
                    $"more than {int.MaxValue} values in the tiles of {images} images; must be fewer images",
                    nameof(pixels));
            }

            bool isSet = rows[at] != 0;
            rows[at] = isSet ? (int)next : ZeroRow;
            next += isSet ? TileImages : 0;
        }
        var values = new byte[next];
        Parallel.For(0, tiles, tile =>
        {
            ReadOnlySpan<int> places = rows.AsSpan(tile * inputs, inputs);
            ReadOnlySpan<byte> source = Tile(pixels.Span, inputs, tile);
            for (int n = 0; n * inputs < source.Length; n++)
            {
                for (int d = 0; d < inputs; d++)
                {
                    if (places[d] != ZeroRow)
                        values[places[d] + n] = source[(n * inputs) + d];
                }
            }
        });
        return new PixelTiles(rows, values);
    }

    private static ReadOnlySpan<byte> Tile(ReadOnlySpan<byte> pixels, int inputs, int tile)
    {
        int first = tile * TileImages * inputs;
        return pixels.Slice(first, Math.Min(TileImages * inputs, pixels.Length - first));
    }
}
