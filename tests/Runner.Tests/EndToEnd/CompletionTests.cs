using System.Diagnostics;
using GpuMlp.Engine;
using GpuMlp.Runner.Commands;
using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary><c>gpumlp completion</c>: bash itself is asked what it would offer.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void Every_command_is_offered_and_of_each_every_flag()
    {
        Assert.Equal(
            All.Verbs.Select(verb => verb.Name).Concat(["help", "--help", "--version"]).Order(StringComparer.Ordinal),
            Asked("gpumlp", ""));
        foreach (string verb in All.Verbs.Select(verb => verb.Name))
        {
            Assert.Equal(
                All.Find(verb)!.Flags.Select(flag => flag.Name).Append("--help").Order(StringComparer.Ordinal),
                Asked("gpumlp", verb, "--"));
        }
    }

    [Fact]
    public void Beginnings_values_and_folders_are_completed()
    {
        Assert.Equal(["saliency", "slurm", "status", "sweep"], Asked("gpumlp", "s"));
        Assert.Equal(["--sparsity"], Asked("gpumlp", "sweep", "--quiet", "--spa"));
        Assert.Equal(["cpu", "cuda"], Asked("gpumlp", "sweep", "--device", "c"));
        Assert.Equal(["auto", "cpu", "cuda", "opencl"], Asked("gpumlp", "verify", "--device", "=", ""));
        Assert.Equal(["cuda"], Asked("gpumlp", "verify", "--device", "=", "cu"));
        Assert.Equal(["auto"], Asked("gpumlp", "run", "a", "--shard", ""));
        Assert.Equal(["bash", "zsh"], Asked("gpumlp", "completion", "").Where(word => !word.StartsWith('-')));
        Assert.Empty(Asked("gpumlp", "sweep", "--hidden", ""));
        Assert.Empty(Asked("gpumlp", "nonsense", "--"));
        Directory.CreateDirectory(_place["my run"]);
        File.WriteAllText(_place["sweep.yaml"], "");
        Assert.Equal([_place["my run"]], Asked("gpumlp", "status", _place["my"]));
        Assert.Equal([_place["my run"]], Asked("gpumlp", "compare", "a", _place["my"]));
        Assert.Equal([_place["my run"]], Asked("gpumlp", "sweep", "--out", _place.Root + "/"));
        Assert.Equal([_place["sweep.yaml"]], Asked("gpumlp", "sweep", "--spec", _place["sw"]));
    }

    [Fact]
    public void Another_shell_and_none_are_one_line()
    {
        Assert.Contains("completion: 'fish' is no shell it knows; must be bash or zsh", Gpumlp.Here("completion", "fish").AssertOneLine(2));
        Assert.Contains("completion: bash|zsh is missing, a shell, as in", Gpumlp.Here("completion").AssertOneLine(2));
    }

    [Fact]
    public void The_script_for_zsh_is_one_and_has_every_flag()
    {
        string script = Cli.Run("completion", "zsh").Out;
        Assert.All(
            All.Verbs.SelectMany(verb => verb.Flags), flag => Assert.Contains($"'{flag.Name}[", script));
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/zsh"), "needs zsh");
        File.WriteAllText(_place["_gpumlp"], script);

        // Its functions are loaded as a user's are, and _arguments checks each line when it is called.
        (int exitCode, string told) = Shell(
            "zsh", "autoload -Uz compinit; compinit -u -D; source \"$1\"; echo ${_comps[gpumlp]}", _place["_gpumlp"]);
        Assert.Equal((0, "_gpumlp"), (exitCode, told.Trim()));
    }

    /// <summary>What bash offers when the last word is being typed, in order.</summary>
    private string[] Asked(params string[] words)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs bash 4");
        string script = _place["gpumlp.bash"];
        if (!File.Exists(script))
            File.WriteAllText(script, Cli.Run("completion", "bash").Out);
        (int exitCode, string told) = Shell(
            "bash",
            "set -u; source \"$1\"; shift; complete -p gpumlp > /dev/null || exit 9; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _gpumlp; "
                + "[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' \"${COMPREPLY[@]}\"",
            [script, .. words]);
        Assert.True(exitCode == ExitCodes.Done, told);
        return [.. told.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];
    }

    private static (int ExitCode, string Told) Shell(string shell, string command, params string[] words)
    {
        ProcessStartInfo start = new(shell, ["-c", command, shell, .. words])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string told = process.StandardOutput.ReadToEnd() + error.GetAwaiter().GetResult();
        process.WaitForExit();
        return (process.ExitCode, told);
    }
}
