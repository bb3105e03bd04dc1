using System.Security.Cryptography;

namespace GpuMlp.Engine.Data;

/// <summary>Loads the embedded MNIST or a user's folder of IDX files.</summary>
public static class DatasetLoader
{
    private const int LargestClassFile = 1 << 20;

    /// <summary>In a data folder, and in the folder of a run on such data.</summary>
    internal const string ClassFile = "classes.txt";

    /// <summary>
    /// Loads a data set into memory. A folder holds <c>train-images-idx3-ubyte</c> and <c>train-labels-idx1-ubyte</c>
    /// (also <c>train-images.idx3-ubyte</c> and so on, each also as <c>.gz</c>; all that are there must hold the same), may hold
    /// the <c>t10k</c> pair of test images, and may hold <c>classes.txt</c>, one class name a line.
    /// </summary>
    /// <param name="directory">Null for the embedded MNIST, whose files are checked against their SHA-256.</param>
    /// <exception cref="UserErrorException">
    /// Missing folder or file, a fault of a file (see <see cref="IdxReader"/>), two files of one kind that differ, counts that
    /// differ, test images of another size, fewer than two classes, a label out of range, or a damaged installation.
    /// </exception>
    public static Dataset Load(string? directory) => directory is null
        ? EmbeddedMnist.Load(EmbeddedMnist.InstalledDirectory)
        : LoadDirectory(directory);

    /// <summary>
    /// Checks that images, labels and classes belong together. <paramref name="classes"/>: null for the largest label plus one.
    /// </summary>
    internal static Dataset Combine(string name, IdxImages images, string imagePath, byte[] labels, string labelPath, int? classes)
    {
        CheckCounts(images.Count, imagePath, labels, labelPath);

        // A byte has 256 values, so without names no label can be out of range.
        int limit = classes ?? 1 + labels.Max();
        int outOfRange = Array.FindIndex(labels, label => label >= limit);
        if (outOfRange >= 0)
        {
            throw new UserErrorException($"'{OneLine.Of(labelPath)}': label {labels[outOfRange]} of image {outOfRange} is out of range; "
                + $"{ClassFile} names {limit} classes, so labels are 0 to {limit - 1}.");
        }

        if (labels.Max() + 1 < limit)
        {
            throw new UserErrorException($"'{OneLine.Of(labelPath)}' holds labels up to {labels.Max()}, "
                + $"but {ClassFile} names {limit} classes; "
                + "there must be one name a class.");
        }

        if (!labels.AsSpan().ContainsAnyExcept(labels[0]))
        {
            throw new UserErrorException(
                $"'{OneLine.Of(labelPath)}' holds fewer than 2 classes: every label is {labels[0]}; at least two classes are needed.");
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([.. new[] { images.Rows, images.Columns, limit }.SelectMany(BitConverter.GetBytes)]);
        hash.AppendData(images.Pixels);
        hash.AppendData(labels);
        string sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        return new Dataset(name, images.Pixels, labels, images.Rows, images.Columns, limit, sha256);
    }

    private static Dataset LoadDirectory(string directory)
    {
        if (!Directory.Exists(directory))
        {
            string quoted = $"'{OneLine.Of(directory)}'";
            string fault = File.Exists(directory) ? $"{quoted} is a file" : $"the folder {quoted} does not exist";
            throw new UserErrorException($"--data: {fault}; give a folder of IDX files.");
        }

        string[] imagePaths = Find(directory, "train-images", "idx3"), labelPaths = Find(directory, "train-labels", "idx1");
        string imagePath = imagePaths.FirstOrDefault() ?? throw Missing(directory, "train-images-idx3-ubyte");
        string labelPath = labelPaths.FirstOrDefault() ?? throw Missing(directory, "train-labels-idx1-ubyte");
        ClassNames names = ReadClasses(Path.Combine(directory, ClassFile));
        int? classes = names.Names.Count > 0 ? names.Names.Count : null;
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        string folder = Path.GetFileName(full);
        IdxImages images = IdxReader.ReadImages(imagePath);
        byte[] labels = IdxReader.ReadLabels(labelPath);
        CheckTwins(images, imagePaths, labels, labelPaths);
        Dataset data = Combine(
            folder.Length == 0 ? full : folder,
            images,
            imagePath,
            labels,
            labelPath,
            classes) with
        { ClassNames = names };
        return data with { Test = ReadTestPair(directory, data) };
    }

    /// <summary>A file beside another of the same kind is a copy, or one of them is not meant: which, only its owner knows.</summary>
    private static void CheckTwins(IdxImages images, string[] imagePaths, byte[] labels, string[] labelPaths)
    {
        foreach (string other in imagePaths.Skip(1))
        {
            bool same = true;
            (int, int, int) shape = IdxReader.ScanImages(other, (at, piece) =>
                same = same && at + piece.Length <= images.Pixels.Length && piece.SequenceEqual(images.Pixels.AsSpan(at, piece.Length)));
            Check(same && shape == (images.Count, images.Rows, images.Columns), imagePaths[0], other);
        }

        foreach (string other in labelPaths.Skip(1))
            Check(IdxReader.ReadLabels(other).AsSpan().SequenceEqual(labels), labelPaths[0], other);

        static void Check(bool same, string path, string other)
        {
            if (!same)
            {
                throw new UserErrorException(
                    $"'{OneLine.Of(path)}' and '{OneLine.Of(other)}' hold different data; one of them must be removed.");
            }
        }
    }

    /// <summary>Null where there is none.</summary>
    private static TestSet? ReadTestPair(string directory, Dataset train)
    {
        string[] imagePaths = Find(directory, "t10k-images", "idx3"), labelPaths = Find(directory, "t10k-labels", "idx1");
        (string? imagePath, string? labelPath) = (imagePaths.FirstOrDefault(), labelPaths.FirstOrDefault());
        if (imagePath is null && labelPath is null)
            return null;
        if (imagePath is null || labelPath is null)
        {
            string there = imagePath ?? labelPath!;
            string absent = imagePath is null ? "t10k-images-idx3-ubyte" : "t10k-labels-idx1-ubyte";
            throw new UserErrorException($"'{OneLine.Of(there)}' is there without {absent}[.gz]; add that file or remove this one.");
        }

        IdxImages images = IdxReader.ReadImages(imagePath);
        byte[] labels = IdxReader.ReadLabels(labelPath);
        CheckCounts(images.Count, imagePath, labels, labelPath);
        if (images.Rows != train.Rows || images.Columns != train.Columns)
        {
            throw new UserErrorException($"'{OneLine.Of(imagePath)}' has images of {images.Rows}x{images.Columns} pixels, "
                + $"but the training images have {train.Rows}x{train.Columns}; both must be the same.");
        }

        CheckTwins(images, imagePaths, labels, labelPaths);
        return TestSet.Of(images.Pixels, labels);
    }

    private static void CheckCounts(int images, string imagePath, byte[] labels, string labelPath)
    {
        if (images != labels.Length)
        {
            throw new UserErrorException($"'{OneLine.Of(imagePath)}' holds {images} images, "
                + $"but '{OneLine.Of(labelPath)}' holds {labels.Length} labels; there must be one label an image.");
        }
    }

    private static string[] Find(string directory, string stem, string dimensions)
    {
        string[] names = [
            $"{stem}-{dimensions}-ubyte", $"{stem}-{dimensions}-ubyte.gz", $"{stem}.{dimensions}-ubyte", $"{stem}.{dimensions}-ubyte.gz"];
        return [.. names.Select(name => Path.Combine(directory, name)).Where(File.Exists)];
    }

    /// <summary>The names in a file; <see cref="ClassNames.None"/> when there is none.</summary>
    internal static ClassNames ReadClasses(string path)
    {
        if (!File.Exists(path))
            return ClassNames.None;
        try
        {
            // 256 names of a sane length fit many times; a larger file is not a list of classes and is not read.
            return TextBytes.ReadAtMost(path, LargestClassFile) is { } utf8
                ? ClassNames.Parse(utf8, path)
                : throw new UserErrorException(
                    $"'{OneLine.Of(path)}' is larger than {LargestClassFile} bytes; it should hold one class name a line.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"'{OneLine.Of(path)}' cannot be read: {OneLine.Of(fault.Message)}", inner: fault);
        }
    }

    private static UserErrorException Missing(string directory, string name) =>
        new($"--data: '{OneLine.Of(directory)}' has no file {name} or {name}.gz; a data set needs images and labels.");
}
