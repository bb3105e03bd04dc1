using CsCheck;
using GpuMlp.Engine.Data;

namespace GpuMlp.Engine.Tests.Data;

public sealed class IdxReaderTests : IDisposable
{
    private readonly IdxFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_a_writer_wrote_is_read_back_plain_and_gzipped()
    {
        Gen.Select(Gen.Int[1, 20], Gen.Int[1, 40], Gen.Int[1, 40], Gen.Bool, Gen.Byte).Sample((count, rows, columns, gzip, start) =>
        {
            byte[] pixels = Enumerable.Range(start, count * rows * columns).Select(i => (byte)(i * 7)).ToArray();
            byte[] bytes = IdxFolder.Idx([0x803, (uint)count, (uint)rows, (uint)columns], pixels);
            using var file = new MemoryStream(gzip ? IdxFolder.Gzip(bytes) : bytes);
            IdxImages images = IdxReader.ReadImages(file, "file");
            Assert.Equal((count, rows, columns), (images.Count, images.Rows, images.Columns));
            Assert.Equal(pixels, images.Pixels);
        });
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(256, 256)]
    [InlineData(1, 256)]
    public void The_smallest_and_the_largest_images_are_read(int rows, int columns)
    {
        IdxImages images = IdxReader.ReadImages(_folder.Write("images", IdxFolder.Images(2, rows, columns)));
        Assert.Equal((2, rows, columns), (images.Count, images.Rows, images.Columns));
        Assert.Equal(2 * rows * columns, images.Pixels.Length);
    }

    [Fact]
    public void Gzip_is_recognised_by_content_and_not_by_name()
    {
        byte[] labels = [3, 1, 2];
        Assert.Equal(labels, IdxReader.ReadLabels(_folder.Write("plain.gz", IdxFolder.Labels(labels))));
        Assert.Equal(labels, IdxReader.ReadLabels(_folder.Write("zipped", IdxFolder.Gzip(IdxFolder.Labels(labels)))));
    }

    [Fact]
    public void A_gzipped_file_that_shrank_far_more_than_images_do_is_read()
    {
        var pixels = new byte[64 * 256 * 256];
        IdxImages images = IdxReader.ReadImages(_folder.Write("images", IdxFolder.Gzip(IdxFolder.Idx([0x803, 64, 256, 256], pixels))));
        Assert.Equal(pixels, images.Pixels);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        string path = Path.Combine(_folder.Directory, "none");
        AssertFault(
            $"'{path}' does not exist; an IDX file of images, plain or gzipped, is expected there.",
            () => IdxReader.ReadImages(path));
        AssertFault(
            $"'{path}' does not exist; an IDX file of labels, plain or gzipped, is expected there.",
            () => IdxReader.ReadLabels(path));
    }

    [Fact]
    public void A_folder_in_place_of_a_file_is_an_error() =>
        AssertFault($"'{_folder.Directory}' is a folder, not a regular file; ", () => IdxReader.ReadImages(_folder.Directory));

    [Fact]
    public void A_line_break_in_a_path_does_not_break_the_message() =>
        AssertFault("'no?ne' does not exist", () => IdxReader.ReadImages("no\nne"));

    [Fact]
    public void A_wrong_magic_is_shown_with_the_right_one()
    {
        AssertImageFault(
            "starts with 0x00000801 (a file of labels); an IDX file of images in unsigned bytes starts with 0x00000803.",
            IdxFolder.Labels(1, 2));
        AssertImageFault("starts with 0x00000D03; an IDX file of images", IdxFolder.Idx([0xD03, 1, 1, 1], [0]));
        AssertLabelFault("starts with 0x00000803 (a file of images); an IDX file of labels", IdxFolder.Images(1, 1, 1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(15)]
    public void A_truncated_header_gives_expected_and_found_bytes(int length)
    {
        byte[] cut = IdxFolder.Images(1, 1, 1)[..length];
        AssertImageFault($"is truncated: a header of 16 bytes is expected, but there are {length}.", cut);
        AssertImageFault($"is truncated: a header of 16 bytes is expected, but there are {length}.", IdxFolder.Gzip(cut));
    }

    [Fact]
    public void A_truncated_body_gives_expected_and_found_bytes()
    {
        byte[] cut = IdxFolder.Images(6, 2, 3)[..^1];
        AssertImageFault("is truncated: its header promises 36 bytes after it, but there are 35;", cut);
        AssertImageFault("is truncated: its header promises 36 bytes after it, but there are 35;", IdxFolder.Gzip(cut));
        AssertLabelFault("is truncated: its header promises 3 bytes after it, but there are 2;", IdxFolder.Labels(1, 2, 3)[..^1]);
    }

    [Fact]
    public void Trailing_bytes_are_an_error()
    {
        byte[] longer = [.. IdxFolder.Images(6, 2, 3), 0, 0];
        AssertImageFault("has trailing bytes: its header promises 36 bytes after it, but there are 38;", longer);
        AssertImageFault("has trailing bytes: its header promises 36 bytes after it, but there are more;", IdxFolder.Gzip(longer));
    }

    [Fact]
    public void Zero_images_are_an_error()
    {
        AssertImageFault("holds zero images; at least one is needed.", IdxFolder.Images(0, 28, 28));
        AssertLabelFault("holds zero labels; at least one is needed.", IdxFolder.Labels());
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(5, 0)]
    [InlineData(257, 1)]
    [InlineData(1, 257)]
    [InlineData(uint.MaxValue, uint.MaxValue)]
    public void Images_of_impossible_size_are_an_error(uint rows, uint columns) => AssertImageFault(
        $"has images of {rows}x{columns} pixels; 1x1 to 256x256 is possible.", IdxFolder.Idx([0x803, 1, rows, columns], [0]));

    [Fact]
    public void More_bytes_than_an_array_can_hold_are_an_error()
    {
        AssertImageFault(
            $"promises 3367254359280 bytes in its header; at most {Array.MaxLength} can be held",
            IdxFolder.Idx([0x803, uint.MaxValue, 28, 28], []));
        AssertLabelFault("promises 4294967295 bytes in its header;", IdxFolder.Idx([0x801, uint.MaxValue], []));
    }

    [Fact]
    public void A_header_that_lies_costs_no_memory()
    {
        byte[] lie = IdxFolder.Idx([0x803, 2_000_000_000, 1, 1], []);
        AssertAllocatesLittle(() => AssertImageFault("promises 2000000000 bytes after it, but there are 0;", lie));
        AssertAllocatesLittle(() => AssertImageFault("promises 2000000000 bytes after it, but there are 0;", IdxFolder.Gzip(lie)));

        // A thousandth of the claim in gzip could not fill it either, and is counted without being kept.
        byte[] half = IdxFolder.Gzip(IdxFolder.Idx([0x803, 2_000_000_000, 1, 1], new byte[100_000_000]));
        AssertAllocatesLittle(() => AssertImageFault("promises 2000000000 bytes after it, but there are 100000000;", half));
    }

    [Fact]
    public void A_body_is_inflated_into_one_buffer_of_its_size()
    {
        // Shrinks 1000 times, where a buffer that grows by doubling would have cost three times the body.
        const int Bytes = 64 * 256 * 256;
        string path = _folder.Write("images", IdxFolder.Gzip(IdxFolder.Idx([0x803, 64, 256, 256], new byte[Bytes])));
        Assert.InRange(Allocated(() => IdxReader.ReadImages(path)), Bytes, Bytes + 500_000);
        Assert.InRange(Allocated(() => IdxReader.ScanImages(path, (_, _) => { })), 0, 500_000);
    }

    [Fact]
    public void A_gzip_bomb_is_not_inflated()
    {
        byte[] bomb = IdxFolder.Gzip(IdxFolder.Idx([0x803, 1, 28, 28], new byte[100_000_000]));
        AssertAllocatesLittle(() => AssertImageFault("has trailing bytes: its header promises 784 bytes", bomb));
    }

    private static void AssertAllocatesLittle(Action action) => Assert.InRange(Allocated(action), 0, 2_000_000);

    private static long Allocated(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private void AssertImageFault(string message, byte[] bytes) =>
        AssertFault(message, () => IdxReader.ReadImages(_folder.Write("file", bytes)));

    private void AssertLabelFault(string message, byte[] bytes) =>
        AssertFault(message, () => IdxReader.ReadLabels(_folder.Write("file", bytes)));

    private static void AssertFault(string message, Action read)
    {
        UserErrorException fault = Assert.Throws<UserErrorException>(read);
        Assert.Contains(message, fault.Message);
        IdxFolder.AssertUserError(fault);
    }
}
