using System.Buffers.Binary;
using System.Text;
using GpuMlp.Engine.Data;

namespace GpuMlp.Engine.Tests.Data;

public sealed class NpySourceTests : IDisposable
{
    private readonly IdxFolder _folder = new();

    private static readonly byte[] s_pixels = [.. Enumerable.Range(0, 36).Select(i => (byte)i)];
    private static readonly byte[] s_labels = [0, 1, 2, 0, 1, 2];

    public NpySourceTests()
    {
        _folder.Write("train_images.npy", Npy("|u1", "(6, 2, 3)", s_pixels));
        _folder.Write("train_labels.npy", Npy("|u1", "(6,)", s_labels));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_pair_is_the_same_data_as_IDX_files()
    {
        using IdxFolder idx = IdxFolder.Sound();
        Dataset data = DatasetLoader.Load(_folder.Directory), same = DatasetLoader.Load(idx.Directory);
        Assert.Equal((same.Sha256, DataForm.Picture), (data.Sha256, data.Form));
        Assert.Equal(same.Pixels, data.Pixels);
    }

    [Fact]
    public void The_names_of_Keras_rows_and_test_arrays_are_read()
    {
        using IdxFolder keras = new();
        keras.Write("x_train.npy", Npy("|u1", "(6, 6)", s_pixels));
        keras.Write("y_train.npy", Npy("<i8", "(6, 1)", [.. s_labels.SelectMany(label => BitConverter.GetBytes((long)label))]));
        keras.Write("x_test.npy", Npy("|u1", "(1, 6)", s_pixels[..6]));
        keras.Write("y_test.npy", Npy(">u2", "(1,)", [0, 2]));
        File.WriteAllText(Path.Combine(keras.Directory, "classes.txt"), "cat\ndog\nowl");
        Dataset data = DatasetLoader.Load(keras.Directory);
        Assert.Equal((DataForm.Table, 1, 6, 3, "owl"), (data.Form, data.Rows, data.Columns, data.Classes, data.ClassNames.Names[2]));
        Assert.Equal(s_labels, data.Labels);
        Assert.Equal([2], data.Test!.Labels);
        Assert.Equal(s_pixels[..6], data.Test.Pixels);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Every_version_of_the_format_is_read(int version)
    {
        string expected = DatasetLoader.Load(_folder.Directory).Sha256;
        _folder.Write("train_images.npy", Npy("|u1", "(6, 2, 3)", s_pixels, version: version));
        Assert.Equal(expected, DatasetLoader.Load(_folder.Directory).Sha256);
    }

    [Theory]
    [InlineData("<f8", "(6, 2, 3)", "is of type '<f8'; images must be uint8, as array.astype('uint8') of levels 0 to 255.")]
    [InlineData("|i1", "(6, 2, 3)", "is of type '|i1'; images must be uint8, as array.astype('uint8') of levels 0 to 255.")]
    [InlineData("|u1", "(6, 2, 1, 3)", "has the shape (6, 2, 1, 3); images must be [N, H, W] of one grey channel, or rows [N, D].")]
    [InlineData("|u1", "(36,)", "has the shape (36); images must be [N, H, W] of one grey channel, or rows [N, D].")]
    [InlineData("|u1", "(0, 2, 3)", "holds zero images; at least one is needed.")]
    [InlineData("|u1", "(6, 0, 3)", "has the shape (6, 0, 3); 1 x 1 to 256 x 256 pixels, or rows of up to 65536 values, are possible.")]
    [InlineData("|u1", "(1, 257, 3)",
        "has the shape (1, 257, 3); 1 x 1 to 256 x 256 pixels, or rows of up to 65536 values, are possible.")]
    [InlineData("|u1", "(1, 65537)",
        "has the shape (1, 65537); 1 x 1 to 256 x 256 pixels, or rows of up to 65536 values, are possible.")]
    [InlineData("|u1", "(6, 2, 4)",
        "is truncated: its header promises 48 bytes after it, but there are 36; copy or download the file again.")]
    [InlineData("|u1", "(6, 2, 2)",
        "has trailing bytes: its header promises 24 bytes after it, but there are 36; correct the header or cut the file.")]
    [InlineData("|u1", "(99999999999999999999, 2)", "has the shape (99999999999999999999, 2); it must be of whole numbers.")]
    [InlineData("|u1", "(18446744073709551615, 65536)",
        "promises 18446744073709551615 bytes in its header; at most 2147483591 can be held in one array.")]
    public void Images_that_cannot_be_are_refused(string type, string shape, string fault) =>
        AssertFault("train_images.npy", Npy(type, shape, s_pixels), $" {fault}");

    [Theory]
    [InlineData("<f4", "(6,)", new byte[] { 0 },
        " is of type '<f4'; labels must be integers, as array.astype('uint8') of numbers 0 to 255.")]
    [InlineData("|b1", "(6,)", new byte[] { 0 },
        " is of type '|b1'; labels must be integers, as array.astype('uint8') of numbers 0 to 255.")]
    [InlineData("|u1", "(3, 2)", new byte[] { 0 }, " has the shape (3, 2); labels must be [N], one number an image.")]
    [InlineData("<i2", "(2,)", new byte[] { 1, 0, 255, 255 }, ": label -1 of image 1 is out of range; labels must be 0 to 255.")]
    [InlineData("|i1", "(2,)", new byte[] { 1, 200 }, ": label -56 of image 1 is out of range; labels must be 0 to 255.")]
    [InlineData(">u2", "(2,)", new byte[] { 0, 1, 1, 0 }, ": label 256 of image 1 is out of range; labels must be 0 to 255.")]
    public void Labels_that_cannot_be_are_refused(string type, string shape, byte[] body, string fault) =>
        AssertFault("train_labels.npy", Npy(type, shape, body), fault);

    [Fact]
    public void What_is_no_array_is_refused()
    {
        AssertFault("train_images.npy", [], " does not start as a .npy file does; numpy.save writes such files.");
        AssertFault("train_images.npy", [0x50, 0x4B, 3, 4, 0, 0, 0, 0, 0],
            " does not start as a .npy file does; numpy.save writes such files.");
        AssertFault("train_images.npy", Npy("|u1", "(6, 2, 3)", s_pixels, order: "True"),
            " is in Fortran order; it must be in C order, as numpy.ascontiguousarray makes it.");
        AssertFault("train_images.npy", Npy("|u1", "(6, 2, 3)", s_pixels)[..40],
            " is truncated: its header is not whole; copy or save the file again.");
        byte[] future = Npy("|u1", "(6, 2, 3)", s_pixels);
        future[6] = 4;
        AssertFault("train_images.npy", future, " is of version 4.0 of the .npy format; versions 1 to 3 can be read.");
    }

    [Fact]
    public void Half_a_pair_and_two_pairs_are_refused()
    {
        _folder.Write("x_train.npy", Npy("|u1", "(6, 2, 3)", s_pixels));
        Assert.Equal($"--data: '{_folder.Directory}' holds train_images.npy as well as x_train.npy; one of them must be removed.",
            _folder.LoadFault().Message);
        _folder.Delete("x_train.npy");
        _folder.Write("test_images.npy", Npy("|u1", "(6, 2, 3)", s_pixels));
        Assert.EndsWith("test_labels.npy' does not exist; a .npy file of labels is expected there.", _folder.LoadFault().Message);
        _folder.Write("test_labels.npy", Npy("|u1", "(6,)", s_labels));
        _folder.Write("test_images.npy", Npy("|u1", "(6, 6)", s_pixels));
        Assert.EndsWith("has images of 1x6 pixels, but the training images have 2x3; both must be the same.", _folder.LoadFault().Message);
    }

    /// <summary>An array as numpy.save writes it.</summary>
    internal static byte[] Npy(string type, string shape, byte[] body, int version = 1, string order = "False")
    {
        string header = $"{{'descr': '{type}', 'fortran_order': {order}, 'shape': {shape}, }}";
        int sizeBytes = version == 1 ? 2 : 4;
        header = header.PadRight(((header.Length + 1 + 8 + sizeBytes + 63) / 64 * 64) - 8 - sizeBytes - 1) + "\n";
        byte[] size = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(size, header.Length);
        return [0x93, .. "NUMPY"u8, (byte)version, 0, .. size[..sizeBytes], .. Encoding.ASCII.GetBytes(header), .. body];
    }

    private void AssertFault(string name, byte[] bytes, string fault)
    {
        string path = _folder.Write(name, bytes);
        Assert.Equal($"'{path}'{fault}", _folder.LoadFault().Message);
    }
}
