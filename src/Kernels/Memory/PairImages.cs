using System.Buffers;
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
        (BackwardStarts, BackwardIndex, BackwardValue) = (new int[chunks][], new ushort[chunks][], new uint[chunks][]);
        (Partners, Turns) = (new ushort[chunks][], new ushort[chunks][]);
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

    /// <summary>
    /// [chunk]: where the pairs of each row's pixel begin, and one end; row 2 k + i is place 2 <see cref="Turns"/>[k] + i.
    /// </summary>
    public int[][] BackwardStarts { get; }

    /// <summary>[chunk]: which pair of <see cref="Partners"/>.</summary>
    public ushort[][] BackwardIndex { get; }

    /// <summary>[chunk]: the first image's pixel in the low half, the second one's in the high one.</summary>
    public uint[][] BackwardValue { get; }

    /// <summary>
    /// [chunk]: pairs of places in the order of backward rows. A chunk that is a batch has them by how many entries their two rows
    /// have, falling: one loop is then as long as the one before it, which a processor foresees, and pairs that no image sets come
    /// last. Chunks whose sums go to memory keep the order of places.
    /// </summary>
    public ushort[][] Turns { get; }

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
            {
                images.FillBackward(c, rows, all, inTurns: chunk.IsFirst && chunk.IsLast);
            }
            else
            {
                (images.Partners[c], images.Turns[c], images.BackwardStarts[c], images.BackwardIndex[c], images.BackwardValue[c])
                    = ([], [], [], [], []);
            }
        });
        return images;
    }

    private void FillForward(int chunk, ReadOnlySpan<byte> rows, bool all)
    {
        int images = rows.Length / _inputs, pairs = Order.Length / 2, count = 0;
        var starts = new int[images + 1];
        ushort[] index = ArrayPool<ushort>.Shared.Rent(images * pairs);
        uint[] value = ArrayPool<uint>.Shared.Rent(images * pairs);

        // Behind the image its constant pixel, and a 0 for the partner that the last pixel may lack.
        var image = new byte[_inputs + 2];
        image[_inputs] = (byte)ExactSums.ConstantPixel;
        int[] place = [.. Order.Select(pixel => pixel < 0 ? _inputs + 1 : pixel)];
        for (int n = 0; n < images; n++)
        {
            rows.Slice(n * _inputs, _inputs).CopyTo(image);
            for (int pair = 0; pair < pairs; pair++)
            {
                // Written also where it is left out, and then written over: a branch that nobody foresees takes longer.
                uint both = image[place[2 * pair]] | ((uint)image[place[(2 * pair) + 1]] << 16);
                (index[count], value[count]) = ((ushort)pair, both);
                count += all || both != 0 ? 1 : 0;
            }
            starts[n + 1] = count;
        }
        (ForwardStarts[chunk], ForwardIndex[chunk], ForwardValue[chunk]) = (starts, index[..count], value[..count]);
        ArrayPool<ushort>.Shared.Return(index);
        ArrayPool<uint>.Shared.Return(value);
    }

    private void FillBackward(int chunk, ReadOnlySpan<byte> rows, bool all, bool inTurns)
    {
        ushort[] partners = Match(rows);
        int pairs = partners.Length / 2, count = 0;
        var starts = new int[Order.Length + 1];
        ushort[] index = ArrayPool<ushort>.Shared.Rent(Order.Length * pairs);
        uint[] value = ArrayPool<uint>.Shared.Rent(Order.Length * pairs);
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
        (Partners[chunk], BackwardStarts[chunk]) = (partners, starts);
        (BackwardIndex[chunk], BackwardValue[chunk]) = (index[..count], value[..count]);
        ArrayPool<ushort>.Shared.Return(index);
        ArrayPool<uint>.Shared.Return(value);
        IEnumerable<int> turns = Enumerable.Range(0, Order.Length / 2);
        if (inTurns)
        {
            turns = turns.OrderByDescending(pair => starts[(2 * pair) + 1] - starts[2 * pair])
                .ThenByDescending(pair => starts[(2 * pair) + 2] - starts[(2 * pair) + 1]);
        }
        Turns[chunk] = [.. turns.Select(pair => (ushort)pair)];
        if (inTurns)
            Arrange(chunk);
    }

    // Entries lie in the order in which rows are taken.
    private void Arrange(int chunk)
    {
        int[] old = BackwardStarts[chunk], starts = new int[old.Length];
        var index = new ushort[BackwardIndex[chunk].Length];
        var value = new uint[index.Length];
        for (int row = 0; row < Order.Length; row++)
        {
            int place = (2 * Turns[chunk][row / 2]) + (row % 2), count = old[place + 1] - old[place];
            Array.Copy(BackwardIndex[chunk], old[place], index, starts[row], count);
            Array.Copy(BackwardValue[chunk], old[place], value, starts[row], count);
            starts[row + 1] = starts[row] + count;
        }
        (BackwardStarts[chunk], BackwardIndex[chunk], BackwardValue[chunk]) = (starts, index, value);
    }

    private uint Pixel(ReadOnlySpan<byte> image, int pixel)
        => pixel < 0 ? 0u : pixel == _inputs ? (uint)ExactSums.ConstantPixel : image[pixel];

    // Each image takes the free one whose set pixels differ least from its own, then pairs exchange partners.
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
        var distances = new int[images * images];
        for (int n = 0; n < images; n++)
        {
            for (int other = 0; other < n; other++)
            {
                int distance = 0;
                for (int word = 0; word < words; word++)
                    distance += BitOperations.PopCount(bits[(n * MostWords) + word] ^ bits[(other * MostWords) + word]);
                distances[(n * images) + other] = distances[(other * images) + n] = distance;
            }
        }
        return Improve(Nearest(distances, images), distances, images);
    }

    private static ushort[] Nearest(int[] distances, int images)
    {
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
                if (!taken[other] && distances[(n * images) + other] < least)
                    (best, least) = (other, distances[(n * images) + other]);
            }
            taken[best] = true;
            partners[place++] = (ushort)n;
            partners[place++] = (ushort)best;
        }
        return partners;
    }

    // Two pairs change partners where that brings them nearer: the last images had to take what was left. The sum of all distances
    // falls with each change, so there is an end.
    private static ushort[] Improve(ushort[] partners, int[] distances, int images)
    {
        int whole = images / 2 * 2;
        for (bool isChanged = true; isChanged;)
        {
            isChanged = false;
            for (int first = 0; first < whole; first += 2)
            {
                for (int second = first + 2; second < whole; second += 2)
                {
                    int a = partners[first], b = partners[first + 1], c = partners[second], d = partners[second + 1];
                    int now = distances[(a * images) + b] + distances[(c * images) + d];
                    if (distances[(a * images) + c] + distances[(b * images) + d] < now)
                        (partners[first + 1], partners[second]) = (partners[second], partners[first + 1]);
                    else if (distances[(a * images) + d] + distances[(c * images) + b] < now)
                        (partners[first + 1], partners[second + 1]) = (partners[second + 1], partners[first + 1]);
                    else
                        continue;
                    isChanged = true;
                }
            }
        }
        return partners;
    }
}
