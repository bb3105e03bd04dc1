using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace GpuMlp.Engine.Runs;

/// <summary>
/// A Parquet file that carries the SHA-256 of itself, so that any byte that changes is found: the checksum is a value of
/// the key-value metadata, and is computed over the whole file with zeros in its place. Read without a Parquet library:
/// the metadata are plain text at the end of the file, and this is asked of every unit of a run.
/// </summary>
internal sealed class SealedParquet
{
    private const string ChecksumKey = "checksum";
    private const int Digits = 64;

    // "PAR1" at both ends; before the last one the footer's length. The footer of a unit file is some 20 KB.
    private const int TailBytes = 8, LeastBytes = 12;
    private static ReadOnlySpan<byte> Magic => "PAR1"u8;

    // The key-value metadata come after the row groups, so that this much of the end nearly always holds them.
    private const int FirstLook = 4096;

    private readonly byte[] _end;

    private SealedParquet(byte[] end, long endOffset)
    {
        _end = end;
        EndOffset = endOffset;
    }

    private long EndOffset { get; }

    /// <summary>What a file is written with before it is sealed.</summary>
    public static (string Key, string Value) Placeholder => (ChecksumKey, new string('0', Digits));

    /// <summary>Puts the checksum in the place of <see cref="Placeholder"/>.</summary>
    /// <exception cref="InvalidDataException">The file was not written with it.</exception>
    public static void Seal(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        if (Look(stream, whole: true) is not { } file || file.ChecksumAt() is not { } at)
        {
            throw new InvalidDataException($"{path}: no place for a checksum");
        }

        string checksum = Compute(stream, at);
        stream.Position = at;
        stream.Write(Encoding.ASCII.GetBytes(checksum));
    }

    /// <summary>Looks at the end of a file.</summary>
    /// <returns>Null if it is torn or not Parquet.</returns>
    public static SealedParquet? Look(FileStream stream) => Look(stream, whole: false);

    /// <summary>Whether the metadata have this value; any key but the checksum's.</summary>
    public bool Has(string key, string value) => Find(key, value) is not null;

    /// <summary>A value of 64 hexadecimal digits, as a plan's hash is; null when there is none.</summary>
    public string? DigestOf(string key) =>
        Find(key, null) is { } at && at + Digits <= _end.Length ? Encoding.ASCII.GetString(_end, at, Digits) : null;

    /// <summary>Reads the whole file, at about the speed of its disk.</summary>
    public static bool ChecksumHolds(FileStream stream) =>
        Look(stream, whole: true) is { } file && file.ChecksumAt() is { } at
        && Encoding.ASCII.GetString(file._end, (int)(at - file.EndOffset), Digits) == Compute(stream, at);

    /// <summary>A sealed file with another value in its metadata, sealed again: how measurements make a hundred thousand units.</summary>
    /// <param name="value">As long as <paramref name="old"/>.</param>
    public static byte[] Renumbered(byte[] file, string key, string old, string value)
    {
        SealedParquet view = new(file, 0);
        byte[] copy = [.. file];
        Encoding.ASCII.GetBytes(value).CopyTo(copy, view.Find(key, old) ?? throw new InvalidDataException($"no {key} {old}"));
        Span<byte> checksum = copy.AsSpan((int)(view.ChecksumAt() ?? throw new InvalidDataException("no checksum")), Digits);
        checksum.Fill((byte)'0');
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(copy))).CopyTo(checksum);
        return copy;
    }

    private static SealedParquet? Look(FileStream stream, bool whole)
    {
        long length = stream.Length;
        if (length < LeastBytes)
        {
            return null;
        }

        byte[] end = ReadEnd(stream, (int)Math.Min(length, FirstLook));
        uint footer = BinaryPrimitives.ReadUInt32LittleEndian(end.AsSpan(end.Length - TailBytes));
        if (!end.AsSpan().EndsWith(Magic) || footer > length - LeastBytes)
        {
            return null;
        }

        SealedParquet file = new(end, length - end.Length);
        return end.Length >= footer + TailBytes || (!whole && file.ChecksumAt() is not null)
            ? file
            : new SealedParquet(ReadEnd(stream, (int)footer + TailBytes), length - footer - TailBytes);
    }

    private static byte[] ReadEnd(FileStream stream, int count)
    {
        byte[] end = new byte[count];
        long at = stream.Length - count;
        for (int read = 0; read < count;)
        {
            int got = RandomAccess.Read(stream.SafeFileHandle, end.AsSpan(read), at + read);
            if (got == 0)
            {
                throw new EndOfStreamException();
            }

            read += got;
        }

        return end;
    }

    /// <summary>Where the checksum's digits begin in the file.</summary>
    private long? ChecksumAt() => Find(ChecksumKey, null) is { } at && at + Digits <= _end.Length ? EndOffset + at : null;

    /// <summary>Where a value begins in the bytes read. Thrift's compact form: key, field mark, length, value.</summary>
    private int? Find(string key, string? value)
    {
        // The metadata come last, so that a text of the same look among statistics of columns stands before them.
        byte[] wanted = [(byte)key.Length, .. Encoding.ASCII.GetBytes(key), FieldMark, (byte)(value?.Length ?? Digits),
            .. Encoding.ASCII.GetBytes(value ?? "")];
        int at = _end.AsSpan().LastIndexOf(wanted);
        return at < 0 ? null : at + wanted.Length - (value?.Length ?? 0);
    }

    // One field further, of type binary. Lengths below 128 are one byte.
    private const byte FieldMark = 0x18;

    private static string Compute(FileStream stream, long checksumAt)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[(int)Math.Min(1 << 18, stream.Length)];
        for (long at = 0; at < stream.Length;)
        {
            int got = RandomAccess.Read(stream.SafeFileHandle, buffer, at);
            if (got == 0)
            {
                break;
            }

            long from = Math.Max(checksumAt, at), to = Math.Min(checksumAt + Digits, at + got);
            if (from < to)
            {
                buffer.AsSpan((int)(from - at), (int)(to - from)).Fill((byte)'0');
            }

            hash.AppendData(buffer, 0, got);
            at += got;
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
