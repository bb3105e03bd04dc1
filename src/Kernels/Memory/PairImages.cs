using System.Numerics;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Memory;

/// <summary>
/// The images of a split as exact CPU products want them: pairs of 16-bit numbers, those that are 0 left out. Forward, the pairs
/// of pixels of each image; backward, for each pixel the pairs of images of a chunk, most alike ones side by side.
/// </summary>
/// <remarks>The constant pixel D, 255 in every image, stands among the pixels.</remarks>
internal sealed class PairImages
{
    // Images are matched by so many words of their pixels; wider images by a part of them.
    private const int MostWords = 16;

    private readonly int _inputs;
    private readonly int[] _pairOf, _sideOf;

    private PairImages(int[] order, int inputs, ChunkSchedule schedule)
    {
        Order = order;
        _inputs = inputs;
        (_pairOf, _sideOf) = (new int[inputs + 1], new int[inputs + 1]);
        Array.Fill(_pairOf, -1);
        for (int place = 0; place < order.Length; place++)
        {
            if (order[place] >= 0)
                (_pairOf[order[place]], _sideOf[order[place]]) = (place / 2, place % 2);
        }
        int chunks = schedule.Chunks.Count;
        (ForwardStarts, ForwardIndex, ForwardValue) = (new int[chunks][], new ushort[chunks][], new uint[chunks][]);
        (BackwardStarts, BackwardIndex, BackwardValue, Partners) = (new int[chunks][], new ushort[chunks][], new uint[chunks][], new ushort[chunks][]);
    }

    /// <summary>Pixel number at each place; place 2 p + 1 is the partner of place 2 p. See <see cref="PixelPairs"/>.</summary>
    public int[] Order { get; }

    /// <summary>[chunk]: where each image's pairs begin, and one end.</summary>
    public int[][] ForwardStarts { get; }

    /// <summary>[chunk]: which pair of places.</summary>
    public ushort[][] ForwardIndex { get; }

    /// <summary>[chunk]: the first pixel in the low half, the second in the high one.</summary>
    public uint[][] ForwardValue { get; }

    /// <summary>[chunk]: rows of the chunk two by two; an odd last one stands with itself.</summary>
    public ushort[][] Partners { get; }

    /// <summary>[chunk]: where the pairs of each place's pixel begin, and one end.</summary>
    public int[][] BackwardStarts { get; }

    /// <summary>[chunk]: which pair of <see cref="Partners"/>.</summary>
    public ushort[][] BackwardIndex { get; }

    /// <summary>[chunk]: the first image's pixel in the low half, the second one's in the high one.</summary>
    public uint[][] BackwardValue { get; }

    /// <param name="pixels">[N, D].</param>
    /// <param name="all">Keeps zeros too: the dense form.</param>
    /// <param name="withBackward">False leaves the backward half empty.</param>
    public static PairImages Create(ReadOnlyMemory<byte> pixels, int inputs, ChunkSchedule schedule, bool all, bool withBackward)
    {
        var images = new PairImages(PixelPairs.Choose(pixels.Span, inputs, all), inputs, schedule);
        Parallel.For(0, schedule.Chunks.Count, c =>
        {
            Chunk chunk = schedule.Chunks[c];
            ReadOnlySpan<byte> rows = pixels.Span.Slice(chunk.FirstRow * inputs, chunk.Rows * inputs);
            images.FillForward(c, rows, all);
            if (withBackward)
                images.FillBackward(c, rows, all);
            else
                (images.Partners[c], images.BackwardStarts[c], images.BackwardIndex[c], images.BackwardValue[c]) = ([], [], [], []);
        });
        return images;
    }

    private void FillForward(int chunk, ReadOnlySpan<byte> rows, bool all)
    {
        int images = rows.Length / _inputs, pairs = Order.Length / 2, count = 0;
        var starts = new int[images + 1];
        var index = new ushort[images * pairs];
        var value = new uint[images * pairs];
        for (int n = 0; n < images; n++)
        {
            ReadOnlySpan<byte> image = rows.Slice(n * _inputs, _inputs);
            for (int pair = 0; pair < pairs; pair++)
            {
                uint both = Pixel(image, Order[2 * pair]) | (Pixel(image, Order[(2 * pair) + 1]) << 16);
                if (both != 0 || all)
                    (index[count], value[count++]) = ((ushort)pair, both);
            }
            starts[n + 1] = count;
        }
        (ForwardStarts[chunk], ForwardIndex[chunk], ForwardValue[chunk]) = (starts, index[..count], value[..count]);
    }

    private void FillBackward(int chunk, ReadOnlySpan<byte> rows, bool all)
    {
        ushort[] partners = Match(rows);
        int pairs = partners.Length / 2, count = 0;
        var starts = new int[Order.Length + 1];
        var index = new ushort[Order.Length * pairs];
        var value = new uint[Order.Length * pairs];
        for (int place = 0; place < Order.Length; place++)
        {
            for (int pair = 0; pair < pairs && Order[place] >= 0; pair++)
            {
                int first = partners[2 * pair], second = partners[(2 * pair) + 1];
                uint both = Pixel(rows.Slice(first * _inputs, _inputs), Order[place]);
                if (second != first)
                    both |= Pixel(rows.Slice(second * _inputs, _inputs), Order[place]) << 16;
                if (both != 0 || all)
                    (index[count], value[count++]) = ((ushort)pair, both);
            }
            starts[place + 1] = count;
        }
        (Partners[chunk], BackwardStarts[chunk], BackwardIndex[chunk], BackwardValue[chunk]) = (partners, starts, index[..count], value[..count]);
    }

    private uint Pixel(ReadOnlySpan<byte> image, int pixel) => pixel < 0 ? 0u : pixel == _inputs ? (uint)ExactSums.ConstantPixel : image[pixel];

    // Each image takes the free one whose set pixels differ least from its own.
    private ushort[] Match(ReadOnlySpan<byte> rows)
    {
        int images = rows.Length / _inputs, step = Math.Max(1, (_inputs + (64 * MostWords) - 1) / (64 * MostWords));
        var bits = new ulong[images * MostWords];
        for (int n = 0; n < images; n++)
        {
            for (int d = 0, bit = 0; d < _inputs; d += step, bit++)
            {
                if (rows[(n * _inputs) + d] != 0)
                    bits[(n * MostWords) + (bit / 64)] |= 1UL << (bit % 64);
            }
        }
        int words = Math.Min(MostWords, ((_inputs + step - 1) / step + 63) / 64);
        var partners = new ushort[(images + 1) / 2 * 2];
        var taken = new bool[images];
        int place = 0;
        for (int n = 0; n < images; n++)
        {
            if (taken[n])
                continue;
            int best = n, least = int.MaxValue;
            for (int other = n + 1; other < images; other++)
            {
                if (taken[other])
                    continue;
                int distance = 0;
                for (int word = 0; word < words; word++)
                    distance += BitOperations.PopCount(bits[(n * MostWords) + word] ^ bits[(other * MostWords) + word]);
                if (distance < least)
                    (best, least) = (other, distance);
            }
            taken[best] = true;
            partners[place++] = (ushort)n;
            partners[place++] = (ushort)best;
        }
        return partners;
    }
}
