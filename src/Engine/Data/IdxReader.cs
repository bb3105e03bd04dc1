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
            using var bytes = new DataStream(file, path);
            (int count, int rows, int columns) = ReadImageHeader(bytes, path);
            bytes.ScanBody(count * rows * columns, look);
            return (count, rows, columns);
        });

    /// <summary><see cref="ReadImages(string)"/> from a seekable stream; <paramref name="path"/> is for messages.</summary>
    internal static IdxImages ReadImages(Stream file, string path) => DataFile.Guard(path, () =>
    {
        using var bytes = new DataStream(file, path);
        (int count, int rows, int columns) = ReadImageHeader(bytes, path);
        return new IdxImages(bytes.ReadBody(ImageHeaderBytes, count * rows * columns), count, rows, columns);
    });

    /// <summary><see cref="ReadLabels(string)"/> from a seekable stream; <paramref name="path"/> is for messages.</summary>
    internal static byte[] ReadLabels(Stream file, string path) => DataFile.Guard(path, () =>
    {
        using var bytes = new DataStream(file, path);
        Span<byte> header = stackalloc byte[LabelHeaderBytes];
        ReadHeader(bytes, header, path, LabelMagic, "labels");
        uint count = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        if (count == 0)
            throw DataFile.Fault(path, "holds zero labels; at least one is needed.");
        return bytes.ReadBody(LabelHeaderBytes, DataFile.ArrayLength(path, count));
    });

    /// <summary>Their product is the length of an array.</summary>
    private static (int Count, int Rows, int Columns) ReadImageHeader(DataStream bytes, string path)
    {
        Span<byte> header = stackalloc byte[ImageHeaderBytes];
        ReadHeader(bytes, header, path, ImageMagic, "images");
        uint count = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        uint rows = BinaryPrimitives.ReadUInt32BigEndian(header[8..]);
        uint columns = BinaryPrimitives.ReadUInt32BigEndian(header[12..]);
        if (count == 0)
            throw DataFile.Fault(path, "holds zero images; at least one is needed.");
        if (rows is 0 or > LargestSide || columns is 0 or > LargestSide)
            throw DataFile.Fault(path, $"has images of {rows}x{columns} pixels; 1x1 to {LargestSide}x{LargestSide} is possible.");

        // At most 2^32 * 2^16, so the product cannot overflow.
        _ = DataFile.ArrayLength(path, (ulong)count * rows * columns);
        return ((int)count, (int)rows, (int)columns);
    }

    private static void ReadHeader(DataStream bytes, Span<byte> header, string path, uint magic, string content)
    {
        int found = bytes.ReadHeader(header);
        if (found >= 4)
        {
            uint foundMagic = BinaryPrimitives.ReadUInt32BigEndian(header);
            if (foundMagic != magic)
            {
                throw DataFile.Fault(path, $"starts with 0x{foundMagic:X8}{Meaning(foundMagic)}; "
                    + $"an IDX file of {content} in unsigned bytes starts with 0x{magic:X8}.");
            }
        }

        if (found < header.Length)
            throw DataFile.Fault(path, $"is truncated: a header of {header.Length} bytes is expected, but there are {found}.");
    }

    private static string Meaning(uint magic) => magic switch
    {
        ImageMagic => " (a file of images)",
        LabelMagic => " (a file of labels)",
        _ => "",
    };

    private static T ReadFile<T>(string path, string content, Func<FileStream, T> read) =>
        DataFile.Read(path, $"an IDX file of {content}, plain or gzipped,", read);
}
