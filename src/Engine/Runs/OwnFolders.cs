namespace GpuMlp.Engine.Runs;

/// <summary>
/// The folders that a run writes into. None may be a link: a copy of a run would write into the run that it is a copy of, and putting
/// aside or clearing away would happen there. The run as a whole and the folders above it may be links.
/// </summary>
public static class OwnFolders
{
    private const string Units = "units";

    /// <summary>Of the folders in that of the run.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [Units, "weights", "split", "plots", RunPictures.Folder, "errors", "running", TrainingRecords.Folder,
            RunGrowth.Folder];

    /// <exception cref="UserErrorException">It is a link, be it one to nothing.</exception>
    public static void RefuseLink(string folder)
    {
        if (IsLink(folder))
        {
            throw new UserErrorException(
                $"{folder}: a link, through which a run would write into another place; a folder of a run must be one itself "
                + "(the run as a whole may be a link)");
        }
    }

    /// <inheritdoc cref="RefuseLink"/>
    public static void RefuseLinks(string run)
    {
        string units = Path.Combine(run, Units);
        IEnumerable<string> below = Directory.Exists(units) ? Directory.EnumerateDirectories(units) : [];
        foreach (string folder in Names.Select(name => Path.Combine(run, name)).Concat(below))
        {
            RefuseLink(folder);
        }
    }

    public static bool IsLink(string folder) => new DirectoryInfo(folder).LinkTarget is not null;
}
