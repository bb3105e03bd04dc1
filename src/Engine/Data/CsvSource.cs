namespace GpuMlp.Engine.Data;

/// <summary>
/// A table: <c>NAME.csv</c> with test examples in <c>NAME.test.csv</c> where that stands beside it, or a folder with <c>train.csv</c> and
/// maybe <c>test.csv</c>; also <c>.tsv</c>, each also gzipped. Features become levels by <see cref="FeatureScaling"/>.
/// </summary>
internal sealed class CsvSource : DataSource
{
    // Values of features that are in memory at a time, 128 MiB: of a larger table some features after the others.
    private const int MostValues = 1 << 24;

    private static readonly string[] s_endings = [".csv", ".csv.gz", ".tsv", ".tsv.gz"];

    public override string Files => "train.csv";

    public override bool Recognises(string text) =>
        Directory.Exists(text) ? In(text, "train").Length > 0 : EndingOf(text) is not null;

    public override Dataset Load(DataRequest request)
    {
        (string path, string[] testPaths) = PathsOf(request.Source);
        if (!Path.Exists(path))
            throw new UserErrorException($"--data: '{OneLine.Of(path)}' does not exist; a CSV file is expected there.");
        if (testPaths.Length > 1)
            throw Twice(testPaths);
        var table = CsvTable.Open(path, request.LabelColumn);
        CsvTable? test = testPaths is [var testPath] ? table.OpenTest(testPath) : null;
        FeatureScaling scaling = request.Scaling ?? FeatureScaling.All[0];
        (List<int> numbers, List<string> texts) = Survey(table);
        CsvLabels labels = new(texts);
        if (labels.Different < 2)
        {
            throw DataFile.Fault(path, $"holds fewer than 2 classes: every label ({table.Names[table.Label]}) is {OneLine.Of(texts[0])}; "
                + "--label-column must name a column with two or more.");
        }

        byte[] codes = [.. texts.Select(text => labels.Of(text)!.Value)];
        byte[]? testLabels = test is null ? null : LabelsOf(test, labels);
        byte[] levels = new byte[numbers.Count * table.Features.Length];
        byte[] testLevels = new byte[(testLabels?.Length ?? 0) * table.Features.Length];
        RoundingCost cost = new();
        int step = Math.Max(1, MostValues / Math.Max(numbers.Count, testLabels?.Length ?? 0));
        for (int first = 0; first < table.Features.Length; first += step)
        {
            int count = Math.Min(step, table.Features.Length - first);
            double[][] values = Values(table, first, count, numbers.Count);
            double[][]? testValues = test is null ? null : Values(test, first, count, testLabels!.Length);
            for (int f = 0; f < count; f++)
            {
                double[] sorted = (double[])values[f].Clone();
                Array.Sort(sorted);
                Func<double, double> scale = scaling.Fit(sorted);
                cost.Add(table.Names[table.Features[first + f]], sorted, scale);
                Write(values[f], scale, levels, first + f);
                if (testValues is null)
                    continue;
                Write(testValues[f], scale, testLevels, first + f);
                Array.ForEach(testValues[f], value =>
                {
                    if (value < sorted[0] || value > sorted[^1])
                        cost.AddClipped();
                });
            }
        }

        byte[] trainLabels = [.. numbers.Select(number => codes[number])];
        return Dataset.Of(NameOf(request.Source), levels, trainLabels, 1, table.Features.Length, labels.Classes) with
        {
            Form = DataForm.Table,
            ClassNames = labels.Names,
            Test = testLabels is null ? null : TestSet.Of(testLevels, testLabels),
            Table = cost.Facts(table.Names[table.Label], scaling),
        };

        void Write(double[] values, Func<double, double> scale, byte[] into, int feature)
        {
            for (int n = 0; n < values.Length; n++)
                into[((long)n * table.Features.Length) + feature] = FeatureScaling.Level(scale(values[n]));
        }
    }

    /// <summary>Checks every cell.</summary>
    /// <returns>The labels that occur, in the order in which they do, and the number of each example's label in that list.</returns>
    private static (List<int> Numbers, List<string> Texts) Survey(CsvTable table)
    {
        List<int> numbers = [];
        List<string> texts = [];
        Dictionary<string, int> known = new(StringComparer.Ordinal);
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> find = known.GetAlternateLookup<ReadOnlySpan<char>>();
        table.Scan((_, line, label, cells) =>
        {
            if (!find.TryGetValue(label, out int number))
            {
                string text = label.ToString();
                if (ClassNames.Problem(text) is { } problem)
                    throw table.Wrong(line, table.Label, text, $"no name of a class, it {problem}");
                if (texts.Count == CsvLabels.Most)
                    throw table.Wrong(line, table.Label, text, $"one label more than {CsvLabels.Most}; --label-column must name classes");
                known.Add(text, number = texts.Count);
                texts.Add(text);
            }

            numbers.Add(number);
            foreach (int column in table.Features)
                table.Number(cells, line, column);
        });
        if (numbers.Count == 0)
            throw DataFile.Fault(table.Path, "holds a header and no examples; it must have a row an example.");
        if ((long)numbers.Count * table.Features.Length > Array.MaxLength)
        {
            throw DataFile.Fault(table.Path, $"holds {numbers.Count:N0} examples of {table.Features.Length:N0} features; "
                + $"{Array.MaxLength:N0} values in all are the most.");
        }

        return (numbers, texts);
    }

    private static byte[] LabelsOf(CsvTable test, CsvLabels labels)
    {
        List<byte> codes = [];
        test.Scan((_, line, label, cells) =>
        {
            string text = label.ToString();
            codes.Add(labels.Of(text) ?? throw test.Wrong(line, test.Label, text, "no class of the training file; it must be one"));
            foreach (int column in test.Features)
                test.Number(cells, line, column);
        });
        return codes.Count > 0 ? [.. codes]
            : throw DataFile.Fault(test.Path, "holds a header and no examples; it must have a row an example, or be left out.");
    }

    /// <summary>Some features of all examples, one after the other.</summary>
    private static double[][] Values(CsvTable table, int first, int count, int examples)
    {
        double[][] values = [.. Enumerable.Range(0, count).Select(_ => new double[examples])];
        int seen = 0;
        table.Scan((example, line, _, cells) =>
        {
            seen = example + 1;
            for (int f = 0; f < count && example < examples; f++)
                values[f][example] = table.Number(cells, line, table.Features[first + f]);
        });
        return seen == examples ? values
            : throw DataFile.Fault(table.Path, "was changed while it was read; it must stay as it is until it is read.");
    }

    private static (string Path, string[] Tests) PathsOf(string text)
    {
        if (!Directory.Exists(text))
        {
            string ending = EndingOf(text)!, stem = text[..^ending.Length];
            return (text, [.. s_endings.Select(other => $"{stem}.test{other}").Where(File.Exists)]);
        }

        string[] found = In(text, "train");
        return found is [var one] ? (one, In(text, "test")) : throw Twice(found);
    }

    private static UserErrorException Twice(string[] paths) =>
        new($"'{OneLine.Of(paths[0])}' and '{OneLine.Of(paths[1])}' are both there; one of them must be removed.");

    private static string[] In(string folder, string stem) =>
        [.. s_endings.Select(ending => Path.Combine(folder, stem + ending)).Where(File.Exists)];

    // A gzipped file's ending is the longer one.
    private static string? EndingOf(string text) =>
        s_endings.Where(ending => text.EndsWith(ending, StringComparison.OrdinalIgnoreCase)).MaxBy(ending => ending.Length);
}
