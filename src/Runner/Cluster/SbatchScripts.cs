using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using GpuMlp.Engine;

namespace GpuMlp.Runner.Cluster;

/// <summary>What goes into the scripts beside the run itself; null is left to the cluster.</summary>
/// <param name="Cpus">CPUs of an array task.</param>
/// <param name="MaxParallel">Array tasks at once.</param>
/// <param name="Notice">Seconds between SIGUSR1 and the time limit.</param>
/// <param name="Device">As in <c>--device</c> of <c>run</c>.</param>
/// <param name="Extra">Other options of sbatch with their dashes, each with its value, or null.</param>
internal sealed record SbatchSettings(
    string? Partition,
    string? Account,
    string? Time,
    string? Memory,
    int? Cpus,
    string? Gres,
    int? MaxParallel,
    int Notice,
    string? Device,
    IReadOnlyList<(string Option, string? Value)> Extra);

/// <summary>The two scripts of a run: an array task for each shard, and the merge after them. Plain text, to be edited at will.</summary>
/// <param name="Executable">The words that start gpumlp, ready for a shell.</param>
/// <param name="Run">Full path of the run.</param>
/// <param name="Array">As in <c>0-11</c>.</param>
internal sealed partial record SbatchScripts(
    string Executable,
    string Run,
    string PlanHash,
    int Shards,
    string Array,
    SbatchSettings Settings)
{
    public const string SweepFile = "sweep.sbatch", MergeFile = "merge.sbatch", LogFolder = "logs";

    /// <summary>
    /// One array task a shard, in one process. <c>exec</c>, so that signals reach gpumlp itself; <c>B:USR1</c> comes before
    /// the time limit and upon preemption, and the task then puts itself back into the queue; the log goes on where an
    /// earlier attempt ended.
    /// </summary>
    public string Sweep()
    {
        StringBuilder text = Head($"gpumlp-{Name}", $"{Shards} shards of plan {PlanHash[..12]}, one array task each");
        Line(text, "--array", Array + (Settings.MaxParallel is { } most ? $"%{most}" : ""));
        Line(text, "--ntasks", "1");
        Line(text, "--cpus-per-task", Settings.Cpus?.ToString(CultureInfo.InvariantCulture));
        Line(text, "--gres", Settings.Gres);
        Common(text, "%A_%a.log");
        text.Append("#SBATCH --requeue\n#SBATCH --open-mode=append\n");
        Line(text, "--signal", $"B:USR1@{Settings.Notice}");
        End(text, "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID.log");
        string device = Settings.Device is { } name ? $" --device {Quoting.Bash(name)}" : "", threads = Settings.Cpus is { } cpus
            ? $" --threads {cpus}"
            : "";
        return text.Append($"exec {Executable} run {Quoting.Bash(Run)} --shard auto --requeue{device}{threads}\n").ToString();
    }

    /// <summary>Runs when all array tasks have ended, however they ended: it tells what is missing.</summary>
    public string Merge()
    {
        StringBuilder text = Head($"gpumlp-{Name}-merge", $"merges plan {PlanHash[..12]}, or tells which units are missing");
        Line(text, "--ntasks", "1");
        Common(text, "merge-%j.log");
        End(text, "merge-$SLURM_JOB_ID.log");
        return text.Append($"exec {Executable} merge {Quoting.Bash(Run)}\n").ToString();
    }

    /// <summary>How many tasks at once an existing script allows, if it says so.</summary>
    public static int? MaxParallelOf(string script) =>
        ArrayLine().Match(script) is { Success: true } match ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;

    // Names of jobs have no blanks and are shown in few columns.
    private string Name => NotInNames().Replace(Path.GetFileName(Path.TrimEndingDirectorySeparator(Run)), "-");

    private static StringBuilder Head(string job, string what) =>
        new StringBuilder($"#!/bin/bash\n# {what}; made by `gpumlp slurm`, edit at will.\n").Append($"#SBATCH --job-name={job}\n");

    private void Common(StringBuilder text, string log)
    {
        Line(text, "--partition", Settings.Partition);
        Line(text, "--account", Settings.Account);
        Line(text, "--time", Settings.Time);
        Line(text, "--mem", Settings.Memory);

        // A percent sign of a folder's name would be taken for a pattern.
        Line(text, "--output", LogsItself ? "/dev/null" : Path.Combine(Run.Replace("%", "%%"), LogFolder, log));
    }

    // Slurm expands no pattern in a name that holds a backslash anywhere, and a log without the task's number would be shared.
    private bool LogsItself => Run.Contains('\\');

    /// <param name="log">Its name in bash's words.</param>
    private void End(StringBuilder text, string log)
    {
        foreach ((string option, string? value) in Settings.Extra)
        {
            if (value is null)
                text.Append($"#SBATCH {option}\n");
            Line(text, option, value);
        }

        text.Append('\n');
        if (LogsItself)
            text.Append($"exec >>{Quoting.Bash(Path.Combine(Run, LogFolder) + '/')}\"{log}\" 2>&1\n");
    }

    private static void Line(StringBuilder text, string option, string? value)
    {
        if (value is not null)
            text.Append($"#SBATCH {option}{Joint(option)}{Quoting.Sbatch(value)}\n");
    }

    // A long option and its value are one word, a short one and its value two.
    private static string Joint(string option) => option.StartsWith("--", StringComparison.Ordinal) ? "=" : " ";

    [GeneratedRegex(@"(?m)^#SBATCH --array=[^%\s]*%(\d{1,9})")]
    private static partial Regex ArrayLine();

    [GeneratedRegex("[^A-Za-z0-9_.-]+")]
    private static partial Regex NotInNames();
}
