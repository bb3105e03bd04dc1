namespace GpuMlp.Engine.Data;

/// <summary>A file of data, gzipped or plain, as a stream of its unzipped bytes.</summary>
/// <param name="file">Seekable, at any position; stays open.</param>
internal sealed class UnzippedStream(Stream file) : Stream
{
    private readonly GzipReader? _gzip = GzipReader.Recognises(file) ? new GzipReader(file) : null;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="InvalidDataException">The gzip data are not sound.</exception>
    public override int Read(Span<byte> buffer) => buffer.IsEmpty ? 0 : _gzip?.Read(buffer) ?? file.Read(buffer);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _gzip?.Dispose();
        base.Dispose(disposing);
    }
}
