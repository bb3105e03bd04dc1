using System.Diagnostics;
using GpuMlp.Tests;
using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>docs/library.md: its project and its program, taken from the page, are built and run.</summary>
[Trait("Size", "large")]
public sealed class LibraryDocTests : IDisposable
{
    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void The_program_of_the_page_is_built_and_runs()
    {
        string text = File.ReadAllText(Checkout.PathOf("docs", "library.md"));
        string engine = Checkout.PathOf("src", "Engine", "Engine.csproj");
        string project = Block(text, "xml"), program = Block(text, "csharp");
        Assert.Contains("../GpuMlp/src/Engine/Engine.csproj", project);
        Assert.InRange(program.Split('\n').Length, 10, 25);
        Directory.CreateDirectory(_place["user"]);
        File.WriteAllText(Path.Combine(_place["user"], "User.csproj"), project.Replace("../GpuMlp/src/Engine/Engine.csproj", engine));
        File.WriteAllText(Path.Combine(_place["user"], "Program.cs"), program);

        // The engine is there: these tests are built from it.
        (int exitCode, string told) = Dotnet(
            "build", "-c", "Release", "-nodeReuse:false", "-p:BuildProjectReferences=false", _place["user"]);
        Assert.True(exitCode == 0, told);
        string built = Directory.GetFiles(_place["user"], "User.dll", SearchOption.AllDirectories).First(path => path.Contains("bin"));
        (exitCode, told) = Dotnet("exec", built, _place["run"]);
        Assert.True(exitCode == 0, told);
        Assert.Matches(@"6 of 6 models", told);
        Assert.Matches(@"H = 24: validation F1 0\.\d{3}\r?\n", told);
        Assert.Matches(@"H = 4, layer 95.?%: 0\.\d{3}\r?\n", told);

        // What the program made is a run like those of the command line.
        Gpumlp.Here("report", _place["run"]).AssertSuccess();
        Assert.True(File.Exists(Path.Combine(_place["run"], "report.html")));
        Assert.Contains("100 %", Gpumlp.Here("status", _place["run"]).Out);
        Gpumlp.Outcome compared = Gpumlp.Here("compare", _place["run"], _place["run"]);
        compared.AssertSuccess();
        Assert.DoesNotMatch(@" \*\r?\n", compared.Out);

        // An error is the one line of a program's own making.
        (exitCode, told) = Dotnet("exec", built, Path.Combine(_place["user"], "Program.cs"));
        Assert.Equal((0, 1), (exitCode, told.TrimEnd().Split('\n').Length));
        Assert.Contains("Program.cs", told);
    }

    private static (int ExitCode, string Told) Dotnet(params string[] words)
    {
        ProcessStartInfo start = new("dotnet", words) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string told = process.StandardOutput.ReadToEnd() + error.GetAwaiter().GetResult();
        process.WaitForExit();
        return (process.ExitCode, told);
    }

    private static string Block(string text, string kind)
    {
        string[] parts = text.Split($"```{kind}\n");
        Assert.Equal(2, parts.Length);
        return parts[1].Split("```")[0];
    }
}
