using GpuMlp.Runner.Cluster;
using GpuMlp.Runner.Options;
using Xunit;

namespace GpuMlp.Runner.Tests.Cluster;

/// <summary>The scripts, letter by letter: people edit them, and clusters read them.</summary>
public sealed class SbatchScriptsTests
{
    private const string Hash = "0123456789abcdef";

    private static readonly SlurmOptions s_plain = new();

    private static readonly SlurmOptions s_full = new()
    {
        Partition = "gpu",
        Account = "proj7",
        Time = "00:30:00",
        Memory = "8G",
        Cpus = "4",
        Gres = "gpu:1",
        MaxParallel = "16",
        Notice = "300",
        Device = "cuda",
        SbatchArgs = "--qos=low constraint=a100 --exclude=n[3-4]",
    };

    [Fact]
    public void Scripts_with_every_flag_are_the_golden_ones() => AssertGolden("full", s_full, "/opt/gpumlp/gpumlp", "/scratch/runs/mnist");

    [Fact]
    public void Scripts_without_flags_are_the_golden_ones() =>
        AssertGolden("plain", s_plain, "/usr/bin/dotnet /opt/gpumlp/gpumlp.dll", "/scratch/my runs/it's 50%");

    [Fact]
    public void The_number_of_tasks_at_once_is_read_back_from_an_edited_script()
    {
        Assert.Equal(16, SbatchScripts.MaxParallelOf(Scripts(s_full, "gpumlp", "/r").Sweep()));
        Assert.Null(SbatchScripts.MaxParallelOf(Scripts(s_plain, "gpumlp", "/r").Sweep()));
        Assert.Equal(3, SbatchScripts.MaxParallelOf("#!/bin/bash\n#SBATCH --array=0-7,9%3\n"));
    }

    [Theory]
    [InlineData("slurm", "slurm: RUN is missing")]
    [InlineData("slurm r --cpus four", "--cpus: 'four' is not a whole number")]
    [InlineData("slurm r --notice 0", "--notice: '0' is not a whole number from 1")]
    [InlineData("slurm r --max-parallel 0", "--max-parallel: '0'")]
    [InlineData("slurm r --check --submit", "--check: submits nothing")]
    [InlineData("slurm r --tim 10", "--tim: unknown flag of slurm; did you mean --time?")]
    [InlineData("slurm r", "r: no plan.json here")]
    [InlineData("slurm r s", "s: belongs to no flag of slurm")]
    public void A_wrong_command_line_is_told_in_one_line(string commandLine, string message)
    {
        (int exitCode, string stdout, string stderr) = Cli.Run(commandLine.Split(' '));
        Assert.Equal((2, ""), (exitCode, stdout));
        Assert.StartsWith("gpumlp: " + message, Assert.Single(Cli.Lines(stderr)));
    }

    [Fact]
    public void A_value_that_would_begin_a_line_of_its_own_is_refused()
    {
        (int exitCode, _, string stderr) = Cli.Run("slurm", "r", "--partition", "gpu\n#SBATCH --uid=0");
        Assert.Equal(2, exitCode);
        Assert.StartsWith("gpumlp: --partition: ", Assert.Single(Cli.Lines(stderr)));
    }

    private static SbatchScripts Scripts(SlurmOptions options, string program, string run) =>
        new(program, run, Hash, 12, "0-11", SlurmRequest.From(options).Settings);

    private static void AssertGolden(string name, SlurmOptions options, string program, string run)
    {
        SbatchScripts scripts = Scripts(options, program, run);
        string folder = Path.Combine(AppContext.BaseDirectory, "Cluster", "Golden");
        Assert.Equal(File.ReadAllText(Path.Combine(folder, $"{name}.sweep.sbatch")), scripts.Sweep());
        Assert.Equal(File.ReadAllText(Path.Combine(folder, $"{name}.merge.sbatch")), scripts.Merge());
    }
}
