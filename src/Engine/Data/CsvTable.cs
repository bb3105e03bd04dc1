using System.Globalization;
using System.Text;
using nietras.SeparatedValues;

namespace GpuMlp.Engine.Data;

/// <summary>
/// A table in a text file, gzipped or not: a row an example, columns of numbers and one of labels, separated by commas, semicolons or tabs,
/// with a line of names first or without. Looked at row by row, as often as wanted; of the file nothing is kept.
/// </summary>
internal sealed class CsvTable
{
    /// <summary>What a column of labels may be called where nobody says which it is.</summary>
    private static readonly string[] s_labelNames = ["label", "class", "target", "y"];

    // What programs write where there is no value.
    private static readonly string[] s_missing = ["", "na", "n/a", "nan", "null", "none", "?", "-", "."];

    // More columns than any message lists, and the characters in which the first separator is looked for.
    private const int MostListed = 12, MostOfCell = 40, Beginning = 1 << 16;

    private readonly char _separator;

    private CsvTable(string path, char separator, bool hasHeader, string[] names, int label)
    {
        (Path, _separator, HasHeader, Names, Label) = (path, separator, hasHeader, names, label);
        Features = [.. Enumerable.Range(0, names.Length).Where(column => column != label)];
    }

    public string Path { get; }

    public bool HasHeader { get; }

    /// <summary>Of all columns, in their order; <c>column 3</c> for the third one of a file without a header.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The column of labels, from 0.</summary>
    public int Label { get; }

    /// <summary>The other columns, in their order.</summary>
    public int[] Features { get; }

    /// <summary>Takes an example: its number from 0, the line on which it begins, its label, and cells for <see cref="Number"/>.</summary>
    public delegate void Look(int example, int line, ReadOnlySpan<char> label, SepReader.Row cells);

    private delegate bool Take(int line, SepReader.Row cells);

    /// <summary>Finds out separator, header and columns.</summary>
    /// <param name="labelColumn">Name, or number from 1; null for the usual one.</param>
    /// <exception cref="UserErrorException">
    /// Not there, no text, empty, fewer than two columns or too many, a column without a name, or no such column of labels.
    /// </exception>
    public static CsvTable Open(string path, string? labelColumn)
    {
        (char separator, string[] first, string[]? second) = Begin(path);
        bool hasHeader = IsHeader(first, second);
        string[] names = hasHeader ? first : [.. Enumerable.Range(1, first.Length).Select(column => $"column {column}")];
        if (hasHeader)
            CheckNames(path, names);
        return new CsvTable(path, separator, hasHeader, names, LabelOf(path, hasHeader, names, labelColumn));
    }

    /// <summary>A test file: it must have the columns of its training file, with the same header or none.</summary>
    /// <exception cref="UserErrorException">As for <see cref="Open"/>, or other columns.</exception>
    public CsvTable OpenTest(string path)
    {
        (char separator, string[] first, string[]? second) = Begin(path);
        if (first.Length != Names.Count)
            throw DataFile.Fault(path, $"has {first.Length} columns, but '{OneLine.Of(Path)}' has {Names.Count}; both must have the same.");
        bool hasHeader = first.SequenceEqual(Names) || IsHeader(first, second);
        if (hasHeader && HasHeader)
        {
            int other = Enumerable.Range(0, first.Length).FirstOrDefault(column => first[column] != Names[column], -1);
            if (other >= 0)
            {
                throw DataFile.Fault(path, $"calls column {other + 1} '{Cut(first[other])}', but '{OneLine.Of(Path)}' calls it "
                    + $"'{Cut(Names[other])}'; both must have the same columns in the same order.");
            }
        }

        return new CsvTable(path, separator, hasHeader, [.. Names], Label);
    }

    /// <summary>Goes through all examples in their order; rows that are blank are left out.</summary>
    /// <exception cref="UserErrorException">A row with more or fewer cells than the first one, an empty label.</exception>
    public void Scan(Look look)
    {
        int example = 0, firstLine = 0;
        bool isHeader = HasHeader;
        Rows(Path, _separator, (line, cells) =>
        {
            firstLine = firstLine == 0 ? line : firstLine;
            if (cells.ColCount != Names.Count)
            {
                throw DataFile.Fault(Path, $": line {line} has {cells.ColCount} cells, but line {firstLine} has {Names.Count}; "
                    + "every row must have the same.");
            }

            if (isHeader)
            {
                isHeader = false;
                return true;
            }

            ReadOnlySpan<char> label = cells[Label].Span;
            if (IsMissing(label))
                throw Wrong(line, Label, label, "no label; every example must have one");
            look(example++, line, label, cells);
            return true;
        });
    }

    /// <summary>The number in a cell.</summary>
    /// <exception cref="UserErrorException">None, or one that is not finite: names the file, the line and the column.</exception>
    public double Number(SepReader.Row cells, int line, int column)
    {
        ReadOnlySpan<char> text = cells[column].Span;
        return TryNumber(text, out double number) ? number : throw Wrong(line, column, text, Reason(text));

        static string Reason(ReadOnlySpan<char> text) =>
            IsMissing(text) ? "no value; the row must be left out, or a number be put there"
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? "no finite number in float64; it must be one"
            : text.Contains(',') ? "no number; decimals must be written with a point"
            : "no number; features must be numbers, --label-column says which column is the label";
    }

    /// <summary>An error at a cell.</summary>
    /// <param name="problem">What it is, and what it must be.</param>
    public UserErrorException Wrong(int line, int column, ReadOnlySpan<char> text, string problem)
    {
        string place = HasHeader ? $"column {column + 1} ('{Cut(Names[column])}')" : Names[column];
        return DataFile.Fault(Path, $": line {line}, {place}: '{Cut(text.ToString())}' is {problem}.");
    }

    private static (char Separator, string[] First, string[]? Second) Begin(string path)
    {
        char separator = SeparatorOf(path);
        List<string[]> begin = [];
        Rows(path, separator, (_, cells) =>
        {
            var texts = new string[cells.ColCount];
            for (int column = 0; column < texts.Length; column++)
                texts[column] = cells[column].Span.ToString();
            begin.Add(texts);
            return begin.Count < 2;
        });
        if (begin.Count == 0)
            throw DataFile.Fault(path, "is empty; it must have a row an example: numbers, and a label.");
        if (begin[0].Length < 2)
        {
            throw DataFile.Fault(
                path, "has one column; it must have a label and one feature or more, separated by commas, semicolons or tabs.");
        }

        if (begin[0].Length - 1 > Dataset.MostInputs)
            throw DataFile.Fault(path, $"has {begin[0].Length - 1:N0} features; {Dataset.MostInputs:N0} are the most.");
        return (separator, begin[0], begin.ElementAtOrDefault(1));
    }

    // Names stand over numbers; a file of a single row has a header if it has no number.
    private static bool IsHeader(string[] first, string[]? second) => second is null
        ? Array.TrueForAll(first, IsText)
        : first.Zip(second).Any(pair => IsText(pair.First) && TryNumber(pair.Second, out _));

    private static bool IsText(string text) => !TryNumber(text, out _) && !IsMissing(text);

    private static void CheckNames(string path, string[] names)
    {
        int nameless = Array.IndexOf(names, "");
        if (nameless >= 0)
        {
            throw DataFile.Fault(path, $": column {nameless + 1} of the header has no name; an index of rows must be left out, "
                + "any other column must have a name.");
        }

        if (Array.Find(names, name => name.Contains('\uFFFD')) is { } damaged)
            throw DataFile.Fault(path, $": the header has '{Cut(damaged)}', which is not UTF-8; the file must be saved as UTF-8.");
    }

    private static int LabelOf(string path, bool hasHeader, string[] names, string? wanted)
    {
        int[] called = !hasHeader ? []
            : wanted is not null ? [.. Enumerable.Range(0, names.Length).Where(column => names[column] == wanted)]
            : [.. Enumerable.Range(0, names.Length).Where(column => s_labelNames.Contains(names[column].ToLowerInvariant()))];
        if (called.Length > 1)
        {
            throw new UserErrorException(
                $"--label-column: columns {string.Join(" and ", called.Select(column => $"{column + 1} ('{Cut(names[column])}')"))} of "
                + $"'{OneLine.Of(path)}' can be the label; must be the number of one of them.");
        }

        if (called.Length == 1)
            return called[0];
        if (wanted is null)
            return names.Length - 1;
        if (int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= names.Length)
            return number - 1;
        string list = !hasHeader ? ""
            : $"{string.Join(", ", names.Take(MostListed).Select(Cut))}{(names.Length > MostListed ? ", ..." : "")} or ";
        throw new UserErrorException(
            $"--label-column: '{OneLine.Of(wanted)}' is no column of '{OneLine.Of(path)}'; must be {list}a number 1..{names.Length}.");
    }

    private static bool IsMissing(ReadOnlySpan<char> text)
    {
        foreach (string word in s_missing)
        {
            if (text.Equals(word, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    private static string Cut(string text) => OneLine.Of(text.Length > MostOfCell ? text[..MostOfCell] + "..." : text);

    // The first of them that stands outside quotes on the first line that is not blank: names hold commas rather than tabs.
    private static char SeparatorOf(string path) => DataFile.Read(path, "a CSV file", file =>
    {
        using StreamReader text = new(new UnzippedStream(file), Encoding.UTF8);
        char[] begin = new char[Beginning];
        int length = text.ReadBlock(begin);
        bool isQuoted = false, isBlank = true, hasTab = false, hasSemicolon = false;
        foreach (char c in begin.AsSpan(0, length))
        {
            isQuoted ^= c == '"';
            if (!isQuoted && c is '\n' or '\r' && !isBlank)
                break;
            isBlank &= char.IsWhiteSpace(c);
            hasTab |= !isQuoted && c == '\t';
            hasSemicolon |= !isQuoted && c == ';';
        }

        return hasTab ? '\t' : hasSemicolon ? ';' : ',';
    });

    /// <param name="take">Gets every row that is not blank; false to stop.</param>
    private static void Rows(string path, char separator, Take take) => DataFile.Read(path, "a CSV file", file =>
    {
        using StreamReader text = new(new UnzippedStream(file), Encoding.UTF8);
        int line = 1;
        try
        {
            using SepReader reader = Sep.New(separator).Reader(options => options with
            {
                HasHeader = false,
                Unescape = true,
                Trim = SepTrim.All,
                DisableColCountCheck = true,
            }).From(text);
            foreach (SepReader.Row row in reader)
            {
                bool isBlank = row.ColCount == 1 && row[0].Span.Length == 0;
                if (!isBlank && !take(line, row))
                    break;
                line = row.LineNumberToExcl;
            }
        }
        catch (NotSupportedException tooLong) when (tooLong.Message.Contains("supported length", StringComparison.Ordinal))
        {
            throw new UserErrorException(
                $"'{OneLine.Of(path)}': the row of line {line} is longer than 16 MiB; a quote may be open, or it is no table.",
                inner: tooLong);
        }

        return 0;
    });
}
