using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace GpuMlp.Runner.Cluster;

/// <summary>What goes into the scripts beside the run itself; null is left to the cluster.</summary>
/// <param name="Cpus">CPUs of an array task.</param>
/// <param name="MaxParallel">Array tasks at once.</param>
/// <param name="Notice">Seconds between SIGUSR1 and the time limit.</param>
/// <param name="Device">As in <c>--device</c> of <c>run</c>.</param>
/// <param name="Extra">Arguments of sbatch, each as one line.</param>
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
    IReadOnlyList<string> Extra);

/// <summary>The two scripts of a run: an array task for each shard, and the merge after them. Plain text, to be edited at will.</summary>
/// <param name="Program">The words that start gpumlp, ready for a shell.</param>
/// <param name="Run">Full path of the run.</param>
/// <param name="Array">As in <c>0-11</c>.</param>
internal sealed partial record SbatchScripts(string Program, string Run, string PlanHash, int Shards, string Array, SbatchSettings Settings)
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
        End(text);
        string device = Settings.Device is { } name ? $" --device {Shell(name)}" : "", threads = Settings.Cpus is { } cpus ? $" --threads {cpus}" : "";
        return text.Append($"exec {Program} run {Shell(Run)} --shard auto --requeue{device}{threads}\n").ToString();
    }

    /// <summary>Runs when all array tasks have ended, however they ended: it tells what is missing.</summary>
    public string Merge()
    {
        StringBuilder text = Head($"gpumlp-{Name}-merge", $"merges plan {PlanHash[..12]}, or tells which units are missing");
        Line(text, "--ntasks", "1");
        Common(text, "merge-%j.log");
        End(text);
        return text.Append($"exec {Program} merge {Shell(Run)}\n").ToString();
    }

    /// <summary>How many tasks at once an existing script allows, if it says so.</summary>
    public static int? MaxParallelOf(string script) =>
        ArrayLine().Match(script) is { Success: true } match ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;

    /// <summary>One word for a shell, quoted where it must be.</summary>
    public static string Shell(string word) => Plain().IsMatch(word) ? word : $"'{word.Replace("'", "'\\''")}'";

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
        Line(text, "--output", Path.Combine(Run.Replace("%", "%%"), LogFolder, log));
    }

    private void End(StringBuilder text)
    {
        foreach (string extra in Settings.Extra)
        {
            text.Append($"#SBATCH {extra}\n");
        }

        text.Append('\n');
    }

    private static void Line(StringBuilder text, string option, string? value)
    {
        if (value is not null)
        {
            text.Append($"#SBATCH {option}={(value.Any(char.IsWhiteSpace) ? $"\"{value}\"" : value)}\n");
        }
    }

    [GeneratedRegex(@"(?m)^#SBATCH --array=[^%\s]*%(\d{1,9})")]
    private static partial Regex ArrayLine();

    [GeneratedRegex("^[A-Za-z0-9_@%+=:,./-]+$")]
    private static partial Regex Plain();

    [GeneratedRegex("[^A-Za-z0-9_.-]+")]
    private static partial Regex NotInNames();
}
