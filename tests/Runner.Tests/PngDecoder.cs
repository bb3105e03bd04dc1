using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Tests;

/// <summary>
/// Reads 8-bit RGB and RGBA pictures without interlace, by the PNG specification (W3C, sections 5, 9 and 11) rather than
/// by the library under test, so that both cannot be wrong together.
/// </summary>
internal static class PngDecoder
{
    private static readonly byte[] s_signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10];

    /// <summary>Pixels [height, width].</summary>
    public static Rgb[,] Decode(byte[] file)
    {
        if (!file.AsSpan(0, s_signature.Length).SequenceEqual(s_signature))
        {
            throw new InvalidDataException("No PNG signature.");
        }

        int width = 0, height = 0, channels = 0;
        using MemoryStream packed = new();
        foreach ((string type, byte[] data) in Chunks(file))
        {
            if (type == "IHDR")
            {
                width = BinaryPrimitives.ReadInt32BigEndian(data);
                height = BinaryPrimitives.ReadInt32BigEndian(data.AsSpan(4));
                channels = (data[8], data[9], data[12]) switch
                {
                    (8, 2, 0) => 3,
                    (8, 6, 0) => 4,
                    _ => throw new InvalidDataException($"Depth {data[8]}, colour type {data[9]}, interlace {data[12]}."),
                };
            }
            else if (type == "IDAT")
            {
                packed.Write(data);
            }
        }

        packed.Position = 0;
        using ZLibStream zlib = new(packed, CompressionMode.Decompress);
        return Unfilter(zlib, width, height, channels);
    }

    /// <summary>The chunks behind the signature.</summary>
    public static IEnumerable<(string Type, byte[] Data)> Chunks(byte[] file)
    {
        for (int at = s_signature.Length; at < file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            yield return (Encoding.ASCII.GetString(file, at + 4, 4), file[(at + 8)..(at + 8 + length)]);
            at += length + 12;
        }
    }

    private static Rgb[,] Unfilter(ZLibStream zlib, int width, int height, int channels)
    {
        Rgb[,] pixels = new Rgb[height, width];
        byte[] above = new byte[width * channels], line = new byte[width * channels];
        for (int y = 0; y < height; y++)
        {
            int filter = zlib.ReadByte();
            zlib.ReadExactly(line);
            for (int i = 0; i < line.Length; i++)
            {
                int left = i < channels ? 0 : line[i - channels];
                int corner = i < channels ? 0 : above[i - channels];
                line[i] += (byte)(filter switch
                {
                    0 => 0,
                    1 => left,
                    2 => above[i],
                    3 => (left + above[i]) / 2,
                    4 => Paeth(left, above[i], corner),
                    _ => throw new InvalidDataException($"Filter {filter}."),
                });
            }

            for (int x = 0; x < width; x++)
            {
                pixels[y, x] = new Rgb(line[x * channels], line[(x * channels) + 1], line[(x * channels) + 2]);
            }

            (above, line) = (line, above);
        }

        return pixels;
    }

    private static int Paeth(int left, int up, int corner)
    {
        int guess = left + up - corner;
        int byLeft = Math.Abs(guess - left), byUp = Math.Abs(guess - up), byCorner = Math.Abs(guess - corner);
        return byLeft <= byUp && byLeft <= byCorner ? left : byUp <= byCorner ? up : corner;
    }
}
