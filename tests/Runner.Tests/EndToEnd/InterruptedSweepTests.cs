using GpuMlp.Runner.Tests.EndToEnd;
using Xunit;

[assembly: AssemblyFixture(typeof(UndisturbedSweep))]

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>A sweep of forty units that nothing disturbed, and what it left; made when first asked for, once for all classes.</summary>
public sealed class UndisturbedSweep : IDisposable
{
    public const int Units = 40;

    private readonly Workplace _place = new();
    private readonly Lazy<SortedDictionary<string, string>> _files;
    private readonly string _data;

    public UndisturbedSweep()
    {
        _data = _place.Data();
        _files = new(() =>
        {
            Gpumlp.Run(Args(_place["run"])).AssertSuccess();
            Assert.Equal(Units, Workplace.UnitsIn(_place["run"]));
            return Workplace.FilesOf(_place["run"]);
        });
    }

    public SortedDictionary<string, string> Files => _files.Value;

    // One worker, so that the sweep takes its time on any machine. How many there are changes no byte.
    public string[] Args(string run) =>
    [
        "sweep", "--data", _data, "--tasks", "0v1,1v2", "--hidden", "2,3", "--seeds", "0..19", "--epochs", "300", "--threads", "2",
        "--sparsity", "0.5", "--pruning", "layer", "--corruption", "gaussian:0.1", "--similarity", "none", "--out", run,
    ];

    public string CopyTo(string folder)
    {
        foreach (string file in Files.Keys.Concat(["run.json", "report.html"]))
        {
            string copy = Path.Combine(folder, file);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(Path.Combine(_place["run"], file), copy);
        }

        return folder;
    }

    public void Dispose() => _place.Dispose();
}

/// <summary>Everything that may disturb a sweep.</summary>
[Trait("Size", "large")]
public sealed class InterruptedSweepTests(UndisturbedSweep undisturbed) : IDisposable
{
    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void Kills_at_random_moments_change_no_byte_of_the_result()
    {
        string run = _place["killed"];
        var random = new Random();
        int killed = 0;
        for (int round = 0; round < 5; round++)
        {
            using var program = Gpumlp.Start(undisturbed.Args(run));

            // Half of the kills fall into start and planning, half among the units.
            if (round % 2 == 0)
            {
                Thread.Sleep(random.Next(50, 400));
            }
            else
            {
                int units = Workplace.UnitsIn(run) + random.Next(1, 4);
                program.WaitUntil(() => Workplace.UnitsIn(run) >= units);
                Thread.Sleep(random.Next(0, 20));
            }

            killed += program.HasExited ? 0 : 1;
            program.Kill();
            program.End();
        }

        Assert.True(killed >= 4, $"{killed} of 5 kills met a living process");
        Gpumlp.Here(undisturbed.Args(run)).AssertSuccess();
        Assert.Equal(undisturbed.Files, Workplace.FilesOf(run));
    }

    [Fact]
    public void A_kill_while_tables_and_pictures_are_written_changes_no_byte_of_the_result()
    {
        string run = undisturbed.CopyTo(_place["run"]);
        foreach (string file in new[] { "results.csv", "weights/0v1-s3.safetensors", "saliency/0v1-s0-h3-gradient.png" })
        {
            File.Delete(Path.Combine(run, file));
            using var program = Gpumlp.Start(undisturbed.Args(run));
            program.WaitUntil(() => File.Exists(Path.Combine(run, file)));
            program.Kill();
            program.End();
        }

        Gpumlp.Here(undisturbed.Args(run)).AssertSuccess();
        Assert.Equal(undisturbed.Files, Workplace.FilesOf(run));
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 75)]
    [InlineData("HUP", 75)]
    public void A_signal_ends_a_sweep_that_can_be_resumed(string signal, int exitCode)
    {
        string run = _place["stopped"];

        // Whoever runs tests in the background or by nohup ignores some signals, and children inherit that.
        using (var program = Gpumlp.StartInBash("exec env --default-signal \"$@\"", undisturbed.Args(run)))
        {
            program.WaitUntil(() => Workplace.UnitsIn(run) >= 2);
            program.Signal(signal);
            Gpumlp.Outcome stopped = program.End();
            Assert.Equal((exitCode, ""), (stopped.ExitCode, stopped.Out));
            Assert.Contains("same command again resumes", Cli.Lines(stopped.Error)[^1]);
        }

        Assert.InRange(Workplace.UnitsIn(run), 2, UndisturbedSweep.Units - 1);
        Assert.False(File.Exists(Path.Combine(run, "results.csv")));
        Gpumlp.Outcome resumed = Gpumlp.Here(undisturbed.Args(run));
        resumed.AssertSuccess();
        Assert.Contains("units already done", resumed.Error);
        Assert.Equal(undisturbed.Files, Workplace.FilesOf(run));
    }

    [Fact]
    public void A_hang_up_that_nohup_ignores_stops_nothing()
    {
        string run = _place["nohup"];
        using var program = Gpumlp.StartInBash("trap '' HUP; exec \"$@\"", undisturbed.Args(run));
        program.WaitUntil(() => Workplace.UnitsIn(run) >= 2);
        program.Signal("HUP");
        program.End().AssertSuccess();
        Assert.Equal(undisturbed.Files, Workplace.FilesOf(run));
    }

    [Fact]
    public void Two_processes_at_once_in_one_folder_do_no_harm()
    {
        string run = _place["both"];
        using (Gpumlp one = Gpumlp.Start(undisturbed.Args(run)), two = Gpumlp.Start(undisturbed.Args(run)))
        {
            one.End().AssertSuccess();
            two.End().AssertSuccess();
        }

        Assert.Equal(undisturbed.Files, Workplace.FilesOf(run));
    }

    [Fact]
    public void Torn_foreign_and_stale_files_are_put_right()
    {
        string run = undisturbed.CopyTo(_place["run"]), units = Path.Combine(run, "units", "000");
        string torn = Path.Combine(units, "unit-000003.parquet"), foreign = Path.Combine(units, "unit-000005.parquet");
        File.WriteAllBytes(torn, File.ReadAllBytes(torn)[..500]);
        File.Copy(Path.Combine(units, "unit-000006.parquet"), foreign, overwrite: true);
        File.WriteAllText(Path.Combine(units, "notes.txt"), "mine");

        // As a dead process of this machine would leave them: the owner is taken from a real name.
        string stale = StaleName(units, "unit-000007.parquet");
        string stalePicture = StaleName(Path.Combine(run, "saliency"), "0v1-s0-h3-gradient.png");

        Gpumlp.Outcome again = Gpumlp.Here(undisturbed.Args(run));
        again.AssertSuccess();
        Assert.Contains($"{torn}: torn or not Parquet; set aside", again.Error);
        Assert.Contains($"{foreign}: another unit; set aside", again.Error);
        Assert.False(File.Exists(stale));
        Assert.False(File.Exists(stalePicture));
        Assert.Equal("mine", File.ReadAllText(Path.Combine(units, "notes.txt")));
        foreach (string extra in new[] { torn + ".bad", foreign + ".bad", Path.Combine(units, "notes.txt") })
            File.Delete(extra);
        Assert.Equal(undisturbed.Files, Workplace.FilesOf(run));
    }

    [Fact]
    public void A_full_disk_costs_no_finished_unit_and_room_lets_the_sweep_resume()
    {
        using Tmpfs? disk = Tmpfs.TryMount(_place["disk"], "200k");
        Assert.SkipWhen(disk is null, "needs a right to mount a tmpfs");

        string run = Path.Combine(disk!.Path, "run");
        Gpumlp.Outcome full = Gpumlp.Here([.. undisturbed.Args(run), "--quiet"]);
        Assert.Contains("disk full", full.AssertOneLine(75));
        Assert.InRange(Workplace.UnitsIn(run), 1, UndisturbedSweep.Units - 1);

        disk.Resize("50m");
        Gpumlp.Outcome resumed = Gpumlp.Here(undisturbed.Args(run));
        resumed.AssertSuccess();
        Assert.Contains("units already done", resumed.Error);
        Assert.Equal(undisturbed.Files, Workplace.FilesOf(run));
    }

    private static string StaleName(string folder, string file)
    {
        string path = Path.Combine(folder, $".{file}.00000000.1.abcdef01.tmp");
        File.WriteAllText(path, "half");
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddDays(-2));
        return path;
    }
}
