using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Tables;
using Xunit;

namespace GpuMlp.Runner.Tests;

public sealed class VariantTableTests
{
    private static readonly TrainedHow s_study = SampleRows.Study, s_other = new("32", 20, 0.03, 0.001);

    [Fact]
    public void Piped_table_is_the_text_expected()
    {
        VariantRow[] rows =
        [
            Row(s_study, 0.03, 24, "4v9", 0, 0.9, 0.88, [("layer", 0.6), ("global", 0.7)]),
            Row(s_study, 0.03, 12, "4v9", 0, 0.8, 0.79, [("layer", 0.79), ("global", 0.79)]),
            Row(s_study, 0.03, 24, "3v8", 42, 0.92, 0.9, [("layer", 0.7), ("global", 0.8)]),
            Row(s_study, 0.03, 12, "3v8", 42, 0.8, 0.79, [("layer", 0.79), ("global", 0.79)]),
            Row(s_other, 0.03, 24, "4v9", 0, 0.98, 0.97, [("layer", 0.9), ("global", 0.965)]),
            Row(s_other, 0.03, 24, "3v8", 42, 0.98, 0.97, [("layer", 0.9), ("global", 0.956)]),
            Row(s_other, 0.03, 12, "4v9", 0, 0.98, double.NaN, [("layer", double.NaN), ("global", double.NaN)]),
            Row(s_other, 0.03, 12, "3v8", 42, 0.98, 0.9, [("layer", 0.9), ("global", 0.9)]),
        ];
        Assert.Equal(
            """
            Validation F1 by way to train, before and after pruning 0.95 of the weights
            batch  epochs  init  decay   H  best train  dense   layer  global
             full     100   0.1      0  12       0.800  0.790  0.790   0.790
               32      20  0.03  0.001  12       0.980      -      -       -
             full     100   0.1      0  24       0.910  0.890  0.650   0.750
               32      20  0.03  0.001  24       0.980  0.970  0.900   0.961*

            Mean over 4v9, 3v8 and 2 seeds; a mean with a failed model is -.
            *: pruning keeps F1, that is its mean loss is at most 0.01 and dense F1 at least 0.80.
            Kept in 1 of 8 cells.
            Smallest loss: 0.010 by global, H = 24,
            batch 32, 20 epochs, initial sd 0.03, weight decay 0.001.

            """,
            Text(rows, 0.95));
    }

    [Fact]
    public void Without_pruning_F1_alone_is_shown_and_rates_where_they_differ()
    {
        string text = Text([Row(s_study, 0.03, 24, "4v9", 0, 0.9, 0.88, []), Row(s_study, 1e-5, 24, "4v9", 0, 0.5, 0.4, [])], null);
        Assert.StartsWith("F1 by way to train\nbatch  epochs  init  decay     lr   H  best train  dense\n", text);
        Assert.Contains(" 1e-05  24       0.500  0.400\n", text);
        Assert.EndsWith("Mean over 4v9 and one seed; a mean with a failed model is -.\n", text);
    }

    [Fact]
    public void The_level_is_the_claimed_one_or_the_nearest()
    {
        Assert.Equal(0.95, VariantTable.Level(Presets.WhenSparse.Sparsity));
        Assert.Equal(0.9, VariantTable.Level([0.1, 0.9]));
        Assert.Null(VariantTable.Level([]));
    }

    [Fact]
    public void Hundreds_of_lines_are_cut()
    {
        VariantRow[] rows = [.. Enumerable.Range(1, 300).Select(hidden => Row(s_study, 0.03, hidden, "4v9", 0, 0.9, 0.88, []))];
        string[] lines = Cli.Lines(Text(rows, null));
        Assert.Contains("100 more lines are left out here; results.csv has all.", lines);
        Assert.InRange(lines.Length, 200, 210);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_widest_usual_table_fits_80_columns(bool terminal)
    {
        VariantRow[] rows = [Row(
            new("1024", 100000, 0.0001, 0.00001),
            0.03,
            1024,
            "100v255",
            0,
            0.9,
            0.9,
            [("layer", 0.9), ("global", 0.9), ("w1", 0.9)])];
        Assert.All(
            Cli.Lines(Text(rows, 0.95, terminal)).Where(line => !line.StartsWith('*')),
            line => Assert.True(line.TrimEnd().Length <= 80, line));
    }

    private static VariantRow Row(
        TrainedHow how, double rate, int hidden, string task, int seed, double best, double dense, (string Method, double F1)[] pruned)
    {
        ResultRow model = SampleRows.Model(task, hidden, seed, best, dense, rate, how);
        return new(model, [.. pruned.Select(row => SampleRows.Pruned(model.Key, row.Method, 0.95, row.F1))]);
    }

    private static string Text(VariantRow[] rows, double? level, bool terminal = false)
    {
        using StringWriter stdout = new() { NewLine = "\n" };
        VariantTable.Write(rows, level, Cli.Piped(stdout, TextWriter.Null) with { OutIsTerminal = terminal });
        return Cli.WithoutEscapes(stdout.ToString());
    }
}
