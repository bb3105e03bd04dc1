namespace GpuMlp.Engine.Data;

/// <summary>Loads the data that <c>--data</c> names: data with a name, a file, or a folder that is told by what it holds.</summary>
public static class DatasetLoader
{
    /// <summary>The data that are in the box.</summary>
    public const string Embedded = "mnist";

    // The one list of kinds of data; messages name them in this order.
    private static readonly DataSource[] s_all =
        [new EmbeddedMnist(), new Mnist1DSource(), new CsvSource(), new IdxSource(), new NpySource()];

    /// <summary>Loads the embedded MNIST, or what a text behind <c>--data</c> names.</summary>
    /// <param name="source">Null for the embedded MNIST.</param>
    /// <inheritdoc cref="Load(DataRequest)"/>
    public static Dataset Load(string? source) => Load(new DataRequest(source ?? Embedded));

    /// <summary>Loads data into memory.</summary>
    /// <exception cref="UserErrorException">
    /// No such data, a fault of a file, two files of one kind that differ, counts that differ, test images of another size, fewer than
    /// two classes, a label out of range, or a damaged installation: one line.
    /// </exception>
    public static Dataset Load(DataRequest request)
    {
        DataSource[] found = [.. s_all.Where(source => source.Recognises(request.Source))];
        return found switch
        {
            [var one] => one.Load(request),
            [] => throw Unknown(request.Source),
            _ => throw new UserErrorException(
                $"--data: '{OneLine.Of(request.Source)}' holds {string.Join(" as well as ", found.Select(source => source.Files))}; "
                + "it must hold one data set."),
        };
    }

    /// <summary>What plans call the data: a name as it is, a file or folder by its full path.</summary>
    /// <param name="text">As behind <c>--data</c>.</param>
    public static string PlaceOf(string text) =>
        Array.Exists(s_all, source => source.Name == text) ? text : Path.TrimEndingDirectorySeparator(Path.GetFullPath(text));

    private static UserErrorException Unknown(string text)
    {
        string quoted = $"'{OneLine.Of(text)}'", right = string.Join(", ", s_all.Select(source => source.Name).OfType<string>());
        if (Directory.Exists(text))
        {
            string files = string.Join("; or ", s_all.Select(source => source.Files).OfType<string>());
            return new UserErrorException($"--data: {quoted} holds no data set; a folder must have {files}.");
        }

        string fault = File.Exists(text) ? $"{quoted} is a file" : $"the folder {quoted} does not exist";
        return new UserErrorException($"--data: {fault}; give {right}, a .csv file, or a folder of IDX or .npy files.");
    }
}
