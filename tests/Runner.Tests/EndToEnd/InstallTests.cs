using System.Diagnostics;
using System.Text.RegularExpressions;
using GpuMlp.Tests;
using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>docs/install.md: the tool is packed, installed into a folder and used there; containers name what there is.</summary>
public sealed partial class InstallTests : IDisposable
{
    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    [Trait("Size", "large")]
    public void The_tool_is_installed_into_a_folder_and_sweeps_the_data_that_it_brings()
    {
        string project = Checkout.PathOf("src", "Runner");
        Done("dotnet", "pack", "-c", "Release", "--no-build", "-nodeReuse:false", project, "-o", _place["pk"]);
        Done("dotnet", "tool", "install", "gpumlp", "--source", _place["pk"], "--tool-path", _place["tool"]);
        string gpumlp = Directory.GetFiles(_place["tool"], "gpumlp*").Single();
        Assert.Contains("--device auto takes", Done(gpumlp, "devices"));
        Assert.Contains(
            "Validation F1",
            Done(
                gpumlp, "sweep", "--preset", "quick", "--epochs", "2", "--analyses", "pruning", "--device", "cpu", "--quiet",
                "--out", _place["run"]));
        Assert.True(File.Exists(Path.Combine(_place["run"], "report.html")));
    }

    [Fact]
    public void Containers_name_files_and_versions_that_there_are()
    {
        string props = Read("Directory.Build.props"), docker = Read("Dockerfile"), apptainer = Read("gpumlp.def");
        string version = VersionTag().Match(props).Groups[1].Value, target = TargetTag().Match(props).Groups[1].Value;
        Assert.Contains($"mcr.microsoft.com/dotnet/sdk:{target}", docker);
        Assert.Contains($"mcr.microsoft.com/dotnet/runtime:{target}", docker);
        Assert.True(File.Exists(Checkout.PathOf(PublishedProject().Match(docker).Groups[1].Value, "Runner.csproj")));
        Assert.Contains($"archives/gpumlp-{version}-linux-x64.tar.gz", apptainer);

        // Every instruction of the Dockerfile is one, and its last stage starts the program.
        string[] instructions = [.. docker.Split('\n').Where(line => line.Length > 0 && line[0] is not ('#' or ' '))];
        Assert.All(instructions, line => Assert.Matches("^(FROM|WORKDIR|COPY|RUN|ENV|ENTRYPOINT|CMD) ", line));
        Assert.Contains("ENTRYPOINT [\"gpumlp\"]", instructions);
        string[] sections = [.. apptainer.Split('\n').Where(line => line.StartsWith('%'))];
        Assert.Equal(["%files", "%post", "%environment", "%runscript", "%test"], sections);
    }

    [Fact]
    public void Archives_of_another_kind_are_refused_and_nothing_is_written()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs bash");
        (int exitCode, string told) = Run(Checkout.PathOf("tools", "archives.sh"), _place["out"], "linux-x86");
        Assert.Equal(
            (2, "archives.sh: linux-x86: must be linux-x64, linux-arm64, win-x64 or osx-arm64"), (exitCode, told.TrimEnd()));
        Assert.False(Directory.Exists(_place["out"]));
    }

    private static string Done(string program, params string[] words)
    {
        (int exitCode, string told) = Run(program, words);
        Assert.True(exitCode == 0, told);
        return told;
    }

    private static (int ExitCode, string Told) Run(string program, params string[] words)
    {
        ProcessStartInfo start = new(program, words) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string told = process.StandardOutput.ReadToEnd() + error.GetAwaiter().GetResult();
        process.WaitForExit();
        return (process.ExitCode, told);
    }

    private static string Read(string name) => File.ReadAllText(Checkout.PathOf(name));

    [GeneratedRegex("<Version>(.*)</Version>")]
    private static partial Regex VersionTag();

    [GeneratedRegex("<TargetFramework>net(.*)</TargetFramework>")]
    private static partial Regex TargetTag();

    [GeneratedRegex(@"dotnet publish (\S+)")]
    private static partial Regex PublishedProject();
}
