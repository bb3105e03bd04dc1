using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace GpuMlp.Engine.Data;

/// <summary>
/// Inflates what <c>gzip -t</c> accepts: one member or several (also empty ones, as BGZF ends with), and zeros after the last.
/// The framework's own reader stops quietly where its input ends, whole or not, and at whatever follows a member; this one
/// checks the CRC-32 and length of every member and every byte behind the last. Zeros between members are skipped, as Python does.
/// </summary>
/// <remarks>Source of the format: RFC 1952, section 2.3.</remarks>
/// <param name="file">Seekable, at its start; stays open.</param>
internal sealed class GzipReader(Stream file) : IDisposable
{
    /// <summary>No deflate data hold more than so many bytes for each of their own: 258 in two bits.</summary>
    public const int LargestRatio = 1032;

    /// <summary>What messages of this class begin with.</summary>
    public const string Subject = "the gzip data ";

    /// <summary>What there is to say of most faults.</summary>
    public const string Damage = Subject + "is damaged or cut off; copy or download the file again";

    private const byte Magic1 = 0x1F, Magic2 = 0x8B, DeflateMethod = 8;
    private const int HasHeaderCrc = 2, HasExtra = 4, HasName = 8, HasComment = 16, Reserved = 0xE0, TrailerBytes = 8;

    // An empty block with fixed codes has 10 bits.
    private const int SmallestData = 2;

    private readonly LastChunk _input = new(file);
    private readonly Crc32 _crc = new(), _headerCrc = new();
    private DeflateStream? _member;
    private long _dataStart;
    private uint _length;
    private bool _ended;

    /// <summary>Whether a file starts as gzip data do. Leaves it at its start.</summary>
    public static bool Recognises(Stream file)
    {
        file.Position = 0;
        bool gzip = file.ReadByte() == Magic1 && file.ReadByte() == Magic2;
        file.Position = 0;
        return gzip;
    }

    /// <summary>Inflates at least one byte; 0 only at the sound end of the file.</summary>
    /// <exception cref="InvalidDataException">
    /// Damaged, cut off, or followed by something else; the message is of the inflater or begins with <see cref="Subject"/>.
    /// </exception>
    public int Read(Span<byte> buffer)
    {
        while (!_ended)
        {
            _member ??= Start();
            int got = _member.Read(buffer);
            if (got > 0)
            {
                _crc.Append(buffer[..got]);
                _length += (uint)got;
                return got;
            }

            Finish();
        }

        return 0;
    }

    public void Dispose() => _member?.Dispose();

    private DeflateStream Start()
    {
        _headerCrc.Reset();
        if (Next() != Magic1 || Next() != Magic2 || Next() != DeflateMethod)
            throw Damaged();
        byte flags = Next();
        if ((flags & Reserved) != 0)
            throw Damaged();
        Skip(6); // time, level and system
        if ((flags & HasExtra) != 0)
            Skip(Next() | (Next() << 8));
        if ((flags & HasName) != 0)
            SkipText();
        if ((flags & HasComment) != 0)
            SkipText();
        if ((flags & HasHeaderCrc) != 0)
        {
            uint crc = _headerCrc.GetCurrentHashAsUInt32() & 0xFFFF;
            if ((Next() | (Next() << 8)) != crc)
                throw Damaged();
        }

        _crc.Reset();
        _length = 0;
        _dataStart = _input.Start = file.Position;
        return new DeflateStream(_input, CompressionMode.Decompress, leaveOpen: true);
    }

    /// <summary>
    /// The inflater does not tell how much of the last chunk it took. The trailer behind the data is known, though: it is looked
    /// for in that chunk, and 64 bits that match by chance are not to be feared.
    /// </summary>
    private void Finish()
    {
        _member!.Dispose();
        _member = null;
        Span<byte> trailer = stackalloc byte[TrailerBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(trailer, _crc.GetCurrentHashAsUInt32());
        BinaryPrimitives.WriteUInt32LittleEndian(trailer[4..], _length);

        // The trailer of an empty member is nothing but zeros, and so may be the end of its data.
        long from = Math.Max(_input.Start, _dataStart + SmallestData);
        byte[] tail = new byte[Math.Max(0, file.Position - from) + TrailerBytes];
        file.Position = from;
        int found = tail.AsSpan(0, file.ReadAtLeast(tail, tail.Length, throwOnEndOfStream: false)).IndexOf(trailer);
        if (found < 0)
            throw Damaged();
        file.Position = from + found + TrailerBytes;
        SkipZeros(file.Position);
    }

    private void SkipZeros(long end)
    {
        int next = 0;
        while (next == 0)
            next = file.ReadByte();
        _ended = next < 0;
        if (_ended)
            return;
        if (next != Magic1)
        {
            throw new InvalidDataException(
                $"{Subject}ends after byte {end}, but something else follows; nothing but zeros or further gzip data must follow there");
        }

        file.Position--;
    }

    private void SkipText()
    {
        while (Next() != 0)
        {
        }
    }

    private void Skip(int bytes)
    {
        for (int i = 0; i < bytes; i++)
            Next();
    }

    private byte Next()
    {
        int next = file.ReadByte();
        if (next < 0)
            throw Damaged();
        _headerCrc.Append([(byte)next]);
        return (byte)next;
    }

    private static InvalidDataException Damaged() => new(Damage);

    /// <summary>A file that remembers where the last read began.</summary>
    private sealed class LastChunk(Stream file) : Stream
    {
        public long Start { get; set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            long start = file.Position;
            int got = file.Read(buffer);

            // The end of the file is no chunk: the data may have ended in the one before.
            if (got > 0)
                Start = start;
            return got;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
