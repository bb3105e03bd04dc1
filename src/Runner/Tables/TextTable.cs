using Spectre.Console;

namespace GpuMlp.Runner.Tables;

/// <summary>A table of text: ruled and coloured on a terminal, aligned with spaces when piped.</summary>
/// <param name="title">One line above the table.</param>
/// <param name="header">Names of the columns.</param>
/// <param name="rightAlignedFrom">First column that is aligned right, with all after it; null for none.</param>
internal sealed class TextTable(string title, string[] header, int? rightAlignedFrom)
{
    /// <summary>Spaces between columns, piped or not.</summary>
    public const int Gap = 2;

    /// <summary>What the ruled form adds to the width: one blank on each side.</summary>
    public const int Frame = 2;

    private readonly List<string[]> _rows = [];
    private string[]? _summary;

    /// <summary>One row, a text for each column.</summary>
    public void Add(params string[] cells) => _rows.Add(Checked(cells));

    /// <summary>The row under the rule at the bottom; the last call counts.</summary>
    public void SetSummary(params string[] cells) => _summary = Checked(cells);

    public void Write(TextWriter writer, bool isTerminal)
    {
        if (isTerminal)
        {
            WriteTerminal(writer);
        }
        else
        {
            WritePlain(writer);
        }
    }

    private bool IsRight(int column) => rightAlignedFrom is { } first && column >= first;

    private string[] Checked(string[] cells) => cells.Length == header.Length
        ? cells
        : throw new ArgumentException($"A row of {cells.Length} cells in a table of {header.Length} columns.", nameof(cells));

    private void WritePlain(TextWriter writer)
    {
        int[] widths = Widths();
        writer.WriteLine(title);
        WriteLine(writer, header, widths);
        foreach (string[] row in _rows)
        {
            WriteLine(writer, row, widths);
        }

        if (_summary is not null)
        {
            WriteLine(writer, [.. widths.Select(width => new string('-', width))], widths);
            WriteLine(writer, _summary, widths);
        }
    }

    private int[] Widths() =>
        [.. header.Select((name, column) => _rows.Append(_summary ?? header).Select(row => row[column].Length).Append(name.Length).Max())];

    private void WriteLine(TextWriter writer, string[] cells, int[] widths)
    {
        IEnumerable<string> padded = cells.Select(
            (cell, column) => IsRight(column) ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
        writer.WriteLine(string.Join(new string(' ', Gap), padded).TrimEnd());
    }

    private void WriteTerminal(TextWriter writer)
    {
        Table table = new() { Border = TableBorder.Horizontal, BorderStyle = new Style(Color.Grey) };
        for (int column = 0; column < header.Length; column++)
        {
            TableColumn spec = new(new Text(header[column], new Style(decoration: Decoration.Bold)))
            {
                Alignment = IsRight(column) ? Justify.Right : Justify.Left,
                NoWrap = IsRight(column),

                // The border itself puts one blank between columns.
                Padding = new Padding(column == 0 ? 0 : Gap - 1, 0, 0, 0),
            };
            if (_summary is not null)
            {
                spec.Footer = new Text(_summary[column]);
            }

            table.AddColumn(spec);
        }

        foreach (string[] row in _rows)
        {
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        console.Write(new Text(title, new Style(decoration: Decoration.Bold)));
        console.WriteLine();
        console.Write(table);
    }
}
