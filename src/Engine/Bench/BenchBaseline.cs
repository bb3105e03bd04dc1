using System.Globalization;
using System.Text;
using System.Text.Json;
using GpuMlp.Engine.Files;

namespace GpuMlp.Engine.Bench;

/// <summary>A measurement beside the same one of another time.</summary>
/// <param name="Device">As in <c>--device</c>.</param>
/// <param name="BaselineMs">Median of the baseline.</param>
/// <param name="BaselineP10Ms">Its tenth percentile.</param>
/// <param name="BaselineP90Ms">Its ninetieth.</param>
public sealed record BaselineRow(string Device, BenchRow Row, double BaselineMs, double BaselineP10Ms, double BaselineP90Ms)
{
    /// <summary>Of the medians: above 1 is slower than the baseline.</summary>
    public double Ratio => Row.MedianMs / BaselineMs;

    /// <summary>Eight of ten samples on each side do not meet those of the other: slower than before.</summary>
    public bool IsSlower => Row.P10Ms > BaselineP90Ms;

    /// <summary>Likewise: faster than before.</summary>
    public bool IsFaster => Row.P90Ms < BaselineP10Ms;
}

/// <summary>A bench.csv of another time, to compare with.</summary>
public sealed class BenchBaseline
{
    // A hundred thousand rows; no sweep has as many.
    private const int MaxFileBytes = 16 << 20;

    private readonly Dictionary<string, (double Median, double P10, double P90)> _rows;

    private BenchBaseline(
        string path, Dictionary<string, (double Median, double P10, double P90)> rows, IReadOnlyDictionary<string, string> machines)
    {
        Path = path;
        _rows = rows;
        Machines = machines;
    }

    /// <summary>As given.</summary>
    public string Path { get; }

    public int Count => _rows.Count;

    /// <summary>What each device of the file is, by the bench.json beside it; empty where there is none.</summary>
    public IReadOnlyDictionary<string, string> Machines { get; }

    /// <summary>Reads the bench.csv of a <c>gpumlp bench</c>.</summary>
    /// <exception cref="UserErrorException">Not such a file; one line that names the file, and the line or column.</exception>
    public static BenchBaseline Read(string path)
    {
        try
        {
            byte[] bytes = TextBytes.ReadAtMost(path, MaxFileBytes)
                ?? throw new UserErrorException($"{path}: larger than {MaxFileBytes >> 20} MiB; must be the bench.csv of a gpumlp bench");
            TextBytes.CheckUtf8(bytes, path);
            string text = Encoding.UTF8.GetString(TextBytes.WithoutMark(bytes).Span).TrimEnd();
            string[] lines = text.ReplaceLineEndings("\n").Split('\n');
            string[] header = lines[0].Split(',');
            if (BenchFiles.Columns.FirstOrDefault(column => !header.Contains(column)) is { } missing)
                throw new UserErrorException($"{path}: no column {missing}; must be the bench.csv of a gpumlp bench");
            Dictionary<string, (double Median, double P10, double P90)> rows = [];
            for (int i = 1; i < lines.Length; i++)
            {
                string[] cells = lines[i].Split(',');
                if (cells.Length != header.Length)
                    throw new UserErrorException($"{path}: line {i + 1}: {cells.Length} values; must be {header.Length}, one a column");
                string key = string.Join(',', BenchFiles.KeyColumns.Select(column => cells[Array.IndexOf(header, column)]));
                if (!rows.TryAdd(key, (Time("median_ms"), Time("p10_ms"), Time("p90_ms"))))
                    throw new UserErrorException($"{path}: line {i + 1}: {key} occurs twice; must be there once");

                double Time(string column)
                {
                    string cell = cells[Array.IndexOf(header, column)];
                    return double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out double ms)
                        && double.IsFinite(ms) && ms > 0 ? ms
                        : throw new UserErrorException(
                            $"{path}: line {i + 1}: {column}: '{OneLine.Of(cell)}' is no time; must be a number above 0");
                }
            }

            return rows.Count > 0
                ? new BenchBaseline(path, rows, MachinesOf(path))
                : throw new UserErrorException($"{path}: no row; must be the bench.csv of a gpumlp bench");
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.MapRead(e, path);
        }
    }

    /// <summary>Refuses a file of which nothing will be measured, before it is.</summary>
    /// <param name="devices">As in <c>--device</c>.</param>
    /// <exception cref="UserErrorException">It names the file.</exception>
    public void CheckMeets(BenchSpec spec, IEnumerable<string> devices)
    {
        string[] kept = [.. devices];
        if (!_rows.Keys.Any(key => kept.Contains(key.Split(',')[0]) && Meets(key.Split(','))))
        {
            throw new UserErrorException(
                $"{Path}: none of its {Count} rows is measured here on {string.Join(", ", kept)}; must be of the same flags and device");
        }

        bool Meets(string[] cells) => spec.Ops.Any(op => BenchNames.Of(op) == cells[1])
            && spec.Forms.Any(form => BenchNames.Of(form) == cells[2])
            && spec.Masks.Any(masks => BenchNames.Of(masks) == cells[3])
            && Has(spec.Sparsity, cells[4]) && Has(spec.Hidden, cells[5]) && Has(spec.Models, cells[6]) && Has(spec.Batch, cells[7]);

        static bool Has<T>(IReadOnlyList<T> values, string cell)
            where T : IConvertible => values.Any(value => BenchFiles.Number(value.ToDouble(CultureInfo.InvariantCulture)) == cell);
    }

    /// <summary>What was measured, beside the rows of the file that have it too.</summary>
    public IReadOnlyList<BaselineRow> Compare(IReadOnlyList<BenchRun> runs) =>
    [
        .. from run in runs
           from row in run.Result.Rows
           let known = _rows.TryGetValue(BenchFiles.KeyOf(run.Device, row), out var found) ? found : default
           where known.Median > 0
           select new BaselineRow(run.Device, row, known.Median, known.P10, known.P90),
    ];

    private static Dictionary<string, string> MachinesOf(string path)
    {
        string json = System.IO.Path.ChangeExtension(path, ".json");
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(json));
            return document.RootElement.GetProperty("devices").EnumerateArray().ToDictionary(
                device => device.GetProperty("device").GetString()!, device => device.GetProperty("name").GetString()!);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e) || e is JsonException or KeyNotFoundException or InvalidOperationException
            or ArgumentException)
        {
            // It only tells where the times are from.
            return [];
        }
    }
}
