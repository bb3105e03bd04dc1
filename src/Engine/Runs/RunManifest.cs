using System.Security.Cryptography;
using System.Text.Json;
using GpuMlp.Engine.Files;

namespace GpuMlp.Engine.Runs;

/// <summary>
/// <c>manifest.json</c>: size and SHA-256 of every file that a merge made and that commands read back. It is written last, so
/// that a file of another run, or one with a flipped bit, is refused by name instead of being exported, drawn or judged. Its bytes are
/// the same however a run was sharded. Not in it: run.json, which tells of machines, and pictures, which users add to and whose last
/// bits are the drawing library's.
/// </summary>
public sealed class RunManifest
{
    /// <summary>In the run's top folder.</summary>
    public const string FileName = "manifest.json";

    private const int Format = 1;

    private readonly RunDirectory _run;
    private readonly SortedDictionary<string, Entry> _files = new(StringComparer.Ordinal);

    // A table is read several times by a command, and need be hashed once.
    private readonly HashSet<string> _checked = [];

    internal RunManifest(RunDirectory run)
    {
        _run = run;
    }

    private readonly record struct Entry(long Bytes, string Sha256);

    /// <summary>Whether the run has this file, by its manifest.</summary>
    /// <param name="path">As <see cref="RunDirectory"/> gives it.</param>
    public bool Lists(string path) => _files.ContainsKey(NameOf(path));

    /// <summary>The tables of the run by name, such as <c>results</c>, with the paths of their Parquet files.</summary>
    public IReadOnlyDictionary<string, string> Tables => _files.Keys
        .Where(name => Path.GetExtension(name) == ".parquet" && !name.Contains('/'))
        .ToDictionary(name => Path.GetFileNameWithoutExtension(name), _run.TablePath);

    /// <summary>Opens a file of the run; its bytes are those that the merge wrote.</summary>
    /// <exception cref="UserErrorException">
    /// It is not there (exit 3), cannot be read (exit 2), or is not what the merge wrote (exit 2); the message names it.
    /// </exception>
    public FileStream Open(string path)
    {
        string name = NameOf(path);
        try
        {
            FileStream stream = RegularFile.Open(path);
            try
            {
                if (Problem(name, stream) is { } problem)
                {
                    throw new UserErrorException($"{path}: {problem}; {Remedy}");
                }

                stream.Position = 0;
                return stream;
            }
            catch
            {
                stream.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserErrorException($"{path}: not there; {Remedy}", ExitCodes.Incomplete, e);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.MapRead(e, path);
        }
    }

    /// <summary>As <see cref="Open"/>, for readers that want a path.</summary>
    /// <inheritdoc cref="Open"/>
    public void Check(string path)
    {
        using FileStream _ = Open(path);
    }

    /// <exception cref="UserErrorException">
    /// The run is not merged, or its manifest is gone (exit 3); it is another run's, or damaged (exit 2).
    /// </exception>
    internal static RunManifest Read(RunDirectory run)
    {
        string path = run.TablePath(FileName);
        RunManifest manifest = new(run);
        try
        {
            using JsonDocument document = JsonDocument.Parse(RegularFile.ReadAllBytes(path));
            JsonElement root = document.RootElement;
            if (root.GetProperty("format").GetInt32() != Format)
            {
                throw new UserErrorException($"{path}: of a newer version; use the gpumlp that merged the run, or {manifest.Remedy}");
            }

            string? hash = root.GetProperty("plan_hash").GetString();
            if (hash != run.Plan.Hash)
            {
                throw new UserErrorException(
                    $"{path}: of another plan ({Short(hash)}, this run's is {Short(run.Plan.Hash)}); {manifest.Remedy}");
            }

            foreach (JsonProperty file in root.GetProperty("files").EnumerateObject())
            {
                string sha256 = file.Value.GetProperty("sha256").GetString() ?? throw new FormatException("null");
                manifest._files.Add(file.Name, new Entry(file.Value.GetProperty("bytes").GetInt64(), sha256));
            }

            return manifest;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserErrorException(
                $"{path}: not there, or the run is not merged; {manifest.Remedy}", ExitCodes.Incomplete, e);
        }
        catch (Exception e) when (
            e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new UserErrorException($"{path}: damaged; {manifest.Remedy}", inner: e);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.MapRead(e, path);
        }
    }

    /// <summary>Takes in a file that has just been written.</summary>
    /// <param name="content">The whole file; its position is changed.</param>
    internal void Add(string path, Stream content)
    {
        content.Position = 0;
        Entry entry = new(content.Length, Convert.ToHexStringLower(SHA256.HashData(content)));
        _files[NameOf(path)] = entry;
    }

    /// <inheritdoc cref="Add(string, Stream)"/>
    /// <exception cref="UserErrorException">See <see cref="StorageErrors.Map"/>.</exception>
    internal void Add(string path)
    {
        try
        {
            using FileStream stream = RegularFile.Open(path);
            Add(path, stream);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.MapRead(e, path);
        }
    }

    /// <exception cref="UserErrorException">See <see cref="StorageErrors.Map"/>.</exception>
    internal void Write() => AtomicFile.Write(_run.TablePath(FileName), stream =>
    {
        // One line a file, for people and for diff.
        using StreamWriter text = new(stream, leaveOpen: true) { NewLine = "\n" };
        text.Write($"{{\n\"format\": {Format},\n\"plan_hash\": \"{_run.Plan.Hash}\",\n\"files\": {{");
        string comma = "\n";
        foreach ((string name, Entry file) in _files)
        {
            text.Write($"{comma}{JsonSerializer.Serialize(name)}: {{\"bytes\": {file.Bytes}, \"sha256\": \"{file.Sha256}\"}}");
            comma = ",\n";
        }

        text.WriteLine("\n}}");
    });

    private string Remedy => $"`gpumlp merge {Quoting.Bash(_run.Path)}` makes it again from the run's units";

    private string? Problem(string name, FileStream stream)
    {
        if (!_files.TryGetValue(name, out Entry expected))
        {
            return $"no file that this run's merge wrote, by {FileName}";
        }

        if (_checked.Contains(name))
        {
            return null;
        }

        if (stream.Length != expected.Bytes || Convert.ToHexStringLower(SHA256.HashData(stream)) != expected.Sha256)
        {
            return $"not what this run's merge wrote, by {FileName}: another run's, changed or damaged";
        }

        _checked.Add(name);
        return null;
    }

    private string NameOf(string path) => Path.GetRelativePath(_run.Path, path).Replace(Path.DirectorySeparatorChar, '/');

    private static string Short(string? hash) => hash is { Length: > 12 } ? hash[..12] : hash ?? "null";
}
