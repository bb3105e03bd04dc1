namespace GpuMlp.Engine.Tests.Runs;

/// <summary>An empty folder that goes with the test; its name holds what quoting and patterns stumble over.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    // With nothing else in it: where a name looks like a pattern, DuckDB looks at every entry beside it for each file that it reads,
    // and the folder of all that is temporary may hold thousands.
    private readonly string _parent = Directory.CreateTempSubdirectory("gpumlp-").FullName;

    public TemporaryFolder()
    {
        // Windows forbids some of them.
        string odd = OperatingSystem.IsWindows() ? "it's [1] a=b" : "it's [1] a*b? c=d";
        Path = Directory.CreateDirectory(System.IO.Path.Combine(_parent, $"gpumlp {odd}")).FullName;
    }

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(_parent, recursive: true);
}
