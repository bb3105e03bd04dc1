using System.Buffers.Binary;

namespace GpuMlp.Engine.Data;

/// <summary>The images of one IDX file.</summary>
/// <param name="Pixels">Unsigned bytes, row-major [Count, Rows * Columns].</param>
/// <param name="Count">Number of images, 1 or more.</param>
/// <param name="Rows">1 .. <see cref="IdxReader.LargestSide"/>.</param>
/// <param name="Columns">1 .. <see cref="IdxReader.LargestSide"/>.</param>
public sealed record IdxImages(byte[] Pixels, int Count, int Rows, int Columns);

/// <summary>
/// Reads IDX files of unsigned bytes, as MNIST and its many successors use them: big-endian magic and sizes, then the
/// bytes. Gzipped or plain is decided by the first two bytes, not by the name. The whole file must be sound; every fault
/// is a <see cref="UserErrorException"/> of one line that names the file.
/// </summary>
/// <remarks>Source of the format: the description on Yann LeCun's MNIST page, "FILE FORMATS FOR THE MNIST DATABASE".</remarks>
public static class IdxReader
{
    /// <summary>Largest height and width of an image, in pixels.</summary>
    public const int LargestSide = 256;

    private const uint ImageMagic = 0x00000803, LabelMagic = 0x00000801;
    private const int ImageHeaderBytes = 16, LabelHeaderBytes = 8;

    /// <summary>Reads a file of images (magic 0x00000803): 1 or more, of 1x1 to 256x256 pixels.</summary>
    /// <exception cref="UserErrorException">
    /// Missing or unreadable file, wrong magic, sizes out of range, truncated, trailing bytes, damaged gzip data, or more
    /// pixels than an array can hold.
    /// </exception>
    public static IdxImages ReadImages(string path) => ReadFile(path, "images", file => ReadImages(file, path));

    /// <summary>Reads a file of labels (magic 0x00000801): 1 or more, one byte each.</summary>
    /// <exception cref="UserErrorException">As <see cref="ReadImages(string)"/>.</exception>
    public static byte[] ReadLabels(string path) => ReadFile(path, "labels", file => ReadLabels(file, path));

    /// <summary>Checks a file of images as <see cref="ReadImages(string)"/> does, but keeps none.</summary>
    /// <param name="look">Takes pieces of the pixels in their order: the position in them, and the piece.</param>
    /// <exception cref="UserErrorException">As <see cref="ReadImages(string)"/>.</exception>
    internal static (int Count, int Rows, int Columns) ScanImages(string path, Action<int, ReadOnlySpan<byte>> look) =>
        ReadFile(path, "images", file =>
        {
            using var bytes = new IdxStream(file, path);
            (int count, int rows, int columns) = ReadImageHeader(bytes, path);
            bytes.ScanBody(count * rows * columns, look);
            return (count, rows, columns);
        });

    /// <summary><see cref="ReadImages(string)"/> from a seekable stream; <paramref name="path"/> is for messages.</summary>
    internal static IdxImages ReadImages(Stream file, string path) => Guard(path, () =>
    {
        using var bytes = new IdxStream(file, path);
        (int count, int rows, int columns) = ReadImageHeader(bytes, path);
        return new IdxImages(bytes.ReadBody(ImageHeaderBytes, count * rows * columns), count, rows, columns);
    });

    /// <summary><see cref="ReadLabels(string)"/> from a seekable stream; <paramref name="path"/> is for messages.</summary>
    internal static byte[] ReadLabels(Stream file, string path) => Guard(path, () =>
    {
        using var bytes = new IdxStream(file, path);
        Span<byte> header = stackalloc byte[LabelHeaderBytes];
        ReadHeader(bytes, header, path, LabelMagic, "labels");
        uint count = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        if (count == 0)
            throw Fault(path, "holds zero labels; at least one is needed.");
        return bytes.ReadBody(LabelHeaderBytes, ArrayLength(path, count));
    });

    /// <summary>Their product is the length of an array.</summary>
    private static (int Count, int Rows, int Columns) ReadImageHeader(IdxStream bytes, string path)
    {
        Span<byte> header = stackalloc byte[ImageHeaderBytes];
        ReadHeader(bytes, header, path, ImageMagic, "images");
        uint count = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        uint rows = BinaryPrimitives.ReadUInt32BigEndian(header[8..]);
        uint columns = BinaryPrimitives.ReadUInt32BigEndian(header[12..]);
        if (count == 0)
            throw Fault(path, "holds zero images; at least one is needed.");
        if (rows is 0 or > LargestSide || columns is 0 or > LargestSide)
            throw Fault(path, $"has images of {rows}x{columns} pixels; 1x1 to {LargestSide}x{LargestSide} is possible.");

        // At most 2^32 * 2^16, so the product cannot overflow.
        _ = ArrayLength(path, (ulong)count * rows * columns);
        return ((int)count, (int)rows, (int)columns);
    }

    private static void ReadHeader(IdxStream bytes, Span<byte> header, string path, uint magic, string content)
    {
        int found = bytes.ReadHeader(header);
        if (found >= 4)
        {
            uint foundMagic = BinaryPrimitives.ReadUInt32BigEndian(header);
            if (foundMagic != magic)
            {
                throw Fault(path, $"starts with 0x{foundMagic:X8}{Meaning(foundMagic)}; "
                    + $"an IDX file of {content} in unsigned bytes starts with 0x{magic:X8}.");
            }
        }

        if (found < header.Length)
            throw Fault(path, $"is truncated: a header of {header.Length} bytes is expected, but there are {found}.");
    }

    private static string Meaning(uint magic) => magic switch
    {
        ImageMagic => " (a file of images)",
        LabelMagic => " (a file of labels)",
        _ => "",
    };

    private static int ArrayLength(string path, ulong bytes)
    {
        if (bytes > (ulong)Array.MaxLength)
            throw Fault(path, $"promises {bytes} bytes in its header; at most {Array.MaxLength} can be held in one array.");
        return (int)bytes;
    }

    private static T ReadFile<T>(string path, string content, Func<FileStream, T> read)
    {
        if (!Path.Exists(path))
            throw Fault(path, $"does not exist; an IDX file of {content}, plain or gzipped, is expected there.");
        return Guard(path, () =>
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
            return read(file);
        });
    }

    private static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException damage)
        {
            // Also what the framework's inflater says, whose words are for programmers.
            string what = damage.Message.StartsWith(GzipReader.Subject, StringComparison.Ordinal) ? damage.Message : GzipReader.Damage;
            throw new UserErrorException($"'{OneLine.Of(path)}': {what}.", inner: damage);
        }
        catch (OutOfMemoryException lack)
        {
            throw new UserErrorException(
                $"'{OneLine.Of(path)}' holds more than fits the memory of this machine; the data set must be smaller.", inner: lack);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new UserErrorException(
                $"'{OneLine.Of(path)}' cannot be read: {OneLine.Of(fault.Message)}", inner: fault);
        }
    }

    private static UserErrorException Fault(string path, string fault) => new($"'{OneLine.Of(path)}' {fault}");
}
