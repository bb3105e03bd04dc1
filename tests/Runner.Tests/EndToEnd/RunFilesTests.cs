using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using GpuMlp.Engine;
using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>A tiny finished sweep of seed 0, and one of seed 1; copies of the first are tampered with.</summary>
public sealed class TwoSweeps : IDisposable
{
    private readonly Workplace _place = new();
    private readonly string _data;

    public TwoSweeps()
    {
        _data = _place.Data();
        Gpumlp.Here(["sweep", .. Flags(0), "--out", Own]).AssertSuccess();
        Gpumlp.Here(["sweep", .. Flags(1), "--out", Other]).AssertSuccess();
    }

    public string Own => _place["own"];

    public string Other => _place["other"];

    public string[] Flags(int seed) =>
    [
        "--data", _data, "--tasks", "0v1,1v2", "--hidden", "2,3", "--seeds", $"{seed}", "--lr", "0.03", "--epochs", "3",
        "--sparsity", "0.5,0.9",
        "--corruption", "none", "--embedding", "none", "--similarity", "none", "--saliency", "0", "--threads", "2",
    ];

    public void Dispose() => _place.Dispose();
}

/// <summary>
/// What commands read back from a run and write into it: the run's own, and nothing else, whatever the run's folder is called.
/// </summary>
[Trait("Size", "large")]
public sealed partial class RunFilesTests(TwoSweeps sweeps) : IClassFixture<TwoSweeps>, IDisposable
{
    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Theory]
    [InlineData("hidden=7")]
    [InlineData("lr=0.03")]
    [InlineData("task=1v0/seed=9/val_f1=0.99")]
    public void Names_of_folders_never_enter_the_figures(string folder)
    {
        string run = Path.Combine(_place[folder], "best_train_f1=0.5");
        Gpumlp.Outcome odd = Gpumlp.Here(["sweep", .. sweeps.Flags(0), "--out", run]);
        odd.AssertSuccess();
        Assert.Equal(Here("merge", Copy()).Out, odd.Out);
        Assert.Equal(Workplace.FilesOf(sweeps.Own), Workplace.FilesOf(run));
        Assert.Equal(CutReport(sweeps.Own), CutReport(run));
    }

    [Fact]
    public void A_report_has_the_same_bytes_by_sweep_and_by_shards_but_for_the_lines_about_the_machine()
    {
        string run = _place["elsewhere"];
        Gpumlp.Here(["plan", .. sweeps.Flags(0), "--shards", "2", "--out", run]).AssertSuccess();
        Gpumlp.Run("run", run, "--shard", "1/2").AssertSuccess();
        Gpumlp.Run("run", run, "--shard", "0/2").AssertSuccess();
        Here("merge", run).AssertSuccess();
        string own = File.ReadAllText(Path.Combine(sweeps.Own, "report.html")), other = File.ReadAllText(Path.Combine(run, "report.html"));
        Assert.NotEqual(own, other);
        Assert.Equal(CutReport(sweeps.Own), CutReport(run));
        Assert.Contains("2 processes, 2 units", other);

        // The line of the documentation does the same.
        using Process sed = Process.Start(new ProcessStartInfo(
            "sed",
            ["/<!-- machine -->/,/<!-- \\/machine -->/d", Path.Combine(run, "report.html")])
        { RedirectStandardOutput = true })!;
        Assert.Equal(CutReport(run), sed.StandardOutput.ReadToEnd());
    }

    [Fact]
    public void A_report_takes_away_what_a_killed_one_left_and_nothing_else()
    {
        string run = Copy(), mine = Path.Combine(run, "plots", "mine.tmp");
        string[] left = [Path.Combine(run, ".report.html.0123abcd.1.0123abcd.tmp"),
            Path.Combine(run, "plots", ".figure.png.0123abcd.1.0123abcd.tmp")];
        foreach (string file in left.Append(mine))
        {
            File.WriteAllText(file, "half a file");
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-2));
        }

        Here("report", run).AssertSuccess();
        Assert.All(left, file => Assert.False(File.Exists(file)));
        Assert.True(File.Exists(mine));
    }

    [Fact]
    public void A_merge_of_shards_tells_who_trained_and_a_merge_of_a_sweep_keeps_it()
    {
        string run = Copy();
        JsonElement before = Info(run);
        Here("merge", run, "--quiet").AssertSuccess();
        JsonElement after = Info(run);
        foreach (string field in new[] { "command_line", "device", "threads", "started_utc", "finished_utc", "models_ok" })
            Assert.Equal(before.GetProperty(field).ToString(), after.GetProperty(field).ToString());
        Assert.Equal("cpu", after.GetProperty("device").GetString());
        Assert.Equal(
            before.GetProperty("seconds_by_phase").GetProperty("train").GetDouble(),
            after.GetProperty("seconds_by_phase").GetProperty("train").GetDouble());
        Assert.Equal(2, Assert.Single(after.GetProperty("trained").EnumerateArray()).GetProperty("units").GetInt32());

        // A unit that is done again by another process.
        File.Delete(UnitPath(run, 1));
        Gpumlp.Run("run", run, "--quiet").AssertSuccess();
        Assert.Single(Directory.GetFiles(Path.Combine(run, "trained")));
        Here("merge", run, "--quiet").AssertSuccess();
        Assert.Equal([2, 1], Info(run).GetProperty("trained").EnumerateArray().Select(record => record.GetProperty("units").GetInt32()));
        Assert.False(Directory.Exists(Path.Combine(run, "trained")));
    }

    [Theory]
    [InlineData("weights/0v1-s0.safetensors", "weights/0v1-s1.safetensors", "export")]
    [InlineData("weights/0v1-s0.safetensors", "weights/0v1-s1.safetensors", "saliency")]
    [InlineData("split/0v1-s0.json", "split/0v1-s1.json", "saliency")]
    [InlineData("results.parquet", "results.parquet", "report")]
    [InlineData("history.parquet", "history.parquet", "report")]
    [InlineData("pruning.parquet", "pruning.parquet", "report")]
    [InlineData("run.json", "run.json", "report")]
    public void A_file_of_another_run_is_refused_by_name_and_a_merge_makes_it_again(string file, string foreign, string command)
    {
        string run = Copy(), path = Path.Combine(run, file);
        byte[] page = File.ReadAllBytes(Path.Combine(run, "report.html"));
        File.Copy(Path.Combine(sweeps.Other, foreign), path, overwrite: true);
        Assert.StartsWith($"gpumlp: {path}: ", Here(command, run).AssertOneLine(2));
        Assert.Equal(page, File.ReadAllBytes(Path.Combine(run, "report.html")));
        Assert.False(Directory.Exists(Path.Combine(run, "export")));
        Here("merge", run, "--quiet").AssertSuccess();
        Here(command, run).AssertSuccess();
        if (file != "run.json")
            Assert.Equal(File.ReadAllBytes(Path.Combine(sweeps.Own, file)), File.ReadAllBytes(path));
    }

    [Fact]
    public void A_flipped_bit_in_weights_is_exported_by_no_command()
    {
        string run = Copy(), path = Path.Combine(run, "weights", "1v2-s0.safetensors");
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^9] ^= 0x40;
        File.WriteAllBytes(path, bytes);

        // The other task's weights are whole, but half an export would look like one.
        Assert.Contains("1v2-s0.safetensors: not what this run's merge wrote", Here("export", run).AssertOneLine(2));
        Assert.False(Directory.Exists(Path.Combine(run, "export")));
        Here("export", run, "--tasks", "0v1").AssertSuccess();
    }

    [Fact]
    public void A_table_that_is_gone_is_told_on_the_page_and_in_a_line()
    {
        string run = Copy();
        File.Delete(Path.Combine(run, "pruning.parquet"));
        Gpumlp.Outcome outcome = Here("report", run, "--quiet");
        Assert.Equal($"gpumlp: left out of the report: {Path.Combine(run, "pruning.parquet")}: not there; `gpumlp merge "
            + $"{Quoting.Bash(run)}` makes it again from the run's units", outcome.AssertOneLine(3));
        Assert.Contains(
            "Left out of this page: pruning, as the run&#39;s pruning.parquet is missing or cannot be read.",
            File.ReadAllText(Path.Combine(run, "report.html")));
        Here("merge", run, "--quiet").AssertSuccess();
        Gpumlp.Outcome again = Here("report", run, "--quiet");
        Assert.Equal((0, ""), (again.ExitCode, again.Error));
        Assert.DoesNotContain("Left out of this page", File.ReadAllText(Path.Combine(run, "report.html")));
    }

    [Theory]
    [InlineData("run.json", "report", 2)]
    [InlineData("manifest.json", "export", 2)]
    [InlineData("pruning.parquet", "report", 3)]
    [InlineData("weights/0v1-s0.safetensors", "export", 2)]
    public void A_pipe_in_the_place_of_a_file_keeps_nobody_waiting(string file, string command, int exitCode)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "folders there hold no pipes");
        string run = Copy(), path = Path.Combine(run, file);
        File.Delete(path);
        using (Process make = Process.Start("mkfifo", [path]))
            make.WaitForExit();
        Assert.Contains($"{path}: a pipe", Gpumlp.Run(command, run, "--quiet").AssertOneLine(exitCode));
        Here("merge", run, "--quiet").AssertSuccess();
        Here(command, run, "--quiet").AssertSuccess();
    }

    [Fact]
    public void The_plan_of_another_run_is_refused_and_its_return_makes_all_good()
    {
        string run = Copy(), plan = Path.Combine(run, "plan.json");
        File.Copy(Path.Combine(sweeps.Other, "plan.json"), plan, overwrite: true);
        foreach (string command in new[] { "merge", "run" })
            Assert.Contains("but the units here (2 files) were made by plan", Here(command, run, "--quiet").AssertOneLine(2));
        Assert.Contains("manifest.json: of another plan", Here("export", run).AssertOneLine(2));
        File.Copy(Path.Combine(sweeps.Own, "plan.json"), plan, overwrite: true);
        Assert.Equal(Workplace.FilesOf(sweeps.Own), Workplace.FilesOf(run));

        // Earlier versions had set the units aside.
        File.Move(UnitPath(run, 0), UnitPath(run, 0) + ".bad");
        Gpumlp.Outcome merge = Here("merge", run, "--quiet");
        merge.AssertSuccess();
        Assert.Equal($"{UnitPath(run, 0)}.bad: right for this plan; taken back", Assert.Single(Cli.Told(merge.Error)));
        Assert.Equal(Workplace.FilesOf(sweeps.Own), Workplace.FilesOf(run));
    }

    [Theory]
    [InlineData("weights", "merge")]
    [InlineData("plots", "report")]
    [InlineData("export", "export")]
    [InlineData("saliency", "saliency")]
    public void Nothing_is_written_through_a_link_in_a_run(string folder, string command)
    {
        string run = Copy(), outside = Directory.CreateDirectory(_place["outside"]).FullName, link = Path.Combine(run, folder);
        if (Directory.Exists(link))
            Directory.Delete(link, recursive: true);
        Directory.CreateSymbolicLink(link, outside);
        Assert.StartsWith($"gpumlp: {link}: a link", Here(command, run, "--quiet").AssertOneLine(2));
        Assert.Empty(Directory.GetFileSystemEntries(outside));

        // The run as a whole may be one.
        Directory.Delete(link);
        Directory.CreateSymbolicLink(_place["linked"], run);
        Here("merge", _place["linked"], "--quiet").AssertSuccess();
        Here(command, _place["linked"], "--quiet").AssertSuccess();
    }

    private static Gpumlp.Outcome Here(params string[] args) => Gpumlp.Here(args);

    private static string UnitPath(string run, int id) => Path.Combine(run, "units", "000", $"unit-{id:D6}.parquet");

    private static string CutReport(string run) => Machine().Replace(File.ReadAllText(Path.Combine(run, "report.html")), "");

    private static JsonElement Info(string run)
    {
        using var info = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(run, "run.json")));
        return info.RootElement.Clone();
    }

    private string Copy()
    {
        string run = _place[$"run {Directory.GetDirectories(_place.Root).Length}"];
        foreach (string file in Directory.EnumerateFiles(sweeps.Own, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(run, Path.GetRelativePath(sweeps.Own, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return run;
    }

    [GeneratedRegex("^<!-- machine -->\n(?s:.*?)^<!-- /machine -->\n", RegexOptions.Multiline)]
    private static partial Regex Machine();
}
