using GpuMlp.Runner.Progress;
using GpuMlp.Runner.Streams;
using Spectre.Console;
using Xunit;

namespace GpuMlp.Runner.Tests;

public sealed class ProgressTests
{
    private static readonly SweepState s_state = new(
        ModelsDone: 70, Models: 165, UnitsDone: 6, Units: 15, Fraction: 0.4, Left: TimeSpan.FromSeconds(30), EpochsDone: 600,
        GflopDone: 4000, Elapsed: TimeSpan.FromSeconds(20), BestF1: 0.99851, Now: "4v9 seed 42", Phase: "pruning", Failed: 0);

    [Fact]
    public void Rates_are_work_over_time()
    {
        Assert.Equal(200, s_state.GflopRate, 9);
        Assert.Equal(30, s_state.EpochRate, 9);
    }

    [Fact]
    public void Resumed_work_does_not_count_into_the_rate()
    {
        SweepState resumed = s_state with { GflopAtStart = 3000, EpochsAtStart = 500 };
        Assert.Equal(50, resumed.GflopRate, 9);
        Assert.Equal(5, resumed.EpochRate, 9);
    }

    [Fact]
    public void A_state_ages_until_no_time_is_left()
    {
        SweepState aged = s_state.After(TimeSpan.FromSeconds(12));
        Assert.Equal((TimeSpan.FromSeconds(32), TimeSpan.FromSeconds(18)), (aged.Elapsed, aged.Left));
        Assert.Equal(TimeSpan.Zero, s_state.After(TimeSpan.FromSeconds(31)).Left);
        Assert.Null((s_state with { Left = null }).After(TimeSpan.FromSeconds(31)).Left);
    }

    [Fact]
    public void Plain_progress_goes_on_while_nothing_new_is_told()
    {
        using StringWriter stderr = new() { NewLine = "\n" };
        using (PlainProgress progress = new(stderr))
        {
            // The next line is due a tenth of a second after this one was told.
            progress.Update(s_state with { Elapsed = TimeSpan.FromSeconds(4.9) });
            Thread.Sleep(TimeSpan.FromSeconds(1.6));
        }

        Assert.Contains("pruning", Cli.Lines(stderr.ToString())[0]);
        Assert.Equal(2, Cli.Lines(stderr.ToString()).Length);
    }

    [Theory]
    [InlineData(0, "0:00")]
    [InlineData(59.6, "1:00")]
    [InlineData(123, "2:03")]
    [InlineData(3723, "1:02:03")]
    [InlineData(273600, "3 d 04 h")]
    public void Durations_read_like_a_clock(double seconds, string expected) =>
        Assert.Equal(expected, ProgressText.Duration(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.254, "0.25")]
    [InlineData(8.06, "8.1")]
    [InlineData(12345.6, "12,346")]
    public void Rates_have_the_digits_that_matter(double value, string expected) =>
        Assert.Equal(expected, ProgressText.Number(value));

    [Fact]
    public void Plain_progress_writes_a_line_each_five_seconds_and_one_at_the_end()
    {
        using StringWriter stderr = new() { NewLine = "\n" };
        using (PlainProgress progress = new(stderr))
        {
            for (int tenths = 0; tenths <= 112; tenths++)
            {
                progress.Update(s_state with { Elapsed = TimeSpan.FromSeconds(tenths / 10.0), ModelsDone = tenths });
            }

            progress.Note("one note");
        }

        string[] lines = Cli.Lines(stderr.ToString());
        Assert.Equal(
            [
                "40 %, 50/165 models, 6/15 units, 800 GFLOP/s, F1 0.9985, 0:30 left, pruning",
                "40 %, 100/165 models, 6/15 units, 400 GFLOP/s, F1 0.9985, 0:30 left, pruning",
                "one note",
                "stopped after 112/165 models, 6/15 units in 0:11, 357 GFLOP/s dense-equivalent",
            ],
            lines);
    }

    [Fact]
    public void Plain_lines_have_no_escapes_and_fit_80_columns()
    {
        using StringWriter stderr = new() { NewLine = "\n" };
        SweepState large = s_state with
        {
            ModelsDone = 1_000_000,
            Models = 1_000_000,
            UnitsDone = 99_999,
            Units = 99_999,
            Failed = 12_345,
            GflopDone = 1e12,
            Elapsed = TimeSpan.FromDays(30),
        };
        using (ISweepProgress progress = SweepProgress.Create(Cli.Piped(TextWriter.Null, stderr), quiet: false))
        {
            progress.Update(large);
        }

        string[] lines = Cli.Lines(stderr.ToString());
        Assert.Equal(2, lines.Length);
        Assert.All(lines, line => Assert.True(line.Length <= 80 && !line.Any(char.IsControl), line));
    }

    [Theory]
    [InlineData("", 0, 0, "")]
    [InlineData("", 2, 5, ", 2 of 5")]
    [InlineData("weights", 14, 15, ": weights, 14 of 15")]
    public void A_step_is_told_behind_the_words_of_its_phase(string what, int done, int all, string expected) =>
        Assert.Equal(expected, ProgressText.Step(what, done, all));

    [Fact]
    public void A_phase_is_on_the_terminal_from_its_first_moment_and_leaves_nothing_there()
    {
        using StringWriter stderr = new();
        using (new PhaseLine(new CommandIo(TextWriter.Null, stderr, OutIsTerminal: true, ErrorIsTerminal: true), "merging"))
            Assert.Equal("\rmerging, 0:00.", stderr.ToString());
        Assert.EndsWith($"\r{new string(' ', "merging, 0:00.".Length)}\r", stderr.ToString());
    }

    [Fact]
    public void A_phase_of_an_instant_is_not_mentioned_when_piped()
    {
        using StringWriter stderr = new();
        using (PhaseLine line = new(Cli.Piped(TextWriter.Null, stderr), "merging"))
            line.Tell("weights", 1, 2);
        Assert.Equal("", stderr.ToString());
    }

    [Fact]
    public void A_sweep_whose_first_unit_was_never_begun_has_no_last_line()
    {
        using StringWriter text = new();
        using (LiveProgress progress = new(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(text) })))
            progress.Begin(s_state with { ModelsDone = 0 });
        Assert.DoesNotContain("stopped after", text.ToString());
    }

    [Fact]
    public void Quiet_progress_writes_nothing()
    {
        using StringWriter stderr = new();
        using (ISweepProgress progress = SweepProgress.Create(Cli.Piped(TextWriter.Null, stderr), quiet: true))
        {
            progress.Update(s_state);
            progress.Note("a note");
        }

        Assert.Equal("", stderr.ToString());
    }

    [Theory]
    [InlineData(80)]
    [InlineData(200)]
    [InlineData(30)]
    public void Live_display_is_four_lines_within_80_columns(int width)
    {
        SweepState long_ = s_state with { Now = new string('x', 200), Failed = 3 };
        using StringWriter stderr = new() { NewLine = "\n" };
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            Out = new AnsiConsoleOutput(stderr),
        });
        console.Profile.Width = width;
        console.Write(LiveProgress.Draw(long_, TimeSpan.FromSeconds(10), width));

        string[] lines = Cli.Lines(stderr.ToString());
        Assert.Equal(4, lines.Length);
        Assert.All(lines, line => Assert.True(line.TrimEnd().Length <= Math.Min(80, width), line));

        // Without colour, too, the bar shows how full it is.
        int bar = lines[0].Count(sign => sign is '━' or '─');
        Assert.Equal(new string('━', (int)(bar * 0.4)), string.Concat(lines[0].TakeWhile(sign => sign == '━')));
        if (width >= 80)
        {
            Assert.EndsWith("  40 %", lines[0].TrimEnd());
            Assert.Contains("70/165 models, 6/15 units, 3 failed, now xxx", lines[1]);
            Assert.Contains("30.0 epochs/s, 200 GFLOP/s dense-equivalent", lines[2]);
            Assert.Contains("0:30 elapsed, 0:20 left, best training F1 0.9985", lines[3]);
        }
    }

    [Fact]
    public void Live_display_names_the_phase()
    {
        using StringWriter stderr = new() { NewLine = "\n" };
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(stderr) });
        console.Write(LiveProgress.Draw(s_state, TimeSpan.Zero, 80));
        Assert.Equal("70/165 models, 6/15 units, now 4v9 seed 42, pruning", Cli.Lines(stderr.ToString())[1].TrimEnd());
    }

    [Fact]
    public void Live_display_ends_with_a_line_that_stays_and_shows_notes()
    {
        using StringWriter stderr = new() { NewLine = "\n" };
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            Out = new AnsiConsoleOutput(stderr),
        });
        using (LiveProgress progress = new(console))
        {
            progress.Update(s_state with { ModelsDone = 165, UnitsDone = 15, Fraction = 1, GflopDone = 10000 });
            progress.Note("[a note] with brackets");
        }

        string text = stderr.ToString();
        Assert.Contains("[a note] with brackets", text);
        Assert.EndsWith("trained 165/165 models, 15/15 units in 0:20, 500 GFLOP/s dense-equivalent\n", text);
        Assert.Contains("\u001b[?25h", text);
    }
}
