using System.Globalization;
using GpuMlp.Engine.Tables;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Report;

/// <summary>A cell: what is read, and what it is sorted by.</summary>
internal readonly record struct Cell(string Text, double? Value = null)
{
    public static implicit operator Cell(string text) => new(text);

    public static implicit operator Cell(int value) => new(value.ToString(CultureInfo.InvariantCulture), value);

    /// <summary>A value as its column says that it is shown.</summary>
    public static Cell Of<TRow>(Column<TRow> column, TRow row) => column.Text(row) is { } text ? text
        : column.Shown == Shown.Exactly ? Number(column.Number(row))
        : column.Shown == Shown.AsPercent ? Percent(column.Number(row))
        : column.Type == "INTEGER" ? (int)column.Number(row)
        : F1(column.Number(row));

    /// <summary>Three decimals; a dash for NaN.</summary>
    public static Cell F1(double value)
        => double.IsNaN(value) ? new Cell("\u2013") : new Cell(value.ToString("0.000", CultureInfo.InvariantCulture), value);

    /// <summary>As exact as it is.</summary>
    public static Cell Number(double value) => new(NumberText.Number(value), value);

    /// <summary>A share 0..1 in percent.</summary>
    public static Cell Percent(double share) => new(NumberText.Percent(share) + " %", share);
}

/// <summary>Tables that sort by any column.</summary>
internal static class HtmlTable
{
    // As many as report.css leaves of a folded table on paper: a few pages of figures are read there, none of hundreds.
    private const int MostPrinted = 20;

    /// <param name="caption">What the rows are and how they were measured.</param>
    /// <param name="rows">As many cells each as there are heads.</param>
    /// <param name="most">Rows beyond these are left out, with a line that says so.</param>
    public static void Write(Html html, string caption, IReadOnlyList<string> heads, IEnumerable<IReadOnlyList<Cell>> rows, int most = 1000)
    {
        List<IReadOnlyList<Cell>> all = [.. rows];
        if (all.Count == 0)
            return;
        bool[] isNumber = [.. heads.Select(
            (_, column) => all.All(row => row[column].Value is not null || row[column].Text is "" or "\u2013"))];
        html.Raw($"<div class=\"scroll{(all.Count > 20 ? " tall" : "")}\" tabindex=\"0\"><table class=\"sortable\">\n")
            .Raw("<caption><span>")
            .Text(caption)
            .Raw("</span></caption>\n<thead><tr>");
        for (int column = 0; column < heads.Count; column++)
            html.Raw($"<th scope=\"col\"{Class(isNumber[column])}><button type=\"button\">").Text(heads[column]).Raw("</button></th>");
        html.Raw("</tr></thead>\n<tbody>\n");
        foreach (IReadOnlyList<Cell> row in all.Take(most))
        {
            html.Raw("<tr>");
            for (int column = 0; column < heads.Count; column++)
            {
                string value = row[column].Value is { } number
                    ? $" data-value=\"{number.ToString("R", CultureInfo.InvariantCulture)}\""
                    : row[column].Text == "\u2013" ? " data-value=\"\"" : "";
                html.Raw($"<td{Class(isNumber[column])}{value}>").Text(row[column].Text).Raw("</td>");
            }

            html.Raw("</tr>\n");
        }

        html.Raw("</tbody></table></div>\n");
        if (all.Count > MostPrinted)
            html.Element("p", $"On paper the first {MostPrinted} of {all.Count} rows; the CSV file has all.", "class=\"muted cut\"");
        if (all.Count > most)
            html.Element("p", $"The first {most} of {all.Count} rows; the CSV file has all.", "class=\"muted\"");
    }

    private static string Class(bool isNumber) => isNumber ? " class=\"number\"" : "";
}
