namespace GpuMlp.Engine.Data;

/// <summary>
/// A folder of IDX files: <c>train-images-idx3-ubyte</c> and <c>train-labels-idx1-ubyte</c> (also <c>train-images.idx3-ubyte</c> and so
/// on, each also as <c>.gz</c>; all that are there must hold the same), maybe the <c>t10k</c> pair of test images, and maybe
/// <c>classes.txt</c>, one class name a line.
/// </summary>
internal sealed class IdxSource : DataSource
{
    public override string Files => "train-images-idx3-ubyte and train-labels-idx1-ubyte";

    public override bool Recognises(string text) =>
        Find(text, "train-images", "idx3").Length + Find(text, "train-labels", "idx1").Length
            + Find(text, "t10k-images", "idx3").Length + Find(text, "t10k-labels", "idx1").Length > 0;

    public override Dataset Load(DataRequest request)
    {
        string directory = request.Source;
        string[] imagePaths = Find(directory, "train-images", "idx3"), labelPaths = Find(directory, "train-labels", "idx1");
        string imagePath = imagePaths.FirstOrDefault() ?? throw Missing(directory, "train-images-idx3-ubyte");
        string labelPath = labelPaths.FirstOrDefault() ?? throw Missing(directory, "train-labels-idx1-ubyte");
        ClassNames names = ClassNames.Read(Path.Combine(directory, ClassNames.FileName));
        IdxImages images = IdxReader.ReadImages(imagePath);
        byte[] labels = IdxReader.ReadLabels(labelPath);
        CheckTwins(images, imagePaths, labels, labelPaths);
        Dataset data = Combine(NameOf(directory), images, imagePath, labels, labelPath, names);
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
        CheckTest(train, images, isSameForm: true, imagePath, labels, labelPath);
        CheckTwins(images, imagePaths, labels, labelPaths);
        return TestSet.Of(images.Pixels, labels);
    }

    private static string[] Find(string directory, string stem, string dimensions)
    {
        string[] names = [
            $"{stem}-{dimensions}-ubyte", $"{stem}-{dimensions}-ubyte.gz", $"{stem}.{dimensions}-ubyte", $"{stem}.{dimensions}-ubyte.gz"];
        return [.. names.Select(name => Path.Combine(directory, name)).Where(File.Exists)];
    }

    private static UserErrorException Missing(string directory, string name) =>
        new($"--data: '{OneLine.Of(directory)}' has no file {name} or {name}.gz; a data set needs images and labels.");
}
