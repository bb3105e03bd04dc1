using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using GpuMlp.Tests;
using Xunit;

namespace GpuMlp.Runner.Tests.Cluster;

/// <summary>
/// A private Slurm of two nodes, made of the real daemons by <c>tests/slurm/up.sh</c>. Under CI it must be there; elsewhere
/// tests are skipped without it.
/// </summary>
public sealed partial class SlurmCluster : IDisposable
{
    private const string Install = "needs Slurm's daemons: apt-get install --no-install-recommends slurmctld slurmd slurm-client munge";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(300);

    private static readonly bool s_isInstalled = OperatingSystem.IsLinux() && File.Exists("/usr/sbin/slurmd");

    private readonly string _scripts = Checkout.PathOf("tests", "slurm");
    private string _folder = "";
    private bool _isUp, _wasRestarted;

    public string Configuration => Path.Combine(_folder, "etc", "slurm.conf");

    /// <summary>
    /// First in every test: two idle nodes. A test leaves the cluster without a node where it took one away, or where it
    /// failed; the next one gets a new cluster then.
    /// </summary>
    public void Require()
    {
        Assert.SkipUnless(s_isInstalled || Environment.GetEnvironmentVariable("CI") is { Length: > 0 }, Install);
        Assert.True(s_isInstalled, Install);
        if (_isUp && !HasTwoNodes(TimeSpan.FromSeconds(20)))
            Down();
        if (!_isUp)
            Up();
    }

    /// <summary>One of Slurm's programs, which must succeed.</summary>
    public string Sh(string program, params string[] args)
    {
        (int exitCode, string text) = Run(program, args);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', args)}: exit {exitCode}\n{text}");
        return text;
    }

    /// <summary>
    /// The signal of preemption and of a coming time limit, once. Whether it arrived is seen by what the task does: scancel reports
    /// failure where the task is gone from its node before the last answer, and five seconds later sends another signal, which on
    /// a busy machine would hit the task that has just come back.
    /// </summary>
    public void SignalUser1(string task)
    {
        using Process scancel = Start(LogPath(), "scancel", "--batch", "--signal=USR1", task);
        WaitUntil(() => scancel.HasExited || FieldOf(task, "Restarts") is not ("" or "0"), $"the end of {task} by a signal");
        scancel.Kill();
    }

    /// <summary>Takes a node away; see <c>tests/slurm/cut-node.sh</c>.</summary>
    public void Cut(string node, bool withPrograms) =>
        Run(Path.Combine(_scripts, "cut-node.sh"), withPrograms ? [_folder, node, "all"] : [_folder, node]);

    /// <param name="name">Of a job that the controller must have saved before: it does so seconds after the job came, and forgets
    /// what it had not saved.</param>
    public void RestartController(string name)
    {
        WaitUntil(
            () => File.ReadAllText(Path.Combine(_folder, "state", "job_state")).Contains(name, StringComparison.Ordinal),
            $"saved job {name}");
        int process = int.Parse(File.ReadAllText(Path.Combine(_folder, "run", "slurmctld.pid")), CultureInfo.InvariantCulture);
        using (var controller = Process.GetProcessById(process))
        {
            controller.Kill();
            controller.WaitForExit(s_patience);
        }

        // Without -c, which would forget the jobs.
        Sh("slurmctld", "-f", Configuration);
        WaitUntil(() => Run("scontrol", "ping").Text.Contains("is UP", StringComparison.Ordinal), "slurmctld answers");
        _wasRestarted = true;
    }

    /// <summary>A field of a job or array task, such as <c>JobState</c>; empty when Slurm does not know the job.</summary>
    public string FieldOf(string job, string field) =>
        Regex.Match(Run("scontrol", "show", "job", job, "-o").Text, $@"(?m)\b{field}=(\S*)").Groups[1].Value;

    /// <summary>Waits for the end of a job that is no array.</summary>
    /// <returns>Its last state.</returns>
    public string EndOf(string job)
    {
        string state = "";
        Dictionary<string, long> seen = [];
        WaitUntil(() => HasEnded(), $"the end of job {job}", () => $"{state}\n{Run("squeue", "--all").Text}");
        return state;

        bool HasEnded()
        {
            if (_wasRestarted)
                GoOnAfterRestart(seen);
            return Ended().IsMatch(state = FieldOf(job, "JobState"));
        }
    }

    /// <summary>
    /// What an administrator does. A task that began after the state was saved begins once more after a restart: its node says "Duplicate
    /// jobid", is drained and takes nothing any more until somebody says that it may; the controller may wait for the end of a task that
    /// ended before, or on the other node, which is told by how long it runs.
    /// </summary>
    /// <param name="seen">Since when a task has been seen to run.</param>
    private void GoOnAfterRestart(Dictionary<string, long> seen)
    {
        const int LongerThanAnyTask = 60;
        if (Run("sinfo", "--noheader", "--format", "%T").Text.Contains("drain", StringComparison.Ordinal))
            Sh("scontrol", "update", "NodeName=n1,n2", "State=RESUME");
        string[] running = Run("squeue", "--noheader", "--states=running", "--format=%i").Text
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (string gone in seen.Keys.Except(running).ToArray())
            seen.Remove(gone);
        foreach (string task in running)
        {
            if (seen.TryAdd(task, Stopwatch.GetTimestamp()) || Stopwatch.GetElapsedTime(seen[task]).TotalSeconds < LongerThanAnyTask)
                continue;
            seen.Remove(task);
            Run("scontrol", "requeue", task);
        }
    }

    public static void WaitUntil(Func<bool> happened, string what, Func<string>? detail = null)
    {
        long start = Stopwatch.GetTimestamp();
        while (!happened())
        {
            Assert.True(
                Stopwatch.GetElapsedTime(start) < s_patience,
                $"waited {s_patience.TotalSeconds:0} s in vain for {what}\n{detail?.Invoke()}");
            Thread.Sleep(50);
        }
    }

    public void Dispose() => Down();

    private void Up()
    {
        _folder = Directory.CreateTempSubdirectory("gpumlp-slurm-").FullName;
        (int exitCode, string text) = Run(Path.Combine(_scripts, "up.sh"), _folder);
        _isUp = exitCode == 0;
        Assert.True(_isUp, text);
    }

    private void Down()
    {
        if (_folder.Length == 0)
            return;
        Run(Path.Combine(_scripts, "down.sh"), _folder);
        Directory.Delete(_folder, recursive: true);
        (_folder, _isUp) = ("", false);
    }

    /// <summary>Whether both are idle, or come to be: a node that has just ended a job cleans up after it.</summary>
    private bool HasTwoNodes(TimeSpan patience)
    {
        long start = Stopwatch.GetTimestamp();
        do
        {
            string[] states = Run("sinfo", "--noheader", "--Node", "--partition=main", "--format=%T").Text.Split('\n');
            if (states.Count(state => state == "idle") == 2)
                return true;
            if (states.Any(state => state.StartsWith("down", StringComparison.Ordinal)))
                return false;
            Thread.Sleep(50);
        }
        while (Stopwatch.GetElapsedTime(start) < patience);
        return false;
    }

    private (int ExitCode, string Text) Run(string program, params string[] args)
    {
        string log = LogPath();
        using Process process = Start(log, program, args);
        Assert.True(process.WaitForExit(s_patience), $"{program} does not end");
        return (process.ExitCode, File.ReadAllText(log).Trim());
    }

    private string LogPath() => Path.Combine(_folder, $"{Guid.NewGuid():N}.out");

    private Process Start(string log, string program, params string[] args)
    {
        // Daemons keep what they inherit: a pipe of theirs would never end.
        ProcessStartInfo start = new("bash") { ArgumentList = { "-c", "exec \"$@\" >\"$0\" 2>&1 </dev/null", log, program } };
        foreach (string arg in args)
            start.ArgumentList.Add(arg);
        start.Environment["SLURM_CONF"] = Configuration;
        start.Environment["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin";
        return Process.Start(start)!;
    }

    [GeneratedRegex("COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL|DEADLINE|OUT_OF_MEMORY")]
    private static partial Regex Ended();
}
