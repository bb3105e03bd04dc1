namespace GpuMlp.Engine.Data;

/// <summary>
/// The unzipped bytes of one file of data, gzipped or plain. Memory follows what the file holds, never what it claims, and
/// gzip data are not inflated past the length that the caller expects.
/// </summary>
internal sealed class DataStream : IDisposable
{
    private const int ScanBytes = 1 << 16;

    private readonly string _name;
    private readonly Stream _file;
    private readonly GzipReader? _gzip;

    /// <param name="file">Seekable, at any position; stays open.</param>
    /// <param name="name">For messages: the file's path.</param>
    public DataStream(Stream file, string name)
    {
        _file = file;
        _name = OneLine.Of(name);
        _gzip = GzipReader.Recognises(file) ? new GzipReader(file) : null;
    }

    /// <summary>Fills <paramref name="header"/> as far as there are bytes; returns how many there were.</summary>
    /// <exception cref="InvalidDataException">The gzip data are not sound.</exception>
    public int ReadHeader(Span<byte> header) => Fill(header);

    /// <summary>The rest of the file, which must be exactly <paramref name="expected"/> (1 or more) bytes after the header.</summary>
    /// <exception cref="UserErrorException">Fewer bytes or more.</exception>
    /// <exception cref="InvalidDataException">The gzip data are not sound.</exception>
    public byte[] ReadBody(int headerBytes, int expected)
    {
        if (_gzip is null)
        {
            long found = _file.Length - headerBytes;
            if (found != expected)
                throw found < expected ? BodyTruncated(expected, found) : TrailingBytes(expected, $"there are {found}");
        }
        else if (_file.Length * GzipReader.LargestRatio < expected)
        {
            // No such file can hold what the header claims; looking how much it does hold takes no memory.
            ScanBody(expected, (_, _) => { });
        }

        // Untouched pages are not resident: one buffer costs what the file has filled of it so far.
        byte[] body = GC.AllocateUninitializedArray<byte>(expected);
        CheckEnd(expected, Fill(body));
        return body;
    }

    /// <summary>Goes through the same bytes as <see cref="ReadBody"/> piece by piece, without keeping them.</summary>
    /// <param name="look">Takes the position of a piece in the body, and the piece.</param>
    /// <exception cref="UserErrorException">As for <see cref="ReadBody"/>.</exception>
    /// <exception cref="InvalidDataException">As for <see cref="ReadBody"/>.</exception>
    public void ScanBody(int expected, Action<int, ReadOnlySpan<byte>> look)
    {
        byte[] piece = new byte[Math.Min(expected, ScanBytes)];
        int found = 0;
        while (found < expected && Fill(piece.AsSpan(0, Math.Min(piece.Length, expected - found))) is > 0 and int got)
        {
            look(found, piece.AsSpan(0, got));
            found += got;
        }

        CheckEnd(expected, found);
    }

    public void Dispose() => _gzip?.Dispose();

    private int Fill(Span<byte> buffer)
    {
        int found = 0;
        while (found < buffer.Length && (_gzip is null ? _file.Read(buffer[found..]) : _gzip.Read(buffer[found..])) is > 0 and int got)
            found += got;
        return found;
    }

    /// <summary>Reading on makes the gzip reader check the last member and what follows it.</summary>
    private void CheckEnd(int expected, int found)
    {
        if (found < expected)
            throw BodyTruncated(expected, found);
        if (Fill(stackalloc byte[1]) > 0)
            throw TrailingBytes(expected, "there are more");
    }

    private UserErrorException BodyTruncated(long expected, long found) =>
        new($"'{_name}' is truncated: its header promises {expected} bytes after it, but there are {found}; "
            + "copy or download the file again.");

    private UserErrorException TrailingBytes(long expected, string found) =>
        new(
            $"'{_name}' has trailing bytes: its header promises {expected} bytes after it, but {found}; "
                + "correct the header or cut the file.");
}
