using System.Buffers.Binary;
using CsCheck;
using GpuMlp.Engine.Data;

namespace GpuMlp.Engine.Tests.Data;

/// <summary>What <c>gzip -t</c> accepts is read; what it refuses is an error with one line.</summary>
public sealed class GzipReaderTests : IDisposable
{
    private const string DamagedMessage = "the gzip data is damaged or cut off; copy or download the file again.";

    // As `gzip < /dev/null` and BGZF write it; the framework writes nothing at all for nothing.
    private static readonly byte[] s_empty = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private static readonly byte[] s_idx = IdxFolder.Images(50, 5, 3);

    private readonly IdxFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Members_empty_ones_and_zeros_may_follow_one_another_anywhere()
    {
        byte[][] between = [[], s_empty, new byte[512], new byte[70_000]];
        Gen.Select(Gen.Int[0, s_idx.Length].Array[0, 9], Gen.Int[0, 3].Array[10, 10]).Sample((cuts, gaps) =>
        {
            int[] ends = [.. cuts.Order(), s_idx.Length];
            int start = 0;
            List<byte> file = [];
            for (int member = 0; member < ends.Length; member++)
            {
                file.AddRange(start == ends[member] ? s_empty : IdxFolder.Gzip(s_idx[start..ends[member]]));
                file.AddRange(between[gaps[member]]);
                start = ends[member];
            }

            using var stream = new MemoryStream([.. file]);
            Assert.Equal(s_idx[16..], IdxReader.ReadImages(stream, "images.gz").Pixels);
        });
    }

    [Fact]
    public void Members_longer_than_any_buffer_are_read()
    {
        // Noise does not shrink, so that the members end within other chunks of the input than they began.
        byte[] pixels = new byte[3 * 256 * 256];
        new Random(5).NextBytes(pixels);
        byte[] idx = IdxFolder.Idx([0x803, 3, 256, 256], pixels);
        Assert.Equal(pixels, Read([.. IdxFolder.Gzip(idx[..100_001]), .. IdxFolder.Gzip(idx[100_001..]), .. s_empty]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4 + 8 + 16)]
    [InlineData(2 + 4 + 8 + 16)]
    public void Every_field_that_a_header_may_have_is_skipped(byte flags)
    {
        byte[] plain = IdxFolder.Gzip(s_idx);
        List<byte> header = [0x1F, 0x8B, 8, flags, 1, 2, 3, 4, 0, 255];
        if ((flags & 4) != 0)
            header.AddRange([6, 0, (byte)'B', (byte)'C', 2, 0, 0x1F, 0x8B]);
        if ((flags & 8) != 0)
            header.AddRange("name\0"u8);
        if ((flags & 16) != 0)
            header.AddRange("why\0"u8);
        if ((flags & 2) != 0)
        {
            byte[] crc = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(crc, System.IO.Hashing.Crc32.HashToUInt32([.. header]));
            AssertFault(DamagedMessage, [.. header, (byte)(crc[0] ^ 1), crc[1], .. plain[10..]]);
            header.AddRange(crc[..2]);
        }

        Assert.Equal(s_idx[16..], Read([.. header, .. plain[10..]]));
    }

    [Theory]
    [InlineData(2, 9)]
    [InlineData(3, 0x20)]
    public void An_unknown_method_or_flag_is_refused(int at, byte value)
    {
        byte[] zipped = IdxFolder.Gzip(s_idx);
        zipped[at] = value;
        AssertFault(DamagedMessage, zipped);
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        byte[] zipped = [.. IdxFolder.Gzip(s_idx[..500]), .. IdxFolder.Gzip(s_idx[500..]), .. s_empty];
        int whole = zipped.Length - s_empty.Length;
        for (int length = 2; length < zipped.Length; length++)
        {
            if (length != whole)
                Assert.Throws<UserErrorException>(() => Read(zipped[..length]));
        }

        AssertFault(DamagedMessage, zipped[..^1]);
        AssertFault(DamagedMessage, zipped[..(whole - 1)]);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(4)]
    public void A_wrong_checksum_or_length_is_damage(int fromEnd)
    {
        byte[] zipped = IdxFolder.Gzip(s_idx);
        zipped[^fromEnd] ^= 1;
        AssertFault(DamagedMessage, zipped);
        AssertFault(DamagedMessage, [.. zipped, .. s_empty]);
    }

    [Fact]
    public void What_follows_and_is_no_gzip_data_is_refused_by_its_place()
    {
        byte[] zipped = IdxFolder.Gzip(s_idx);
        string message = $"the gzip data ends after byte {zipped.Length}, but something else follows; "
            + "nothing but zeros or further gzip data must follow there.";
        AssertFault(message, [.. zipped, 1]);
        AssertFault(message, [.. zipped, .. new byte[300], (byte)'x', 0]);
        AssertFault(message, [.. zipped, .. s_idx]);
        AssertFault(DamagedMessage, [.. zipped, 0x1F]);
    }

    private byte[] Read(byte[] file) => IdxReader.ReadImages(_folder.Write("images.gz", file)).Pixels;

    private void AssertFault(string message, byte[] file)
    {
        UserErrorException fault = Assert.Throws<UserErrorException>(() => Read(file));
        Assert.Equal($"'{Path.Combine(_folder.Directory, "images.gz")}': {message}", fault.Message);
        IdxFolder.AssertUserError(fault);
    }
}
