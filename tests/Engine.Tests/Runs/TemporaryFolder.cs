namespace GpuMlp.Engine.Tests.Runs;

/// <summary>An empty folder that goes with the test; its name holds what quoting and patterns stumble over.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder()
    {
        // Windows forbids some of them.
        string odd = OperatingSystem.IsWindows() ? "it's [1] a=b" : "it's [1] a*b? c=d";
        Path = Directory.CreateTempSubdirectory($"gpumlp {odd} ").FullName;
    }

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
