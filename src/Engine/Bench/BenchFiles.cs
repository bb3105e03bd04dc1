using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Runs;

namespace GpuMlp.Engine.Bench;

/// <summary>bench.csv and bench.json: the first for tables, the second with all samples, conversions, checks and provenance.</summary>
public static class BenchFiles
{
    /// <summary>Columns of bench.csv, each with what stands in it: a word or a number.</summary>
    private static readonly (string Name, Func<string, BenchRow, object> Cell)[] s_columns =
    [
        ("device", (device, _) => device),
        ("op", (_, row) => BenchNames.Of(row.Case.Op)),
        ("form", (_, row) => BenchNames.Of(row.Case.Form)),
        ("masks", (_, row) => BenchNames.Of(row.Case.Masks)),
        ("sparsity", (_, row) => row.Case.Sparsity),
        ("hidden", (_, row) => (double)row.Case.Hidden),
        ("models", (_, row) => (double)row.Case.Models),
        ("batch", (_, row) => (double)row.Case.Batch),
        ("median_ms", (_, row) => row.MedianMs),
        ("p10_ms", (_, row) => row.P10Ms),
        ("p90_ms", (_, row) => row.P90Ms),
        ("useful_gflops", (_, row) => row.UsefulGflops),
        ("dense_gflops", (_, row) => row.DenseGflops),
        ("speedup_vs_dense", (_, row) => row.SpeedupVsDense),
    ];

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Names of the columns of bench.csv, in its order.</summary>
    internal static IEnumerable<string> Columns => s_columns.Select(column => column.Name);

    /// <summary>Those that tell one measurement from another: all before the times.</summary>
    internal static IEnumerable<string> KeyColumns => Columns.TakeWhile(name => name != "median_ms");

    /// <summary>A row of bench.csv by its columns, with numbers in full: words and doubles.</summary>
    /// <param name="device">As in <c>--device</c>.</param>
    public static IReadOnlyDictionary<string, object> Cells(string device, BenchRow row) =>
        s_columns.ToDictionary(column => column.Name, column => column.Cell(device, row));

    /// <param name="path">Replaced when there is one.</param>
    /// <param name="runs">One a device.</param>
    /// <exception cref="UserErrorException">See <see cref="StorageErrors.Map"/>.</exception>
    public static void WriteCsv(string path, IReadOnlyList<BenchRun> runs)
    {
        var text = new StringBuilder();
        text.AppendJoin(',', s_columns.Select(column => column.Name)).Append('\n');
        foreach ((string device, BenchRow row) in runs.SelectMany(run => run.Result.Rows.Select(row => (run.Device, row))))
            text.AppendJoin(',', s_columns.Select(column => Text(column.Cell(device, row)))).Append('\n');
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <param name="info">Where and how: machine, versions, command, seconds by phase.</param>
    /// <param name="runs">One a device.</param>
    /// <exception cref="UserErrorException">See <see cref="StorageErrors.Map"/>.</exception>
    public static void WriteJson(string path, RunInfo info, BenchSpec spec, IReadOnlyList<BenchRun> runs)
    {
        var content = new
        {
            Run = info,
            Spec = new
            {
                Ops = spec.Ops.Select(BenchNames.Of),
                Forms = spec.Forms.Select(BenchNames.Of),
                Masks = spec.Masks.Select(BenchNames.Of),
                spec.Sparsity,
                spec.Hidden,
                spec.Models,
                spec.Batch,
                spec.Epochs,
                spec.MeasureMs,
                spec.LongestMs,
                Images = "task 4v9, seed 0, first images of the training split",
                DifferentModels = BenchModels.Different,
                MaskFiles = spec.Files.Select(file => new { file.Path, file.Sha256, file.Hidden, file.Sparsity }),
            },
            Devices = runs.Select(Describe),
        };
        AtomicFile.Write(path, stream =>
        {
            JsonSerializer.Serialize(stream, content, s_json);
            stream.WriteByte((byte)'\n');
        });
    }

    /// <summary>
    /// Rows that differ in sparsity alone, in the order of their first row; the dense form, which is 1 by definition, is left out.
    /// </summary>
    public static IEnumerable<IGrouping<BenchCase, BenchRow>> Curves(BenchResult result) =>
        result.Rows.Where(row => row.Case.Form != BenchForm.Dense).GroupBy(row => row.Case.Curve);

    private static object Describe(BenchRun run) => new
    {
        run.Device,
        run.Name,
        run.Roof,
        KernelsLoadedMs = run.LoadMs,
        BreakEven = Curves(run.Result).Where(BenchView.HasBreakEven).Select(curve => new
        {
            Case = Describe(curve.Key, null),
            From = BenchView.OverDense(curve).ToString(),
        }),
        Rows = run.Result.Rows.Select(row => new
        {
            Case = Describe(row.Case, row.Case.Sparsity),
            row.MedianMs,
            row.P10Ms,
            row.P90Ms,
            row.UsefulGflops,
            row.DenseGflops,
            row.GigabytesPerSecond,
            ShareOfPeak = row.UsefulGflops / run.Roof.Gflops,
            row.SpeedupVsDense,
            row.DenseMs,
            row.ConversionMs,
            row.UsesToRepay,
            row.CompileMs,
            row.Work,
            Check = new { row.LargestError, row.SameBitsAsDense },
            row.SamplesMs,
        }),
        Skipped = run.Result.Skips.Select(skip => new { Case = Describe(skip.Case, skip.Case.Sparsity), skip.Reason }),
    };

    private static object Describe(BenchCase at, double? sparsity) => new
    {
        Op = BenchNames.Of(at.Op),
        Form = BenchNames.Of(at.Form),
        Masks = BenchNames.Of(at.Masks),
        Sparsity = sparsity,
        at.Hidden,
        at.Models,
        at.Batch,
    };

    /// <summary>What tells a measurement from others, as in the file.</summary>
    internal static string KeyOf(string device, BenchRow row) =>
        string.Join(',', s_columns.TakeWhile(column => column.Name != "median_ms").Select(column => Text(column.Cell(device, row))));

    private static string Text(object cell) => cell is double number ? Number(number) : (string)cell;

    // Six digits are more than any timing has; no exponents, which some readers of CSV take for text.
    internal static string Number(double value) =>
        value == Math.Floor(value) && Math.Abs(value) < 1e15
            ? value.ToString("0", CultureInfo.InvariantCulture)
            : decimal.Parse(value.ToString("G6", CultureInfo.InvariantCulture), NumberStyles.Float, CultureInfo.InvariantCulture)
                .ToString(CultureInfo.InvariantCulture);
}
