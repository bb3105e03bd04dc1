using System.Security.Cryptography;

namespace GpuMlp.Engine.Data;

/// <summary>The MNIST files that the build copies beside the program, with SHA256SUMS over the gzipped files.</summary>
internal sealed class EmbeddedMnist : DataSource
{
    private const string Sums = "SHA256SUMS";
    private const string Images = "train-images-idx3-ubyte.gz", Labels = "train-labels-idx1-ubyte.gz";
    private const string TestImages = "t10k-images-idx3-ubyte.gz", TestLabels = "t10k-labels-idx1-ubyte.gz";

    public override string Name => DatasetLoader.Embedded;

    public static string InstalledDirectory => Path.Combine(AppContext.BaseDirectory, "data", "mnist");

    public override Dataset Load(DataRequest request) => Load(InstalledDirectory);

    /// <summary>Checks and loads all four files.</summary>
    /// <exception cref="UserErrorException">A file is missing, unreadable or not the one that was shipped.</exception>
    public static Dataset Load(string directory)
    {
        try
        {
            string[] sums = File.ReadAllLines(Path.Combine(directory, Sums));

            // What is checked is what is used: each file is read once, hashed and parsed from the same bytes.
            byte[] images = ReadChecked(directory, Images, sums);
            byte[] labels = ReadChecked(directory, Labels, sums);
            byte[] testImages = ReadChecked(directory, TestImages, sums), testLabels = ReadChecked(directory, TestLabels, sums);
            string imagePath = Path.Combine(directory, Images), labelPath = Path.Combine(directory, Labels);
            using MemoryStream imageFile = new(images), labelFile = new(labels);
            using MemoryStream testImageFile = new(testImages), testLabelFile = new(testLabels);
            TestSet test = TestSet.Of(
                IdxReader.ReadImages(testImageFile, Path.Combine(directory, TestImages)).Pixels,
                IdxReader.ReadLabels(testLabelFile, Path.Combine(directory, TestLabels)));
            Dataset data = Combine(
                DatasetLoader.Embedded, IdxReader.ReadImages(imageFile, imagePath), imagePath,
                IdxReader.ReadLabels(labelFile, labelPath), labelPath, ClassNames.None);
            return data with { Test = test };
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Damaged(directory, OneLine.Of(fault.Message), fault);
        }
    }

    private static byte[] ReadChecked(string directory, string name, string[] sums)
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(directory, name));
        string line = $"{Convert.ToHexStringLower(SHA256.HashData(bytes))}  {name}";
        return sums.Contains(line, StringComparer.Ordinal)
            ? bytes
            : throw Damaged(directory, $"{name} does not have the SHA-256 that {Sums} gives", null);
    }

    // Deleting comes first because the build leaves a file alone that is newer than its source.
    private static UserErrorException Damaged(string directory, string fault, Exception? inner) =>
        new($"The installation is damaged: {fault}; delete '{OneLine.Of(directory)}' and build or install GpuMlp again.", inner: inner);
}
