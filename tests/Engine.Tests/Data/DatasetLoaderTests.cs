using System.Security.Cryptography;
using System.Text;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;

namespace GpuMlp.Engine.Tests.Data;

public sealed class DatasetLoaderTests : IDisposable
{
    private readonly IdxFolder _folder = IdxFolder.Sound();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_is_loaded_with_its_name_shape_classes_and_hash()
    {
        Dataset data = DatasetLoader.Load(_folder.Directory + Path.DirectorySeparatorChar);
        byte[] pixels = IdxFolder.Images(6, 2, 3)[16..];
        byte[] labels = [0, 1, 2, 0, 1, 2];
        Assert.Equal(Path.GetFileName(_folder.Directory), data.Name);
        Assert.Equal((6, 2, 3, 6, 3), (data.Images, data.Rows, data.Columns, data.Inputs, data.Classes));
        Assert.Equal(pixels, data.Pixels);
        Assert.Equal(labels, data.Labels);
        byte[] all = [2, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, .. pixels, .. labels];
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(all)), data.Sha256);
    }

    [Theory]
    [InlineData("train-images-idx3-ubyte.gz", "train-labels.idx1-ubyte")]
    [InlineData("train-images.idx3-ubyte", "train-labels.idx1-ubyte.gz")]
    [InlineData("train-images.idx3-ubyte.gz", "train-labels-idx1-ubyte.gz")]
    public void Other_spellings_and_gzip_give_the_same_data(string imageName, string labelName)
    {
        string expected = DatasetLoader.Load(_folder.Directory).Sha256;
        using var other = new IdxFolder();
        other.Write(imageName, IdxFolder.Gzip(IdxFolder.Images(6, 2, 3)));
        other.Write(labelName, IdxFolder.Labels(0, 1, 2, 0, 1, 2));
        Assert.Equal(expected, DatasetLoader.Load(other.Directory).Sha256);
    }

    [Theory]
    [InlineData("/no/such/folder")]
    [InlineData("")]
    [InlineData("a\0b")]
    public void A_missing_folder_is_an_error(string directory)
    {
        UserErrorException fault = Assert.Throws<UserErrorException>(() => DatasetLoader.Load(directory));
        Assert.Equal(
            $"--data: the folder '{directory.Replace('\0', '?')}' does not exist; give mnist, mnist-1d, a .csv file, or a folder of IDX or "
                + ".npy files.",
            fault.Message);
        IdxFolder.AssertUserError(fault);
    }

    [Theory]
    [InlineData(IdxFolder.TrainImages)]
    [InlineData(IdxFolder.TrainLabels)]
    public void A_missing_training_file_is_named(string name)
    {
        _folder.Delete(name);
        Assert.Equal(
            $"--data: '{_folder.Directory}' has no file {name} or {name}.gz; a data set needs images and labels.",
            _folder.LoadFault().Message);
    }

    [Fact]
    public void Counts_that_differ_are_both_given()
    {
        _folder.Write(IdxFolder.TrainLabels, IdxFolder.Labels(0, 1, 2));
        Assert.Contains("holds 6 images, but '", _folder.LoadFault().Message);
        Assert.EndsWith("holds 3 labels; there must be one label an image.", _folder.LoadFault().Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void One_class_alone_is_an_error(byte label)
    {
        _folder.Write(IdxFolder.TrainLabels, IdxFolder.Labels(label, label, label, label, label, label));
        Assert.EndsWith(
            $"holds fewer than 2 classes: every label is {label}; at least two classes are needed.",
            _folder.LoadFault().Message);
    }

    [Fact]
    public void All_256_labels_are_classes()
    {
        _folder.Write(IdxFolder.TrainLabels, IdxFolder.Labels(0, 1, 2, 0, 1, 255));
        Assert.Equal(256, DatasetLoader.Load(_folder.Directory).Classes);
    }

    [Theory]
    [InlineData("cat\ndog\nowl")]
    [InlineData("cat\r\n dog \r\nowl\r\n\n")]
    public void The_lines_of_classes_txt_are_the_classes(string text)
    {
        string sha256 = DatasetLoader.Load(_folder.Directory).Sha256;
        File.WriteAllText(Path.Combine(_folder.Directory, "classes.txt"), text);
        Dataset data = DatasetLoader.Load(_folder.Directory);
        Assert.Equal(3, data.Classes);
        Assert.Equal(["cat", "dog", "owl"], data.ClassNames.Names);
        Assert.Equal("2 (owl)", data.ClassNames.Of(2));
        Assert.Equal("0 (cat) v 2 (owl)", new ClassTask(0, 2).In(data.ClassNames));
        Assert.Equal("1 (dog) v 0 (cat)", new ClassTask(1, 0).In(data.ClassNames));
        Assert.Equal(sha256, data.Sha256);
    }

    [Fact]
    public void Classes_without_names_are_numbers()
    {
        ClassNames names = DatasetLoader.Load(_folder.Directory).ClassNames;
        Assert.Empty(names.Names);
        Assert.Equal(("2", "0v2"), (names.Of(2), new ClassTask(0, 2).In(names)));
    }

    [Fact]
    public void More_names_than_classes_are_an_error()
    {
        File.WriteAllText(Path.Combine(_folder.Directory, "classes.txt"), "cat\ndog\nowl\nfox");
        Assert.EndsWith(
            "holds labels up to 2, but classes.txt names 4 classes; there must be one name a class.",
            _folder.LoadFault().Message);
    }

    [Fact]
    public void The_first_label_out_of_range_is_named()
    {
        File.WriteAllText(Path.Combine(_folder.Directory, "classes.txt"), "cat\ndog\n");
        Assert.EndsWith(
            "label 2 of image 2 is out of range; classes.txt names 2 classes, so labels are 0 to 1.",
            _folder.LoadFault().Message);
    }

    [Theory]
    [InlineData("", "line 1 is empty; each line must name one class.")]
    [InlineData("cat\n\nowl", "line 2 is empty; each line must name one class.")]
    [InlineData("cat\nd\u001bog\nowl", "line 2 holds control characters; it must be a plain name.")]
    [InlineData("cat\nd\u2028og\nowl", "line 2 holds control characters; it must be a plain name.")]
    [InlineData("cat\ndog\nowl \u202Egod", "line 3 holds control characters; it must be a plain name.")]
    [InlineData("cat\ndog\nowlowlowlowlowlowlowlowlowlowlowlowlowlowlowlowlowlowlowlowlo", "line 3 has 61 characters; 60 are the most.")]
    [InlineData("cat\n", "names 1 classes; 2 to 256 are possible.")]
    public void A_classes_txt_without_a_list_of_names_is_an_error(string text, string message)
    {
        File.WriteAllText(Path.Combine(_folder.Directory, "classes.txt"), text);
        Assert.EndsWith(message, _folder.LoadFault().Message);
    }

    [Theory]
    [InlineData("B\u00e9b\u00e9\nGar\u00e7on\nowl\n", "Latin1", "line 1: byte 0xE9 there is not UTF-8; the file must be saved as UTF-8")]
    [InlineData("cat\nGar\u00e7on\nowl\n", "Latin1", "line 2: byte 0xE7 there is not UTF-8; the file must be saved as UTF-8")]
    [InlineData("cat\ndog\nowl\n", "utf-16", "line 1: byte 0xFF there is not UTF-8; the file must be saved as UTF-8")]
    public void A_classes_txt_in_another_encoding_is_refused_by_line(string text, string encoding, string message)
    {
        File.WriteAllText(Path.Combine(_folder.Directory, "classes.txt"), text, Encoding.GetEncoding(encoding));
        Assert.Equal($"'{Path.Combine(_folder.Directory, "classes.txt")}': {message}", _folder.LoadFault().Message);
    }

    [Fact]
    public void Names_keep_their_letters_with_and_without_a_byte_order_mark()
    {
        foreach (bool mark in new[] { false, true })
        {
            File.WriteAllText(Path.Combine(_folder.Directory, "classes.txt"), "B\u00e9b\u00e9\n\u732b\n\U0001F989", new UTF8Encoding(mark));
            Assert.Equal(["B\u00e9b\u00e9", "\u732b", "\U0001F989"], DatasetLoader.Load(_folder.Directory).ClassNames.Names);
        }
    }

    [Theory]
    [InlineData(IdxFolder.TrainImages, "train-images-idx3-ubyte.gz")]
    [InlineData(IdxFolder.TrainImages, "train-images.idx3-ubyte")]
    [InlineData(IdxFolder.TrainLabels, "train-labels-idx1-ubyte.gz")]
    public void Two_files_of_one_kind_must_hold_the_same(string name, string other)
    {
        string sha256 = DatasetLoader.Load(_folder.Directory).Sha256;
        byte[] bytes = File.ReadAllBytes(Path.Combine(_folder.Directory, name));
        _folder.Write(other, IdxFolder.Gzip(bytes));
        Assert.Equal(sha256, DatasetLoader.Load(_folder.Directory).Sha256);
        bytes[^1] ^= 1;
        _folder.Write(other, IdxFolder.Gzip(bytes));
        Assert.Equal(
            $"'{Path.Combine(_folder.Directory, name)}' and '{Path.Combine(_folder.Directory, other)}' hold different data; "
                + "one of them must be removed.",
            _folder.LoadFault().Message);
        _folder.Write(other, name == IdxFolder.TrainImages ? IdxFolder.Images(6, 3, 2) : IdxFolder.Labels(0, 1, 2));
        Assert.EndsWith("hold different data; one of them must be removed.", _folder.LoadFault().Message);
    }

    [Fact]
    public void A_file_in_place_of_the_folder_is_an_error()
    {
        string path = Path.Combine(_folder.Directory, IdxFolder.TrainImages);
        Assert.Equal(
            $"--data: '{path}' is a file; give mnist, mnist-1d, a .csv file, or a folder of IDX or .npy files.",
            Assert.Throws<UserErrorException>(() => DatasetLoader.Load(path)).Message);
    }

    [Fact]
    public void Swapped_images_and_labels_are_told_from_each_other()
    {
        _folder.Write(IdxFolder.TrainImages, IdxFolder.Labels(0, 1, 2, 0, 1, 2));
        _folder.Write(IdxFolder.TrainLabels, IdxFolder.Images(6, 2, 3));
        Assert.Contains("(a file of labels); an IDX file of images", _folder.LoadFault().Message);
    }

    [Fact]
    public void A_classes_txt_that_is_too_long_is_an_error()
    {
        string path = Path.Combine(_folder.Directory, "classes.txt");
        File.WriteAllLines(path, Enumerable.Repeat("name", 257));
        Assert.EndsWith("names 257 classes; 2 to 256 are possible.", _folder.LoadFault().Message);
        File.WriteAllText(path, new string('x', (1 << 20) + 1));
        Assert.EndsWith("is larger than 1048576 bytes; it should hold one class name a line.", _folder.LoadFault().Message);
    }

    [Fact]
    public void A_sound_test_pair_is_read_and_is_no_part_of_what_is_trained_on()
    {
        Assert.Null(DatasetLoader.Load(_folder.Directory).Test);
        string expected = DatasetLoader.Load(_folder.Directory).Sha256;
        _folder.Write(IdxFolder.TestImages, IdxFolder.Images(2, 2, 3));
        _folder.Write(IdxFolder.TestLabels, IdxFolder.Labels(0, 1));
        Dataset data = DatasetLoader.Load(_folder.Directory);
        Assert.Equal(expected, data.Sha256);
        Assert.Equal([0, 1], data.Test!.Labels);
        Assert.Equal(Enumerable.Range(0, 12).Select(pixel => (byte)pixel), data.Test.Pixels);
        Assert.Equal(TestSet.Of(data.Test.Pixels, [0, 1]).Sha256, data.Test.Sha256);
        Assert.NotEqual(TestSet.Of(data.Test.Pixels, [1, 0]).Sha256, data.Test.Sha256);
    }

    [Fact]
    public void Test_files_of_one_kind_that_differ_are_an_error()
    {
        _folder.Write(IdxFolder.TestImages, IdxFolder.Images(2, 2, 3));
        _folder.Write(IdxFolder.TestLabels, IdxFolder.Labels(0, 1));
        _folder.Write("t10k-labels.idx1-ubyte", IdxFolder.Labels(1, 1));
        Assert.EndsWith("hold different data; one of them must be removed.", _folder.LoadFault().Message);
    }

    [Fact]
    public void Test_images_of_another_size_are_an_error()
    {
        _folder.Write(IdxFolder.TestImages, IdxFolder.Images(2, 3, 2));
        _folder.Write(IdxFolder.TestLabels, IdxFolder.Labels(0, 1));
        Assert.EndsWith("has images of 3x2 pixels, but the training images have 2x3; both must be the same.", _folder.LoadFault().Message);
    }

    [Fact]
    public void Test_counts_that_differ_are_an_error()
    {
        _folder.Write(IdxFolder.TestImages, IdxFolder.Images(2, 2, 3));
        _folder.Write(IdxFolder.TestLabels, IdxFolder.Labels(0, 1, 2));
        Assert.EndsWith("holds 3 labels; there must be one label an image.", _folder.LoadFault().Message);
    }

    [Fact]
    public void A_folder_without_data_says_what_it_must_have()
    {
        using var empty = new IdxFolder();
        Assert.Equal(
            $"--data: '{empty.Directory}' holds no data set; a folder must have train.csv; or train-images-idx3-ubyte and "
                + "train-labels-idx1-ubyte; or train_images.npy and train_labels.npy (or x_train.npy and y_train.npy).",
            empty.LoadFault().Message);
    }

    [Fact]
    public void A_folder_with_two_kinds_of_data_is_refused()
    {
        _folder.Write("train.csv", "1,a\n2,b\n"u8.ToArray());
        Assert.Equal(
            $"--data: '{_folder.Directory}' holds train.csv as well as train-images-idx3-ubyte and train-labels-idx1-ubyte; "
                + "it must hold one data set.",
            _folder.LoadFault().Message);
    }

    [Fact]
    public void Names_stay_names_and_places_become_whole_paths()
    {
        Assert.Equal("mnist", DatasetLoader.PlaceOf("mnist"));
        Assert.Equal("mnist-1d", DatasetLoader.PlaceOf("mnist-1d"));
        Assert.Equal(Path.GetFullPath("mnist2"), DatasetLoader.PlaceOf("mnist2/"));
    }

    [Fact]
    public void A_pipe_in_place_of_a_file_is_refused_at_once()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no pipes in folders there");
        _folder.Delete(IdxFolder.TrainImages);
        string path = Path.Combine(_folder.Directory, IdxFolder.TrainImages);
        using (var made = System.Diagnostics.Process.Start("mkfifo", path))
            made.WaitForExit();
        Assert.Equal($"'{path}' is a pipe or terminal, not a regular file; data are read from files alone.", _folder.LoadFault().Message);
    }

    [Fact]
    public void Half_a_test_pair_is_an_error()
    {
        _folder.Write(IdxFolder.TestImages, IdxFolder.Images(2, 2, 3));
        Assert.EndsWith("is there without t10k-labels-idx1-ubyte[.gz]; add that file or remove this one.", _folder.LoadFault().Message);
    }
}
