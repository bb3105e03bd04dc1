namespace GpuMlp.Kernels.Images;

/// <summary>
/// The non-zero pixels of the images, compressed twice and chunk by chunk: rows of images for the forward product, rows
/// of pixels for the gradient. Values are pixel / 255 in float32.
/// </summary>
/// <remarks>
/// Each chunk is cut in panels so that the part of the dense operand that a panel touches stays in L1: a forward panel
/// holds <see cref="PixelBand"/> pixels of all the chunk's images (its indices are pixel numbers), a backward panel holds
/// <see cref="ImageBand"/> images of all pixels (its indices are image numbers within the chunk). Starts of a panel are
/// offsets into index and value, rows + 1 of them, panel after panel. Within a row indices ascend.
/// </remarks>
public sealed class SparseImages
{
    /// <summary>Pixels of a forward panel: 64 rows of 128 columns of W1 are 32 KiB.</summary>
    public const int PixelBand = 64;

    /// <summary>Images of a backward panel, by the same reckoning.</summary>
    public const int ImageBand = 64;

    private SparseImages(int chunks, long nonZeros, bool withBackward)
    {
        ChunkTable = new int[chunks * ChunkSchedule.ChunkFields];
        ForwardIndex = new ushort[nonZeros];
        ForwardValue = new float[nonZeros];
        BackwardIndex = withBackward ? new ushort[nonZeros] : [];
        BackwardValue = withBackward ? new float[nonZeros] : [];
    }

    /// <summary>A chunk's fields: first row, rows, rows of its batch, flags (1 first, 2 last), forward and backward place in the starts.</summary>
    public int[] ChunkTable { get; }

    public int[] ForwardStarts { get; private set; } = [];

    public ushort[] ForwardIndex { get; }

    public float[] ForwardValue { get; }

    public int[] BackwardStarts { get; private set; } = [];

    public ushort[] BackwardIndex { get; }

    public float[] BackwardValue { get; }

    /// <summary>Non-zero pixels over all chunks.</summary>
    public long NonZeros => ForwardIndex.LongLength;

    /// <summary>Number of forward panels of a chunk.</summary>
    public static int PixelBands(int inputs) => (inputs + PixelBand - 1) / PixelBand;

    /// <summary>Number of backward panels of a chunk.</summary>
    public static int ImageBands(int rows) => (rows + ImageBand - 1) / ImageBand;

    /// <summary>Compresses images for one schedule.</summary>
    /// <param name="pixels">Unsigned bytes, row-major [N, D].</param>
    /// <param name="inputs">D, at most 65,536 so that a pixel number fits 16 bits.</param>
    /// <param name="schedule">Which rows make which chunk.</param>
    /// <param name="withBackward">False leaves the rows of pixels out; evaluation needs none.</param>
    /// <exception cref="ArgumentException">D out of range, a chunk beyond the images, or more than 2^31 non-zero pixels.</exception>
    public static SparseImages Compress(ReadOnlyMemory<byte> pixels, int inputs, ChunkSchedule schedule, bool withBackward)
    {
        if (inputs is < 1 or > 65536)
            throw new ArgumentException($"{inputs} inputs; 1 to 65,536 can be compressed", nameof(inputs));
        int chunks = schedule.Chunks.Count;
        var offsets = new long[chunks + 1];
        for (int c = 0; c < chunks; c++)
        {
            Chunk chunk = schedule.Chunks[c];
            ReadOnlySpan<byte> rows = pixels.Span.Slice(chunk.FirstRow * inputs, chunk.Rows * inputs);
            offsets[c + 1] = offsets[c] + rows.Length - rows.Count((byte)0);
        }
        if (offsets[chunks] > int.MaxValue)
            throw new ArgumentException($"{offsets[chunks]} non-zero pixels in one schedule; 2^31 - 1 are the most", nameof(pixels));

        var images = new SparseImages(chunks, offsets[chunks], withBackward);
        images.PlacePanels(schedule, inputs, withBackward);
        Parallel.For(0, chunks, c =>
        {
            Chunk chunk = schedule.Chunks[c];
            ReadOnlySpan<byte> rows = pixels.Span.Slice(chunk.FirstRow * inputs, chunk.Rows * inputs);
            images.FillForward(rows, inputs, c, (int)offsets[c]);
            if (withBackward)
                images.FillBackward(rows, inputs, c, (int)offsets[c]);
        });
        return images;
    }

    private void PlacePanels(ChunkSchedule schedule, int inputs, bool withBackward)
    {
        int forward = 0, backward = 0;
        for (int c = 0; c < schedule.Chunks.Count; c++)
        {
            Chunk chunk = schedule.Chunks[c];
            int flags = (chunk.IsFirst ? 1 : 0) | (chunk.IsLast ? 2 : 0);
            int[] fields = [chunk.FirstRow, chunk.Rows, chunk.BatchRows, flags, forward, backward];
            fields.CopyTo(ChunkTable, c * ChunkSchedule.ChunkFields);
            forward = checked(forward + (PixelBands(inputs) * (chunk.Rows + 1)));
            backward = withBackward ? checked(backward + (ImageBands(chunk.Rows) * (inputs + 1))) : 0;
        }
        ForwardStarts = new int[forward];
        BackwardStarts = new int[backward];
    }

    private void FillForward(ReadOnlySpan<byte> rows, int inputs, int chunk, int next)
    {
        int place = ChunkTable[(chunk * ChunkSchedule.ChunkFields) + 4];
        for (int first = 0; first < inputs; first += PixelBand)
        {
            int end = Math.Min(inputs, first + PixelBand);
            for (int row = 0; row < rows.Length; row += inputs)
            {
                ForwardStarts[place++] = next;
                for (int pixel = first; pixel < end; pixel++)
                {
                    if (rows[row + pixel] is byte value and not 0)
                    {
                        ForwardIndex[next] = (ushort)pixel;
                        ForwardValue[next++] = value / 255f;
                    }
                }
            }
            ForwardStarts[place++] = next;
        }
    }

    private void FillBackward(ReadOnlySpan<byte> rows, int inputs, int chunk, int next)
    {
        int place = ChunkTable[(chunk * ChunkSchedule.ChunkFields) + 5];
        int images = rows.Length / inputs;
        var fill = new int[inputs];
        for (int first = 0; first < images; first += ImageBand)
        {
            int end = Math.Min(images, first + ImageBand);
            Array.Clear(fill);
            for (int at = first * inputs; at < end * inputs; at++)
            {
                if (rows[at] != 0)
                    fill[at % inputs]++;
            }
            for (int pixel = 0; pixel < inputs; pixel++)
            {
                BackwardStarts[place++] = next;
                (fill[pixel], next) = (next, next + fill[pixel]);
            }
            BackwardStarts[place++] = next;
            for (int image = first; image < end; image++)
            {
                for (int pixel = 0; pixel < inputs; pixel++)
                {
                    if (rows[(image * inputs) + pixel] is byte value and not 0)
                    {
                        int at = fill[pixel]++;
                        BackwardIndex[at] = (ushort)image;
                        BackwardValue[at] = value / 255f;
                    }
                }
            }
        }
    }
}
