using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>A small sweep with all its streams, and what it left.</summary>
public sealed class PlainSweep : IDisposable
{
    private readonly Workplace _place = new();
    private readonly string _data;

    public PlainSweep()
    {
        _data = _place.Data();
        Gpumlp.Run(Args(_place["run"])).AssertSuccess();
        Files = Workplace.FilesOf(_place["run"]);
    }

    public SortedDictionary<string, string> Files { get; }

    public string[] Args(string run) =>
    [
        "sweep", "--data", _data, "--tasks", "0v1", "--hidden", "2", "--seeds", "0", "--epochs", "2", "--sparsity", "none",
        "--corruption", "none",
        "--embedding", "none", "--similarity", "none", "--saliency", "0", "--out", run,
    ];

    public void Dispose() => _place.Dispose();
}

/// <summary>Streams that are closed, full or cut off: the exit code tells the work, whatever became of the log.</summary>
[Trait("Size", "large")]
public sealed class StreamTests(PlainSweep plain) : IClassFixture<PlainSweep>, IDisposable
{
    private readonly Workplace _place = new();

    private string[] Sweep => plain.Args(_place["run"]);

    public void Dispose() => _place.Dispose();

    [Theory]
    [InlineData("<&-", true)]
    [InlineData("2>&-", true)]
    [InlineData(">&-", false)]
    [InlineData("<&- >&- 2>&-", false)]
    [InlineData("2</dev/null", true)]
    [InlineData("2>/dev/full", true)]
    public void A_stream_that_is_closed_or_full_changes_no_exit_code_and_no_byte(string redirection, bool hasTable)
    {
        Gpumlp.Outcome outcome = Gpumlp.Bash($"exec \"$@\" {redirection}", Sweep);
        outcome.AssertSuccess();
        Assert.Equal(hasTable, outcome.Out.StartsWith("Best training F1", StringComparison.Ordinal));
        Assert.Equal(plain.Files, Workplace.FilesOf(_place["run"]));
    }

    [Theory]
    [InlineData("2>&-")]
    [InlineData("<&- >&- 2>&-")]
    [InlineData("2>/dev/full")]
    public void A_wrong_flag_has_its_exit_code_without_a_place_for_its_line(string redirection) =>
        Assert.Equal((2, "", ""), Parts(Gpumlp.Bash($"exec \"$@\" {redirection}", ["sweep", "--tasks", "5v5", "--out", _place["run"]])));

    [Fact]
    public void A_table_that_could_not_be_printed_is_told_and_the_work_is_done()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full");
        string line = Gpumlp.Bash("exec \"$@\" >/dev/full", [.. Sweep, "--quiet"]).AssertOneLine(0);
        Assert.Contains("stdout: disk full; what was to be printed is lost, the work is not", line);
        Assert.True(File.Exists(Path.Combine(_place["run"], "run.json")));
        Assert.Equal(0, Gpumlp.Bash("exec \"$@\" >/dev/full 2>&1", Sweep).ExitCode);
        Assert.Contains("stdout: ", Gpumlp.Bash("exec \"$@\" 1</dev/null", [.. Sweep, "--quiet"]).AssertOneLine(0));
    }

    [Theory]
    [InlineData("--version")]
    [InlineData("help")]
    [InlineData("devices")]
    public void A_command_that_only_prints_has_failed_when_that_is_lost(string command)
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full");
        Assert.Contains("stdout: disk full", Gpumlp.Bash("exec \"$@\" >/dev/full", command).AssertOneLine(75));
        Assert.Equal(75, Gpumlp.Bash("exec \"$@\" >/dev/full 2>&-", command).ExitCode);
        Assert.Equal((0, "", ""), Parts(Gpumlp.Bash("exec \"$@\" >&-", command)));
    }

    [Fact]
    public void A_reader_that_goes_away_is_no_error()
    {
        Gpumlp.Outcome cut = Gpumlp.Bash("\"$@\" | head -n 1", Sweep);
        cut.AssertSuccess();
        Assert.StartsWith("Best training F1", Assert.Single(Cli.Lines(cut.Out)));
        Gpumlp.Bash("\"$@\" | head -n 1 >/dev/null", "devices").AssertSuccess();
        Gpumlp.Bash("\"$@\" 2>&1 >/dev/null | true", Sweep).AssertSuccess();
    }

    [Theory]
    [InlineData("-n 26")]
    [InlineData("-n 40")]
    [InlineData("-n 64")]
    [InlineData("-n 96")]
    [InlineData("-n 255")]
    [InlineData("-v 2097152")]
    [InlineData("-v 4194304")]
    [InlineData("-v 8388607")]
    public void A_limit_that_is_too_low_is_named_before_any_work(string limit)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs Linux's limits");
        string[] words = limit.Split(' ');
        string line = Gpumlp.Bash($"ulimit {limit}; exec \"$@\"", Sweep).AssertOneLine(2);
        Assert.StartsWith($"gpumlp: ulimit {words[0]}: {words[1]} ", line);
        Assert.Contains($"must be at least {(words[0] == "-n" ? 256 : 8388608)}", line);
        Assert.False(Directory.Exists(_place["run"]));
    }

    [Fact]
    public void Commands_that_neither_train_nor_merge_do_with_less_address_space()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs Linux's limits");
        Assert.Contains("no plan.json here", Gpumlp.Bash("ulimit -v 4194304; exec \"$@\"", "status", _place.Root).AssertOneLine(2));
    }

    [Theory]
    [InlineData("-n 256")]
    [InlineData("-v 8388608")]
    public void The_least_limits_are_enough(string limit)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs Linux's limits");
        Gpumlp.Bash($"ulimit {limit}; exec \"$@\"", Sweep).AssertSuccess();
        Assert.True(File.Exists(Path.Combine(_place["run"], "report.html")));
    }

    private static (int ExitCode, string Out, string Error) Parts(Gpumlp.Outcome outcome) => (outcome.ExitCode, outcome.Out, outcome.Error);
}
