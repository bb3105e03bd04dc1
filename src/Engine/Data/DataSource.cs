namespace GpuMlp.Engine.Data;

/// <summary>One kind of data that <c>--data</c> can name. One object each, in <see cref="DatasetLoader"/>.</summary>
internal abstract class DataSource
{
    /// <summary>The text that names it; null for data that are named by their place.</summary>
    public virtual string? Name => null;

    /// <summary>What a folder of it holds, for messages; null for what is no folder.</summary>
    public virtual string? Files => null;

    /// <summary>Whether a text behind <c>--data</c> means this kind; looks at names of files alone.</summary>
    public virtual bool Recognises(string text) => text == Name;

    /// <summary>Reads or makes the data.</summary>
    /// <exception cref="UserErrorException">One line that names the file, and the line or place in it where there is one.</exception>
    public abstract Dataset Load(DataRequest request);

    /// <summary>What people call the data of a folder or file: its own name.</summary>
    protected static string NameOf(string place)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(place)), name = Path.GetFileName(full);
        return name.Length == 0 ? full : name;
    }

    /// <summary>
    /// Checks that images, labels and classes belong together. Without <paramref name="names"/> the classes are those up to the largest
    /// label.
    /// </summary>
    protected static Dataset Combine(string name, IdxImages images, string imagePath, byte[] labels, string labelPath, ClassNames names)
    {
        CheckCounts(images.Count, imagePath, labels, labelPath);
        int? classes = names.Names.Count > 0 ? names.Names.Count : null;

        // A byte has 256 values, so without names no label can be out of range.
        int limit = classes ?? 1 + labels.Max();
        int outOfRange = Array.FindIndex(labels, label => label >= limit);
        if (outOfRange >= 0)
        {
            throw new UserErrorException($"'{OneLine.Of(labelPath)}': label {labels[outOfRange]} of image {outOfRange} is out of range; "
                + $"{ClassNames.FileName} names {limit} classes, so labels are 0 to {limit - 1}.");
        }

        if (labels.Max() + 1 < limit)
        {
            throw new UserErrorException($"'{OneLine.Of(labelPath)}' holds labels up to {labels.Max()}, "
                + $"but {ClassNames.FileName} names {limit} classes; "
                + "there must be one name a class.");
        }

        if (!labels.AsSpan().ContainsAnyExcept(labels[0]))
        {
            throw new UserErrorException(
                $"'{OneLine.Of(labelPath)}' holds fewer than 2 classes: every label is {labels[0]}; at least two classes are needed.");
        }

        return Dataset.Of(name, images.Pixels, labels, images.Rows, images.Columns, limit) with { ClassNames = names };
    }

    private static void CheckCounts(int images, string imagePath, byte[] labels, string labelPath)
    {
        if (images != labels.Length)
        {
            throw new UserErrorException($"'{OneLine.Of(imagePath)}' holds {images} images, "
                + $"but '{OneLine.Of(labelPath)}' holds {labels.Length} labels; there must be one label an image.");
        }
    }

    /// <summary>Checks that test images belong together, and to the training images.</summary>
    /// <param name="isSameForm">Whether both are pictures, or neither is.</param>
    protected static void CheckTest(
        Dataset train, IdxImages images, bool isSameForm, string imagePath, byte[] labels, string labelPath)
    {
        CheckCounts(images.Count, imagePath, labels, labelPath);
        if (!isSameForm || images.Rows != train.Rows || images.Columns != train.Columns)
        {
            throw new UserErrorException($"'{OneLine.Of(imagePath)}' has images of {images.Rows}x{images.Columns} pixels, "
                + $"but the training images have {train.Rows}x{train.Columns}; both must be the same.");
        }
    }
}
