using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuMlp.Runner.Pictures;

/// <summary>
/// PNG files as bytes (W3C, sections 5, 9 and 11): how those of plots are made, and what a file's own header and checksums say. Those of
/// <see cref="Canvas"/> are its library's, which packs the same on every machine; this one takes the runtime's zlib, four times as fast.
/// </summary>
internal static class PngBytes
{
    // Larger takes much longer and saves a tenth; smaller saves little time.
    private const int Level = 6;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

    /// <summary>A picture of 8-bit colours, no line filtered: what plots have most of is flat areas.</summary>
    /// <param name="rgba">Rows of four bytes a pixel, one behind the other; the fourth is left out, as if all were opaque.</param>
    /// <param name="rowBytes">From row to row, at least 4 * <paramref name="width"/>.</param>
    public static byte[] Encode(int width, int height, ReadOnlySpan<byte> rgba, int rowBytes)
    {
        using MemoryStream packed = new();
        using (ZLibStream zlib = new(packed, new ZLibCompressionOptions { CompressionLevel = Level }, leaveOpen: true))
        {
            byte[] line = new byte[1 + (3 * width)];
            for (int y = 0; y < height; y++)
            {
                LeaveOutAlpha(rgba.Slice(y * rowBytes, 4 * width), line.AsSpan(1));
                zlib.Write(line);
            }
        }

        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);

        // Depth 8, true colour; packing, filtering and interlacing have one method each, or none: 0.
        (header[8], header[9]) = (8, 2);
        using MemoryStream file = new();
        file.Write(Signature);
        Write(file, "IHDR"u8, header);
        Write(file, "IDAT"u8, packed.GetBuffer().AsSpan(0, (int)packed.Length));
        Write(file, "IEND"u8, []);
        return file.ToArray();
    }

    /// <summary>From the header of a PNG file.</summary>
    /// <exception cref="InvalidDataException">It is no PNG.</exception>
    public static (int Width, int Height) Size(ReadOnlySpan<byte> png)
    {
        return png.Length >= 24 && png.StartsWith(Signature)
            ? (BinaryPrimitives.ReadInt32BigEndian(png[16..]), BinaryPrimitives.ReadInt32BigEndian(png[20..]))
            : throw new InvalidDataException("not a PNG file");
    }

    /// <summary>Whether a file is a PNG from its first chunk to its last, each with the checksum that it tells.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> png)
    {
        const int Frame = 12;
        ReadOnlySpan<byte> rest = png.StartsWith(Signature) ? png[Signature.Length..] : [];
        for (bool first = true; rest.Length >= Frame; first = false)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            ReadOnlySpan<byte> type = rest[4..8];
            if (length > rest.Length - Frame || first != type.SequenceEqual("IHDR"u8) || (first && length != 13))
                return false;
            int end = 8 + (int)length;
            if (Crc32.HashToUInt32(rest[4..end]) != BinaryPrimitives.ReadUInt32BigEndian(rest[end..]))
                return false;
            rest = rest[(end + 4)..];
            if (type.SequenceEqual("IEND"u8))
                return rest.IsEmpty;
        }

        return false;
    }

    /// <summary>The first three of each four bytes, four pixels at a time.</summary>
    /// <param name="rgb">Three quarters as long as <paramref name="rgba"/>.</param>
    // Compiled at once: a process writes few pictures, and by the time that this loop would be compiled well they are written.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void LeaveOutAlpha(ReadOnlySpan<byte> rgba, Span<byte> rgb)
    {
        int from = 0, to = 0;
        Vector128<byte> chosen = Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 3, 3, 3);

        // The last four bytes of a store are written over by the next.
        for (; rgb.Length - to >= Vector128<byte>.Count; from += Vector128<byte>.Count, to += 12)
            Vector128.Shuffle(Vector128.Create(rgba[from..]), chosen).CopyTo(rgb[to..]);
        for (; from < rgba.Length; from += 4, to += 3)
            (rgb[to], rgb[to + 1], rgb[to + 2]) = (rgba[from], rgba[from + 1], rgba[from + 2]);
    }

    // Length, type, data, and the CRC-32 of type and data.
    private static void Write(MemoryStream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        Crc32 checksum = new();
        checksum.Append(type);
        checksum.Append(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, checksum.GetCurrentHashAsUInt32());
        file.Write(number);
    }
}
