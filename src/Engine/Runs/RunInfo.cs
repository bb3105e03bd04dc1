using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Files;

namespace GpuMlp.Engine.Runs;

/// <summary>
/// run.json: how, where and how fast a run was made. Differs from machine to machine, so it is no part of the promise that
/// a run's files are the same byte for byte.
/// </summary>
/// <param name="Commit">Null when the build does not know it.</param>
/// <param name="Device">What was trained on, by all processes; null when none is known.</param>
/// <param name="Driver">Version of its driver; null for the CPU.</param>
/// <param name="Threads">CPU threads used.</param>
/// <param name="Simd">Vector instructions used, such as <c>AVX2</c>.</param>
/// <param name="SecondsByPhase">Wall-clock seconds: <c>train</c>, <c>merge</c> and the like.</param>
public sealed record RunInfo(
    string Version,
    string? Commit,
    string CommandLine,
    string? Device,
    string? Driver,
    string CpuModel,
    int Threads,
    string Simd,
    string IlgpuVersion,
    string DotnetVersion,
    string Os,
    DateTime StartedUtc,
    DateTime FinishedUtc,
    IReadOnlyDictionary<string, double> SecondsByPhase,
    int ModelsOk,
    int ModelsFailed)
{
    /// <summary>Of the run; null in benchmarks.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PlanHash { get; init; }

    /// <summary>In a record of one process: the machine that it ran on.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Host { get; init; }

    /// <summary>In a record of one process: how many units it finished.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Units { get; init; }

    /// <summary>How a table was read and rounded; null for other data, and where nobody has loaded the data.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TableFacts? Table { get; init; }

    /// <summary>One record for each process that trained, by start; null in such a record.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RunInfo>? Trained { get; init; }

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        // A command line with quotes stays readable; no browser ever takes this file for a script.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Fills in what the program can find out by itself: versions, commit, CPU, system; finished now.</summary>
    public static RunInfo Create(
        string commandLine,
        DeviceSelection? devices,
        string simd,
        DateTime startedUtc,
        IReadOnlyDictionary<string, double> secondsByPhase,
        int modelsOk,
        int modelsFailed)
    {
        (string version, string? commit) = VersionOf(typeof(RunInfo).Assembly);
        return new RunInfo(
            version,
            commit,
            commandLine,
            devices?.Name,
            devices?.Driver,
            CpuModelName,
            devices?.Threads ?? Environment.ProcessorCount,
            simd,
            VersionOf(typeof(ILGPU.Context).Assembly).Version,
            RuntimeInformation.FrameworkDescription,
            $"{RuntimeInformation.OSDescription} {RuntimeInformation.OSArchitecture}",
            startedUtc,
            DateTime.UtcNow,
            secondsByPhase,
            modelsOk,
            modelsFailed);
    }

    /// <exception cref="UserErrorException">See <see cref="StorageErrors.Map"/>.</exception>
    public void Write(string path) => AtomicFile.Write(path, stream =>
    {
        JsonSerializer.Serialize(stream, this, s_json);
        stream.WriteByte((byte)'\n');
    });

    /// <summary>That of a run; null when there is none.</summary>
    /// <exception cref="UserErrorException">It is damaged, or of another plan.</exception>
    public static RunInfo? Of(RunDirectory run)
    {
        if (!File.Exists(run.RunInfoPath))
        {
            return null;
        }

        RunInfo info = Read(run.RunInfoPath);
        return info.PlanHash == run.Plan.Hash
            ? info
            : throw new UserErrorException($"{run.RunInfoPath}: of another run; `gpumlp merge {Quoting.Bash(run.Path)}` makes it anew");
    }

    /// <exception cref="UserErrorException">There is no such file, or it is damaged.</exception>
    public static RunInfo Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<RunInfo>(RegularFile.ReadAllBytes(path), s_json) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new UserErrorException($"{path}: damaged; the command that wrote it makes it anew", inner: e);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.MapRead(e, path);
        }
    }

    /// <summary>Of this program, as in <c>0.1.0</c>.</summary>
    public static string ProgramVersion => VersionOf(typeof(RunInfo).Assembly).Version;

    /// <summary>The informational version is <c>0.1.0+COMMIT</c> when the build knew the commit.</summary>
    private static (string Version, string? Commit) VersionOf(Assembly assembly)
    {
        string text = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? assembly.GetName().Version?.ToString() ?? "unknown";
        string[] parts = text.Split('+', 2);
        return (parts[0], parts.Length > 1 ? parts[1] : null);
    }

    /// <summary>As the system calls this machine's processor.</summary>
    public static string CpuModelName { get; } = FindCpuModel();

    private static string FindCpuModel()
    {
        const string Unknown = "unknown";
        try
        {
            const string Table = "/proc/cpuinfo";
            string? line = File.Exists(Table)
                ? File.ReadLines(Table).FirstOrDefault(text => text.StartsWith("model name", StringComparison.Ordinal))
                : null;
            return line?.Split(':', 2)[^1].Trim() ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? Unknown;
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            return Unknown;
        }
    }
}
