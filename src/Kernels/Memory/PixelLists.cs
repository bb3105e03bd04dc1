using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Memory;

/// <summary>
/// The pixels that are not 0, for the CPUs that OpenCL offers: a list of each image, and chunk by chunk of each pixel. Behind
/// a chunk's last pixel comes the constant one, which all of its images have; in the lists of images it is not.
/// </summary>
public sealed class PixelLists
{
    private PixelLists(int[] imageStarts, int[] pixelStarts, int pixelEntries)
    {
        ImageStarts = imageStarts;
        ImageIndex = new ushort[imageStarts.Length == 0 ? 0 : imageStarts[^1]];
        ImageValue = new byte[ImageIndex.Length];
        PixelStarts = pixelStarts;
        PixelIndex = new ushort[pixelEntries];
        PixelValue = new byte[pixelEntries];
    }

    /// <summary>Nothing.</summary>
    public static PixelLists None { get; } = new([], [], 0);

    /// <summary>[N + 1]: where an image's pixels begin.</summary>
    public int[] ImageStarts { get; }

    /// <summary>Pixel number of each entry, ascending within an image.</summary>
    public ushort[] ImageIndex { get; }

    public byte[] ImageValue { get; }

    /// <summary>[chunk, D + 2]: where a pixel's images begin, pixel D being the constant one.</summary>
    public int[] PixelStarts { get; }

    /// <summary>Image of each entry, counted from the chunk's first, ascending within a pixel.</summary>
    public ushort[] PixelIndex { get; }

    public byte[] PixelValue { get; }

    /// <param name="pixels">Unsigned bytes, row-major [N, D].</param>
    /// <param name="inputs">D, at most 65,536.</param>
    /// <param name="schedule">Which rows make which chunk; within the images.</param>
    /// <param name="withBackward">False leaves the lists of pixels out.</param>
    /// <exception cref="ArgumentException">More than 2^31 entries.</exception>
    public static PixelLists Compress(ReadOnlyMemory<byte> pixels, int inputs, ChunkSchedule schedule, bool withBackward)
    {
        int images = pixels.Length / inputs, chunks = schedule.Chunks.Count;
        var starts = new int[images + 1];
        for (int n = 0; n < images; n++)
        {
            ReadOnlySpan<byte> row = pixels.Span.Slice(n * inputs, inputs);
            starts[n + 1] = Checked(starts[n] + (long)inputs - row.Count((byte)0));
        }
        var offsets = new int[chunks + 1];
        for (int c = 0; c < chunks; c++)
        {
            Chunk chunk = schedule.Chunks[c];
            int inChunk = starts[chunk.FirstRow + chunk.Rows] - starts[chunk.FirstRow];
            offsets[c + 1] = withBackward ? Checked((long)offsets[c] + inChunk + chunk.Rows) : 0;
        }
        var lists = new PixelLists(starts, new int[withBackward ? checked(chunks * (inputs + 2)) : 0], offsets[chunks]);
        Parallel.For(0, images, n => lists.FillImage(pixels.Span.Slice(n * inputs, inputs), starts[n]));
        if (withBackward)
            Parallel.For(0, chunks, c => lists.FillChunk(schedule.Chunks[c], inputs, c * (inputs + 2), offsets[c]));
        return lists;
    }

    private static int Checked(long entries) => entries <= int.MaxValue
        ? (int)entries
        : throw new ArgumentException($"{entries} non-zero pixels in one schedule; 2^31 - 1 are the most");

    private void FillImage(ReadOnlySpan<byte> row, int next)
    {
        for (int pixel = 0; pixel < row.Length; pixel++)
        {
            if (row[pixel] == 0)
                continue;
            ImageIndex[next] = (ushort)pixel;
            ImageValue[next++] = row[pixel];
        }
    }

    // From the lists of the chunk's images, which are there already.
    private void FillChunk(Chunk chunk, int inputs, int place, int next)
    {
        int first = ImageStarts[chunk.FirstRow], end = ImageStarts[chunk.FirstRow + chunk.Rows];
        var fill = new int[inputs + 1];
        for (int entry = first; entry < end; entry++)
            fill[ImageIndex[entry]]++;
        fill[inputs] = chunk.Rows;
        for (int pixel = 0; pixel <= inputs; pixel++)
        {
            PixelStarts[place + pixel] = next;
            (fill[pixel], next) = (next, next + fill[pixel]);
        }
        PixelStarts[place + inputs + 1] = next;
        for (int n = 0; n < chunk.Rows; n++)
        {
            for (int entry = ImageStarts[chunk.FirstRow + n]; entry < ImageStarts[chunk.FirstRow + n + 1]; entry++)
            {
                int at = fill[ImageIndex[entry]]++;
                PixelIndex[at] = (ushort)n;
                PixelValue[at] = ImageValue[entry];
            }
            PixelIndex[fill[inputs]] = (ushort)n;
            PixelValue[fill[inputs]++] = ExactSums.ConstantPixel;
        }
    }
}
