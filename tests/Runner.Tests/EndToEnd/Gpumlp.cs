using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>The built program as a process of its own, as its users start it, or in this one.</summary>
internal sealed partial class Gpumlp : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    // As users have it, compiled ahead; beside the tests are the same files as the compiler left them.
    private static readonly string s_program = Path.GetFullPath(Path.Combine(
        AppContext.BaseDirectory, "..", "..", "Runner", new DirectoryInfo(AppContext.BaseDirectory).Name, "gpumlp.dll"));

    private readonly Process _process;
    private readonly Task<string> _out, _error;

    private Gpumlp(string[] args, Action<ProcessStartInfo>? change)
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.ArgumentList.Add(s_program);
        foreach (string arg in args)
            start.ArgumentList.Add(arg);
        change?.Invoke(start);
        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _out = _process.StandardOutput.ReadToEndAsync();
        _error = _process.StandardError.ReadToEndAsync();
    }

    public bool HasExited => _process.HasExited;

    /// <summary>Starts and waits for the end.</summary>
    public static Outcome Run(params string[] args) => Run(null, args);

    /// <summary>
    /// The same command in this process, by the line after <c>Main</c>'s own checks of the process: for what is not about processes. It
    /// saves the start and the compilation of a program, which is nearly all that a small sweep takes.
    /// </summary>
    public static Outcome Here(params string[] args)
    {
        (int exitCode, string stdout, string stderr) = Cli.Run(args);
        return new Outcome(exitCode, stdout, stderr);
    }

    public static Outcome Run(Action<ProcessStartInfo>? change, params string[] args)
    {
        using Gpumlp program = new(args, change);
        return program.End();
    }

    public static Gpumlp Start(params string[] args) => new(args, null);

    /// <summary>
    /// Through bash, as in <c>ulimit -n 64; exec "$@" 2&gt;&amp;-</c>; it keeps the exit code of the program and not that of the
    /// last in a pipe.
    /// </summary>
    public static Outcome Bash(string command, params string[] args) => Run(InBash(command), args);

    public static Gpumlp StartInBash(string command, params string[] args) => new(args, InBash(command));

    private static Action<ProcessStartInfo> InBash(string command)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs bash");
        return start =>
        {
            string[] words = [start.FileName, .. start.ArgumentList];
            start.FileName = "bash";
            start.ArgumentList.Clear();
            foreach (string word in (string[])["-c", $"set -o pipefail; {command}", "bash", .. words])
                start.ArgumentList.Add(word);
        };
    }

    /// <summary>Waits for the end.</summary>
    public Outcome End()
    {
        if (!_process.WaitForExit(s_patience))
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"still running after {s_patience}: {string.Join(' ', _process.StartInfo.ArgumentList)}");
        }

        return new Outcome(_process.ExitCode, _out.GetAwaiter().GetResult(), _error.GetAwaiter().GetResult());
    }

    /// <summary>Waits until something has happened; fails when the program ends before.</summary>
    public void WaitUntil(Func<bool> happened)
    {
        while (!happened())
        {
            Assert.False(_process.HasExited, "ended too early");
            Thread.Sleep(2);
        }
    }

    /// <summary>kill -9: no handler runs, no buffer is flushed.</summary>
    public void Kill() => _process.Kill();

    /// <summary>At once: a program that sends it would take its time to start, in which this one goes on.</summary>
    /// <param name="name">As <c>kill</c> takes it: INT, TERM, HUP or USR1.</param>
    public void Signal(string name) => Assert.Equal(0, SendSignal(_process.Id, name switch
    {
        "HUP" => 1,
        "INT" => 2,
        "USR1" => OperatingSystem.IsMacOS() ? 30 : 10,
        "TERM" => 15,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "not a signal of these tests"),
    }));

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);

    internal sealed record Outcome(int ExitCode, string Out, string Error)
    {
        public void AssertSuccess() => Assert.True(ExitCode == 0, $"exit {ExitCode}\n{Error}\n{Out}");

        /// <summary>An error as promised: this exit code, nothing on stdout, one line on stderr that begins with our name.</summary>
        /// <returns>That line.</returns>
        public string AssertOneLine(int exitCode)
        {
            Assert.Equal((exitCode, ""), (ExitCode, Out));
            string line = Assert.Single(Cli.Told(Error));
            Assert.StartsWith("gpumlp: ", line);
            Assert.DoesNotContain(line, char.IsControl);
            return line;
        }
    }
}
