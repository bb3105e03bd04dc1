using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Tables;
using Xunit;

namespace GpuMlp.Runner.Tests;

public sealed class SweepTableTests
{
    [Fact]
    public void Piped_table_is_the_text_expected()
    {
        string text = Piped(
        [
            Row("0v1", 2, 0, 0.90, 0.80), Row("0v1", 2, 42, 0.98, 0.90),
            Row("0v1", 16, 0, 0.91, 0.95), Row("0v1", 16, 42, 0.99, 0.97),
            Row("4v9", 2, 0, 0.50, 0.40), Row("4v9", 2, 42, 0.60, 0.60),
            Row("4v9", 16, 0, 0.95, 0.85), Row("4v9", 16, 42, double.NaN, double.NaN, ok: false),
        ]);

        Assert.Equal(
            """
            Best training F1, learning rate 0.03
             H            0v1            4v9
             2  0.940 ± 0.057  0.550 ± 0.071
            16  0.950 ± 0.057          0.950
            --  -------------  -------------
            H*             16           none

            Validation F1, learning rate 0.03
             H            0v1            4v9
             2  0.850 ± 0.071  0.500 ± 0.141
            16  0.960 ± 0.014          0.850

            Mean ± sample standard deviation over 2 seeds.
            H*: smallest H whose best training F1 exceeds 0.90 with every seed.
            1 model failed and is left out of every mean; a failed seed counts against H*.

            """,
            text);
    }

    [Theory]
    [InlineData(null, "16", "2", "H*: smallest H with a mean validation F1 within 0.01 of the best of their task.")]
    [InlineData(0.7, "2", "none", "H*: smallest H with a mean validation F1 of at least 0.7.")]
    public void Of_a_sweep_of_ones_own_the_smallest_size_is_by_validation(double? target, string first, string second, string caption)
    {
        string text = Piped(
            [
                Row("0v1", 2, 0, 0.90, 0.80), Row("0v1", 2, 42, 0.98, 0.90),
                Row("0v1", 16, 0, 0.91, 0.95), Row("0v1", 16, 42, 0.99, 0.97),
                Row("4v9", 2, 0, 0.50, 0.40), Row("4v9", 2, 42, 0.60, 0.60),
                Row("4v9", 16, 0, 0.95, 0.85), Row("4v9", 16, 42, double.NaN, double.NaN, ok: false),
            ], new F1Target(target));
        string[] lines = Cli.Lines(text);
        string summary = Assert.Single(lines, line => line.StartsWith("H* ", StringComparison.Ordinal));
        Assert.Equal(["H*", first, second], summary.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(lines.TakeWhile(line => line != summary), line => line.StartsWith("Validation F1", StringComparison.Ordinal));
        Assert.Contains(caption, lines);
    }

    [Fact]
    public void Smallest_size_needs_every_seed_and_more_than_the_mark()
    {
        Assert.Null(Capacity.EverySeed([Row("a", 2, 0, 0.90, 0)]));
        Assert.Equal(2, Capacity.EverySeed([Row("a", 2, 0, 0.9001, 0), Row("a", 4, 0, 0.5, 0)]));
        Assert.Equal(4, Capacity.EverySeed([Row("a", 2, 0, 0.95, 0), Row("a", 4, 0, 0.95, 0), Row("a", 4, 1, 0.95, 0)]));
        Assert.Null(Capacity.EverySeed([Row("a", 2, 0, 0.95, 0), Row("a", 2, 1, 0.95, 0, ok: false)]));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(5, false)]
    [InlineData(45, false)]
    [InlineData(5, true)]
    [InlineData(45, true)]
    public void Any_number_of_tasks_fits_80_columns_and_each_is_shown(int tasks, bool terminal)
    {
        ResultRow[] rows =
        [
            .. from task in Enumerable.Range(0, tasks)
               from hidden in new[] { 2, 64, 1024 }
               from seed in new[] { 0, 42, 78 }
               select Row($"{task}v{task + 100}", hidden, seed, 0.9 + (seed / 1000.0), 0.5),
        ];
        string text = terminal ? Terminal(rows) : Piped(rows);

        Assert.All(Cli.Lines(text), line => Assert.True(line.TrimEnd().Length <= 80, $"{line.Length}: {line}"));
        Assert.All(rows, row => Assert.Equal(2, text.Split(' ', '\n', '\r').Count(word => word == row.Kind.Task)));
        Assert.Equal(2 * tasks * 3, text.Split('±').Length - 2);
        Assert.DoesNotContain("…", text);
    }

    [Fact]
    public void Piped_text_has_neither_escapes_nor_rules()
    {
        string text = Piped([Row("4v9", 2, 0, 0.9, 0.9), Row("4v9", 2, 1, 0.9, 0.9)]);
        Assert.DoesNotContain(text, c => c is '\u001b' or (>= '\u2500' and <= '\u259f'));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_papers_five_tasks_are_one_table(bool terminal)
    {
        ResultRow[] rows =
        [
            .. from task in new[] { "0v1", "1v7", "5v6", "3v8", "4v9" }
               from seed in new[] { 0, 42, 78 }
               select Row(task, 64, seed, 0.95, 0.95),
        ];
        string text = terminal ? Terminal(rows) : Piped(rows);
        Assert.DoesNotContain("continued", text);
        Assert.Contains("64  0.950 ± 0.000  0.950 ± 0.000  0.950 ± 0.000  0.950 ± 0.000  0.950 ± 0.000", text);
    }

    [Fact]
    public void Each_learning_rate_is_a_block_of_its_own()
    {
        string text = Piped([Row("4v9", 2, 0, 0.9, 0.9, rate: 0.1), Row("4v9", 2, 0, 0.8, 0.8)]);
        Assert.True(text.IndexOf("rate 0.03", StringComparison.Ordinal) < text.IndexOf("rate 0.1\n", StringComparison.Ordinal));
        Assert.Contains("One seed", text);
    }

    private static ResultRow Row(string task, int hidden, int seed, double train, double validation, bool ok = true, double rate = 0.03) =>
        SampleRows.Model(task, hidden, seed, train, validation, rate).FailedUnless(ok);

    private static string Piped(ResultRow[] rows, F1Target? target = null)
    {
        using StringWriter stdout = new() { NewLine = "\n" };
        SweepTable.Write(rows, Cli.Piped(stdout, TextWriter.Null), target);
        return stdout.ToString();
    }

    private static string Terminal(ResultRow[] rows)
    {
        using StringWriter stdout = new() { NewLine = "\n" };
        SweepTable.Write(rows, Cli.Piped(stdout, TextWriter.Null) with { OutIsTerminal = true });
        return Cli.WithoutEscapes(stdout.ToString());
    }
}
