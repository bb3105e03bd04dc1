using System.Diagnostics;
using GpuMlp.Runner.Cluster;
using GpuMlp.Runner.Commands;
using GpuMlp.Runner.Verbs;
using Xunit;

namespace GpuMlp.Runner.Tests.Cluster;

/// <summary>The scripts, letter by letter: people edit them, and clusters read them.</summary>
public sealed class SbatchScriptsTests
{
    private const string Hash = "0123456789abcdef";

    private static readonly SlurmCommand.Options s_plain = new();

    private static readonly SlurmCommand.Options s_full = new()
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
    [InlineData("slurm r --device cpu;touch", "--device: 'cpu;touch' is unknown; take auto, cpu, cuda")]
    [InlineData("slurm r --sbatch-args qos='low", "--sbatch-args: 'qos='low' has an open quote")]
    [InlineData("slurm r --sbatch-args =low", "--sbatch-args: '=low' must be an option of sbatch")]
    [InlineData("slurm r --program gpumlp;touch", "--program: 'gpumlp;touch' must be words that start a program")]
    [InlineData("slurm r --program \"$(touch)\"", "--program: '\"$(touch)\"' must be words")]
    [InlineData("slurm r --tim 10", "--tim: unknown flag of slurm; did you mean --time?")]
    [InlineData("slurm r", "r: no plan.json here")]
    [InlineData("slurm r s", "s: belongs to no flag of slurm")]
    public void A_wrong_command_line_is_told_in_one_line(string commandLine, string message)
    {
        (int exitCode, string stdout, string stderr) = Cli.Run(commandLine.Split(' '));
        Assert.Equal((2, ""), (exitCode, stdout));
        Assert.StartsWith("gpumlp: " + message, Assert.Single(Cli.Told(stderr)));
    }

    [Fact]
    public void Control_characters_are_refused_in_every_flag_and_folder_of_every_command()
    {
        foreach (Verb verb in All.Verbs)
        {
            string command = verb.Name;
            foreach (string flag in verb.Flags.Where(flag => flag.TakesValue).Select(flag => flag.Name))
            {
                AssertRefused(flag, [command, flag, "gpu\n#SBATCH --uid=0"]);
                AssertRefused(flag, [command, flag + "=gpu\u001b[2J"]);
            }

            AssertRefused(command, [command, "a\ntouch PWNED\nb"]);
            AssertRefused(command, [command, "a\u0085b"]);
        }

        static void AssertRefused(string name, string[] args)
        {
            (int exitCode, string stdout, string stderr) = Cli.Run(args);
            Assert.Equal((2, ""), (exitCode, stdout));
            string line = Assert.Single(Cli.Told(stderr));
            Assert.StartsWith($"gpumlp: {name}: '", line);
            Assert.EndsWith("must hold no line break or other control character.", line);
            Assert.DoesNotContain(line, char.IsControl);
        }
    }

    [Theory]
    [InlineData("comment='two words' qos=low", "#SBATCH --comment=\"two words\"\n#SBATCH --qos=low\n")]
    [InlineData("--qos low --exclusive mail-user=a#b", "#SBATCH --qos=low\n#SBATCH --exclusive\n#SBATCH --mail-user=\"a\\#b\"\n")]
    [InlineData("-N 2 -n3 exclusive", "#SBATCH -N 2\n#SBATCH -n 3\n#SBATCH --exclusive\n")]
    public void Other_arguments_of_sbatch_keep_their_blanks(string words, string lines) =>
        Assert.Contains(
            "B:USR1@120\n" + lines + "\nexec ",
            Scripts(new SlurmCommand.Options { SbatchArgs = words }, "gpumlp", "/r").Sweep());

    [Theory]
    [InlineData("srun --mpi=none gpumlp")]
    [InlineData("\"$HOME/my bin/gpumlp\" ")]
    [InlineData("apptainer exec 'image; 2.sif' gpumlp")]
    public void A_program_may_be_any_one_command(string program) =>
        Assert.Equal(program, SlurmRequest.From(new SlurmCommand.Options { Executable = program }).Executable);

    [Theory]
    [InlineData("a b#c'd\"e%f$g;h&i\u00e9")]
    [InlineData("a\\b#c'd\"e%f$g;h&i\u00e9")]
    [InlineData("\\")]
    public void Bash_reads_the_scripts_of_any_folder_and_starts_the_program_on_it(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs bash");
        string folder = Directory.CreateTempSubdirectory("gpumlp-sbatch-").FullName, run = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.Combine(run, SbatchScripts.LogFolder));
        SbatchScripts scripts = Scripts(s_plain, "printf '%s\\n' --", run);
        foreach ((string script, string verb, string log) in ((string, string, string)[])
            [(scripts.Sweep(), "run", "7_3.log"), (scripts.Merge(), "merge", "merge-9.log")])
        {
            ProcessStartInfo start = new("bash", ["-c", script])
            {
                RedirectStandardOutput = true,
                Environment = { ["SLURM_ARRAY_JOB_ID"] = "7", ["SLURM_ARRAY_TASK_ID"] = "3", ["SLURM_JOB_ID"] = "9" },
            };
            using Process bash = Process.Start(start)!;
            string text = bash.StandardOutput.ReadToEnd();
            bash.WaitForExit();
            Assert.Equal(0, bash.ExitCode);

            // Slurm expands no pattern in a name with a backslash: there the script opens its log itself.
            if (name.Contains('\\'))
                text += File.ReadAllText(Path.Combine(run, SbatchScripts.LogFolder, log));
            Assert.StartsWith($"--\n{verb}\n{run}\n", text);
            Assert.Equal(name.Contains('\\'), script.Contains("#SBATCH --output=/dev/null\n", StringComparison.Ordinal));
        }

        Directory.Delete(folder, recursive: true);
    }

    private static SbatchScripts Scripts(SlurmCommand.Options options, string program, string run) =>
        new(program, run, Hash, 12, "0-11", SlurmRequest.From(options).Settings);

    private static void AssertGolden(string name, SlurmCommand.Options options, string program, string run)
    {
        SbatchScripts scripts = Scripts(options, program, run);
        string folder = Path.Combine(AppContext.BaseDirectory, "Cluster", "Golden");
        Assert.Equal(File.ReadAllText(Path.Combine(folder, $"{name}.sweep.sbatch")), scripts.Sweep());
        Assert.Equal(File.ReadAllText(Path.Combine(folder, $"{name}.merge.sbatch")), scripts.Merge());
    }
}
