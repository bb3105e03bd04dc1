using System.Buffers.Binary;
using System.IO.Compression;

namespace GpuMlp.Engine.Data;

/// <summary>
/// The unzipped bytes of one IDX file, gzipped or plain. Memory follows what the file holds, never what it claims, and
/// a gzip stream is not inflated past the length that the caller expects.
/// </summary>
internal sealed class IdxStream : IDisposable
{
    // Header of 10 bytes, an empty deflate block of 2 at the least, and the trailer: CRC-32 and length, 4 bytes each.
    private const int SmallestGzip = 20, GzipLengthBytes = 4;

    private readonly string _name;
    private readonly Stream _file;
    private readonly GZipStream? _gzip;
    private readonly uint _gzipLength;

    /// <param name="file">Seekable, at any position; stays open.</param>
    /// <param name="name">For messages: the file's path.</param>
    public IdxStream(Stream file, string name)
    {
        _file = file;
        _name = OneLine.Of(name);
        Span<byte> start = stackalloc byte[2];
        file.Position = 0;
        if (file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == 2 && start[0] == 0x1F && start[1] == 0x8B)
        {
            if (file.Length < SmallestGzip)
                throw GzipTruncated();
            Span<byte> length = stackalloc byte[GzipLengthBytes];
            file.Position = file.Length - GzipLengthBytes;
            file.ReadExactly(length);
            _gzipLength = BinaryPrimitives.ReadUInt32LittleEndian(length);
            _gzip = new GZipStream(file, CompressionMode.Decompress, leaveOpen: true);
        }

        file.Position = 0;
    }

    /// <summary>Fills <paramref name="header"/> as far as there are bytes; returns how many there were.</summary>
    /// <exception cref="UserErrorException">The gzip stream ends before the header does.</exception>
    public int ReadHeader(Span<byte> header)
    {
        int found = (_gzip ?? _file).ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        if (_gzip is not null && found < header.Length)
            CheckGzipLength(found);
        return found;
    }

    /// <summary>The rest of the file, which must be exactly <paramref name="expected"/> (1 or more) bytes after the header.</summary>
    /// <exception cref="UserErrorException">Fewer bytes, more bytes, or a gzip stream that is not whole.</exception>
    public byte[] ReadBody(int headerBytes, int expected)
    {
        if (_gzip is not null)
            return Inflate(_gzip, headerBytes, expected);

        long found = _file.Length - headerBytes;
        if (found < expected)
            throw BodyTruncated(expected, found);
        if (found > expected)
            throw TrailingBytes(expected, $"there are {found}");
        byte[] body = GC.AllocateUninitializedArray<byte>(expected);
        _file.ReadExactly(body);
        return body;
    }

    public void Dispose() => _gzip?.Dispose();

    private byte[] Inflate(GZipStream gzip, int headerBytes, int expected)
    {
        // Images shrink 3 to 8 times, so true files are read without growing; lies cost 8 times their own size.
        byte[] body = GC.AllocateUninitializedArray<byte>((int)Math.Min(expected, 8 * _file.Length));
        int found = 0;
        while (found < expected)
        {
            if (found == body.Length)
                Array.Resize(ref body, (int)Math.Min(expected, 2L * body.Length));
            int got = gzip.Read(body, found, body.Length - found);
            if (got == 0)
                break;
            found += got;
        }

        // This read also makes the decoder reach the trailer and check the CRC.
        if (found == expected && gzip.ReadByte() >= 0)
            throw TrailingBytes(expected, "there are more");
        CheckGzipLength((long)headerBytes + found);
        if (found < expected)
            throw BodyTruncated(expected, found);
        return body;
    }

    /// <summary>
    /// GZipStream ends quietly where its input ends, whole or not, and ignores what follows the trailer. The file's last
    /// four bytes tell: they are the length of the data if, and practically only if, the trailer is there and is last.
    /// </summary>
    private void CheckGzipLength(long found)
    {
        if (_gzipLength != (uint)found)
            throw GzipTruncated();
    }

    private UserErrorException GzipTruncated() =>
        new($"'{_name}': the gzip data is truncated, or other bytes follow it; one whole gzip member is right.");

    private UserErrorException BodyTruncated(long expected, long found) =>
        new($"'{_name}' is truncated: its header promises {expected} bytes after it, but there are {found}; copy or download the file again.");

    private UserErrorException TrailingBytes(long expected, string found) =>
        new($"'{_name}' has trailing bytes: its header promises {expected} bytes after it, but {found}; correct the header or cut the file.");
}
