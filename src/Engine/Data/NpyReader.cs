using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace GpuMlp.Engine.Data;

/// <summary>
/// Reads the arrays that NumPy saves: images of unsigned bytes and labels of any integers from 0 to 255, in C order. Every fault is a
/// <see cref="UserErrorException"/> of one line that names the file and what <c>numpy.save</c> must be given.
/// </summary>
/// <remarks>Source of the format: numpy.lib.format, versions 1.0, 2.0 and 3.0.</remarks>
internal static partial class NpyReader
{
    private const int LongestHeader = 1 << 16;

    /// <summary>An array [N, H, W] of pictures or [N, D] of rows.</summary>
    /// <returns>Of rows one row of D columns; and whether they are pictures.</returns>
    /// <exception cref="UserErrorException">Another type, order or shape, no images, cut off, or trailing bytes.</exception>
    public static (IdxImages Images, bool ArePictures) ReadImages(string path) => Read(path, "images", (bytes, header) =>
    {
        if (header.Type is not ("|u1" or "<u1" or ">u1" or "=u1"))
        {
            throw DataFile.Fault(
                path, $"is of type '{header.Type}'; images must be uint8, as array.astype('uint8') of levels 0 to 255.");
        }


        if (header.Shape is not ([_, _] or [_, _, _]))
        {
            throw DataFile.Fault(
                path, $"has the shape {header.ShapeText}; images must be [N, H, W] of one grey channel, or rows [N, D].");
        }


        bool arePictures = header.Shape.Length == 3;
        (ulong count, ulong rows, ulong columns) = arePictures
            ? (header.Shape[0], header.Shape[1], header.Shape[2]) : (header.Shape[0], 1, header.Shape[1]);
        (ulong mostRows, ulong mostColumns) = arePictures
            ? ((ulong)IdxReader.LargestSide, (ulong)IdxReader.LargestSide) : (1, (ulong)Dataset.MostInputs);
        if (count == 0)
            throw DataFile.Fault(path, "holds zero images; at least one is needed.");
        if (rows == 0 || columns == 0 || rows > mostRows || columns > mostColumns)
        {
            throw DataFile.Fault(path, $"has the shape {header.ShapeText}; 1 x 1 to {IdxReader.LargestSide} x {IdxReader.LargestSide} "
                + $"pixels, or rows of up to {Dataset.MostInputs} values, are possible.");
        }

        // Below 2^32 * 2^16 after the count is checked.
        int length = count > uint.MaxValue ? DataFile.ArrayLength(path, count) : DataFile.ArrayLength(path, count * rows * columns);
        return (new IdxImages(bytes.ReadBody(header.Bytes, length), (int)count, (int)rows, (int)columns), arePictures);
    });

    /// <summary>An array [N] or [N, 1] of integers from 0 to 255.</summary>
    /// <exception cref="UserErrorException">As for <see cref="ReadImages"/>, or a label that is out of range.</exception>
    public static byte[] ReadLabels(string path) => Read(path, "labels", (bytes, header) =>
    {
        if (IntegerType().Match(header.Type) is not { Success: true } type)
        {
            throw DataFile.Fault(
                path, $"is of type '{header.Type}'; labels must be integers, as array.astype('uint8') of numbers 0 to 255.");
        }


        if (header.Shape is not ([_] or [_, 1]))
            throw DataFile.Fault(path, $"has the shape {header.ShapeText}; labels must be [N], one number an image.");
        if (header.Shape[0] == 0)
            throw DataFile.Fault(path, "holds zero labels; at least one is needed.");
        int size = type.Groups["size"].ValueSpan[0] - '0';
        bool isBig = type.Groups["order"].Value == ">", isSigned = type.Groups["kind"].Value == "i";
        int length = DataFile.ArrayLength(path, header.Shape[0] > uint.MaxValue ? header.Shape[0] : header.Shape[0] * (ulong)size);
        byte[] body = bytes.ReadBody(header.Bytes, length), labels = new byte[length / size];
        for (int i = 0; i < labels.Length; i++)
        {
            ulong value = 0;
            for (int b = 0; b < size; b++)
                value |= (ulong)body[(i * size) + b] << (8 * (isBig ? size - 1 - b : b));
            if (value > byte.MaxValue || (isSigned && size == 1 && value > (ulong)sbyte.MaxValue))
            {
                string shown = isSigned ? $"{(long)(value << (64 - (8 * size))) >> (64 - (8 * size))}" : $"{value}";
                throw DataFile.Fault(path, $": label {shown} of image {i} is out of range; labels must be 0 to 255.");
            }

            labels[i] = (byte)value;
        }

        return labels;
    });

    private sealed record Header(string Type, ulong[] Shape, string ShapeText, int Bytes);

    private static T Read<T>(string path, string content, Func<DataStream, Header, T> read) =>
        DataFile.Read(path, $"a .npy file of {content}", file =>
        {
            using var bytes = new DataStream(file, path);
            return read(bytes, ReadHeader(bytes, path));
        });

    private static Header ReadHeader(DataStream bytes, string path)
    {
        Span<byte> start = stackalloc byte[8], size = stackalloc byte[4];
        if (bytes.ReadHeader(start) < start.Length || start[0] != 0x93 || !start[1..6].SequenceEqual("NUMPY"u8))
            throw DataFile.Fault(path, "does not start as a .npy file does; numpy.save writes such files.");
        if (start[6] is < 1 or > 3)
            throw DataFile.Fault(path, $"is of version {start[6]}.{start[7]} of the .npy format; versions 1 to 3 can be read.");
        size = size[..(start[6] == 1 ? 2 : 4)];
        if (bytes.ReadHeader(size) < size.Length)
            throw CutOff(path);
        uint length = size.Length == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(size) : BinaryPrimitives.ReadUInt32LittleEndian(size);
        if (length > LongestHeader)
            throw DataFile.Fault(path, $"promises a header of {length} bytes; {LongestHeader} are the most.");
        byte[] text = new byte[length];
        if (bytes.ReadHeader(text) < text.Length)
            throw CutOff(path);
        string header = Encoding.UTF8.GetString(text);
        Match type = Type().Match(header), order = Order().Match(header), shape = Shape().Match(header);
        if (!type.Success || !order.Success || !shape.Success)
        {
            throw DataFile.Fault(path, $"has the header '{OneLine.Of(header.Trim())}'; it must be of a plain array of numbers, "
                + "as numpy.save writes it.");
        }

        if (order.Groups[1].Value == "True")
            throw DataFile.Fault(path, "is in Fortran order; it must be in C order, as numpy.ascontiguousarray makes it.");
        string[] parts = shape.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        ulong[] sizes = new ulong[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!ulong.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out sizes[i]))
                throw DataFile.Fault(path, $"has the shape ({OneLine.Of(shape.Groups[1].Value)}); it must be of whole numbers.");
        }

        return new Header(type.Groups[1].Value, sizes, $"({string.Join(", ", sizes)})", start.Length + size.Length + text.Length);
    }

    private static UserErrorException CutOff(string path) =>
        DataFile.Fault(path, "is truncated: its header is not whole; copy or save the file again.");

    [GeneratedRegex(@"'descr'\s*:\s*'([^']*)'")]
    private static partial Regex Type();

    [GeneratedRegex(@"'fortran_order'\s*:\s*(True|False)")]
    private static partial Regex Order();

    [GeneratedRegex(@"'shape'\s*:\s*\(([^)]*)\)")]
    private static partial Regex Shape();

    [GeneratedRegex(@"^(?<order>[<>|=]?)(?<kind>[iu])(?<size>[1248])$")]
    private static partial Regex IntegerType();
}
