using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Specs;
using GpuMlp.Runner.Tables;
using Xunit;

namespace GpuMlp.Runner.Tests;

public sealed class PruningTableTests
{
    [Fact]
    public void Piped_table_is_the_text_expected()
    {
        PrunedModel[] rows =
        [
            Row("4v9", 0, "layer", 0.5, 0.9, 0.8), Row("4v9", 0, "layer", 0.95, 0.9, 0.5), Row("4v9", 0, "random", 0.5, 0.9, 0.25),
            Row("4v9", 42, "layer", 0.5, 0.8, 0.6), Row("4v9", 42, "layer", 0.95, 0.8, 0), Row("4v9", 42, "random", 0.5, 0.8, 0.25),
            Row("0v1", 0, "layer", 0.5, 0.99, 1), Row("0v1", 0, "layer", 0.95, 0.99, 0.9876),
        ];

        Assert.Equal(
            """
            Validation F1 by share of weights pruned, H = 24, learning rate 0.03
            Task  method  dense    0.5   0.95
            4v9   layer   0.850  0.700  0.250
            4v9   random  0.850  0.250      -
            0v1   layer   0.990  1.000  0.988

            Mean over 2 seeds.

            """,
            Text(rows, [0.5, 0.95], terminal: false));
    }

    [Fact]
    public void The_usual_levels_are_shown_where_the_spec_has_them()
    {
        Assert.Equal([0.0095, 0.5, 0.9, 0.95, 0.99], PruningTable.Levels(Presets.Paper.Sparsity));
        Assert.Equal([0.5, 0.95], PruningTable.Levels(Presets.Quick.Sparsity));
        Assert.Equal([0.1, 0.2, 0.3, 0.4, 0.6], PruningTable.Levels([0.6, 0.4, 0.2, 0.1, 0.3, 0.7]));
        Assert.Empty(PruningTable.Levels([]));
    }

    [Fact]
    public void The_level_of_the_published_code_is_explained_where_it_is_shown()
    {
        PrunedModel[] rows = [Row("4v9", 0, "layer", 0.0095, 0.9, 0.9)];
        Assert.EndsWith(
            "One seed.\n0.0095: what the study's published code pruned where its figure says 95 %.\n",
            Text(rows, [0.0095], terminal: false));
        Assert.Contains("0.0095", Text(rows, [0.0095], terminal: true).Split('\n')[^2]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_widest_table_fits_80_columns(bool terminal)
    {
        double[] levels = [0.123456789, 0.001234567, 0.00009876543, 0.2, 0.3];
        PrunedModel[] rows = [.. levels.Select(level => Row("100v255", 0, "random", level, 1, 1, rate: 1.2345e-7))];
        Assert.All(Cli.Lines(Text(rows, levels, terminal)), line => Assert.True(line.TrimEnd().Length <= 80, line));
    }

    [Fact]
    public void After_further_training_the_protocol_stands_behind_the_method()
    {
        PrunedModel row = Row("4v9", 0, "layer", 0.5, 0.9, 0.8);
        row = row with { Row = new FinetuneRow((PruningRow)row.Row, FinetuneRow.Rewind, 3) };
        Assert.Contains("\n4v9   layer rewind  0.900  0.800\n", Text([row], [0.5], terminal: false));
    }

    private static PrunedModel Row(string task, int seed, string method, double sparsity, double dense, double f1, double rate = 0.03) =>
        new(SampleRows.Pruned(SampleRows.Model(task, 24, seed, 0, 0, rate).Key, method, sparsity, f1), dense);

    private static string Text(PrunedModel[] rows, double[] levels, bool terminal)
    {
        using StringWriter stdout = new() { NewLine = "\n" };
        PruningTable.Write(rows, 24, levels, Cli.Piped(stdout, TextWriter.Null) with { OutIsTerminal = terminal });
        return Cli.WithoutEscapes(stdout.ToString());
    }
}
