using DuckDB.NET.Data;

namespace GpuMlp.Engine.Files;

/// <summary>Turns failures of the file system into one line for people.</summary>
public static class StorageErrors
{
    // errno of Linux, of macOS where it differs, and the low word of Windows' HRESULT.
    private const int TooManyFiles = 24;
    private static readonly int[] s_full = [28, 122, 69, 112, 39];
    private static readonly int[] s_misplaced = [17, 20, 21, 40, 62, 63, 80, 183, 206, 267];
    private static readonly int[] s_readOnly = [30, 19];

    private const string Resume = "what is finished stays, run the same command again to resume";

    // DuckDB hands on strerror's words only.
    private static readonly string[] s_fullTexts = ["No space left", "quota exceeded", "not enough space", "Out of Memory Error"];
    private static readonly string[] s_deniedTexts
        = ["Permission denied", "Read-only file system", "Operation not permitted", "Access is denied"];
    private static readonly string[] s_misplacedTexts
        = ["Not a directory", "Is a directory", "File name too long", "No such file", "No files found"];

    /// <summary>True for what <see cref="Map"/> is made for: file system errors, also those that come through DuckDB.</summary>
    public static bool IsStorage(Exception e) => e switch
    {
        IOException or UnauthorizedAccessException => true,
        // A footer that points past the end of its file is damage, though DuckDB calls it an IO error.
        DuckDBException when e.Message.Contains("Could not read enough bytes", StringComparison.Ordinal) => false,
        DuckDBException => e.Message.StartsWith("IO Error", StringComparison.Ordinal) || Has(e, s_fullTexts) || Has(e, s_deniedTexts),
        _ => false,
    };

    /// <inheritdoc cref="Map"/>
    public static UserErrorException MapRead(Exception e, string path) => e switch
    {
        NotRegularFileException => new($"{path}: {e.Message}; a regular file must stand there", inner: e),
        UnauthorizedAccessException => new(
            $"{path}: no permission to read it; the right to read it and to enter the folders above it must be given", inner: e),
        _ => Map(e, path),
    };

    /// <summary>
    /// One line with <paramref name="path"/> first. Exit code 2 where the user named a wrong place (no permission, read-only,
    /// a file instead of a folder, a name too long, nothing there); 75 where the place gave out (disk full, an
    /// input/output error) and the same command resumes.
    /// </summary>
    public static UserErrorException Map(Exception e, string path)
    {
        int code = e.HResult & 0xFFFF;
        if (e is DuckDBException)
        {
            return Has(e, s_fullTexts) ? Full(e, path)
                : Has(e, s_deniedTexts) ? Denied(e, path)
                : Has(e, s_misplacedTexts) ? Misplaced(e, path)
                : GaveOut(e, path);
        }

        return e switch
        {
            FileNotFoundException or DirectoryNotFoundException => new($"{path}: no such file or folder; it must be there", inner: e),
            PathTooLongException => new($"{path}: name too long; it must be shorter", inner: e),
            UnauthorizedAccessException => Denied(e, path),
            _ when code == TooManyFiles => new($"{path}: {ProcessLimits.TooFewFiles}; {Resume}", ExitCodes.Interrupted, e),
            _ when s_full.Contains(code) => Full(e, path),
            _ when s_readOnly.Contains(code) => Denied(e, path),
            _ when s_misplaced.Contains(code) => Misplaced(e, path),
            _ => GaveOut(e, path),
        };
    }

    /// <summary>What went wrong, in a few words.</summary>
    public static string Reason(Exception e) => s_full.Contains(e.HResult & 0xFFFF) ? "disk full" : OneLine(e);

    private static bool Has(Exception e, string[] texts) =>
        texts.Any(text => e.Message.Contains(text, StringComparison.OrdinalIgnoreCase));

    private static UserErrorException Full(Exception e, string path) => new(
        $"{path}: {(e.Message.StartsWith("Out of Memory", StringComparison.Ordinal) ? "not enough memory" : "disk full")}; "
        + "what is finished stays, make room and run the same command again to resume",
        ExitCodes.Interrupted,
        e);

    private static UserErrorException Denied(Exception e, string path) =>
        new($"{path}: no permission or read-only; it must be a place with the right to write", inner: e);

    private static UserErrorException Misplaced(Exception e, string path) =>
        new($"{path}: not usable as a file or folder here ({OneLine(e)}); it must be another name", inner: e);

    private static UserErrorException GaveOut(Exception e, string path) => new(
        $"{path}: {OneLine(e)}; {Resume}", ExitCodes.Interrupted, e);

    private static string OneLine(Exception e) => e.Message.Split('\n')[0].TrimEnd('\r', '.', ' ');
}
