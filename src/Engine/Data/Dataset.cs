using System.Security.Cryptography;

namespace GpuMlp.Engine.Data;

/// <summary>The test file of a data set: images that no split has, so that nothing is trained or chosen by them.</summary>
/// <param name="Pixels">Unsigned bytes, row-major [N, rows * columns] of the data set.</param>
/// <param name="Labels">One class an image.</param>
/// <param name="Sha256">SHA-256 of pixels, then labels; lower-case hex.</param>
public sealed record TestSet(byte[] Pixels, byte[] Labels, string Sha256)
{
    public static TestSet Of(byte[] pixels, byte[] labels)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(pixels);
        hash.AppendData(labels);
        return new TestSet(pixels, labels, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}

/// <summary>
/// Images and labels of one data set, in memory.
/// </summary>
/// <param name="Name">What people call it: <c>mnist</c> for the embedded set, else the name of the file or folder.</param>
/// <param name="Pixels">Unsigned bytes, row-major [N, rows * columns].</param>
/// <param name="Labels">One class an image, 0 .. <see cref="Classes"/> - 1.</param>
/// <param name="Rows">Image height in pixels, 1 .. 256; 1 for what is no picture.</param>
/// <param name="Columns">Image width in pixels, 1 .. 256; of what is no picture its inputs, 1 .. <see cref="MostInputs"/>.</param>
/// <param name="Classes">Number of classes, 2 .. 256: the lines of <c>classes.txt</c> where the folder has one, else the largest label plus
/// one.</param>
/// <param name="Sha256">SHA-256 of rows, columns and classes (32-bit little endian), pixels, then labels; lower-case hex; identifies the
/// data in a plan.</param>
public sealed record Dataset(string Name, byte[] Pixels, byte[] Labels, int Rows, int Columns, int Classes, string Sha256)
{
    /// <summary>Most inputs of an example: kernels number them in 16 bits.</summary>
    public const int MostInputs = 65_536;

    /// <summary>Not part of <see cref="Sha256"/>.</summary>
    public DataForm Form { get; init; }

    /// <summary>Of what was a table of numbers; null for anything else. Not part of <see cref="Sha256"/>.</summary>
    public TableFacts? Table { get; init; }

    /// <summary>From <c>classes.txt</c> or text labels; not part of <see cref="Sha256"/>, since nothing is computed from names.</summary>
    public ClassNames ClassNames { get; init; } = ClassNames.None;

    /// <summary>Null where the data have no test files; not part of <see cref="Sha256"/>.</summary>
    public TestSet? Test { get; init; }

    /// <summary>A data set with its <see cref="Sha256"/>.</summary>
    public static Dataset Of(string name, byte[] pixels, byte[] labels, int rows, int columns, int classes)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([.. new[] { rows, columns, classes }.SelectMany(BitConverter.GetBytes)]);
        hash.AppendData(pixels);
        hash.AppendData(labels);
        return new Dataset(name, pixels, labels, rows, columns, classes, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private readonly Lazy<int[]> _imagesOf = new(() =>
        [.. Enumerable.Range(0, Classes).Select(label => Labels.AsSpan().Count((byte)label))]);

    /// <summary>
    /// How many images each class has, from class 0 on; 0 is possible, as some data sets count classes from 1 or leave numbers out.
    /// </summary>
    public IReadOnlyList<int> ImagesOf => _imagesOf.Value;

    /// <summary>In how many directions inputs have neighbours.</summary>
    public int Directions => Form switch
    {
        DataForm.Picture => 2,
        DataForm.Signal => 1,
        _ => 0,
    };

    /// <summary>D, the inputs of every model.</summary>
    public int Inputs => Rows * Columns;

    /// <summary>N, the number of images.</summary>
    public int Images => Labels.Length;

    /// <summary>What one of them is, for people: <c>28 x 28</c>, <c>4 features</c>.</summary>
    public string Size => Form switch
    {
        DataForm.Picture => $"{Rows} x {Columns}",
        DataForm.Signal => $"{Columns} positions",
        _ => Columns == 1 ? "1 feature" : $"{Columns:N0} features",
    };
}
