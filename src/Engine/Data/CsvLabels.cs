using System.Globalization;

namespace GpuMlp.Engine.Data;

/// <summary>
/// The classes of a column of labels. Whole numbers from 0 to 255 are the classes, with gaps where there are some; anything else are
/// names, which are numbered in their order: of whole numbers from small to large, of texts by their code units.
/// </summary>
internal sealed class CsvLabels
{
    // Whole numbers up to here are exact.
    private const double MostWhole = 1L << 53;

    private readonly Dictionary<string, byte> _codes = new(StringComparer.Ordinal);
    private readonly bool _areNumbers;

    /// <param name="texts">All that occur, each once; at most <see cref="Most"/>.</param>
    public CsvLabels(IReadOnlyCollection<string> texts)
    {
        bool areWhole = texts.All(text => Whole(text) is not null);
        _areNumbers = areWhole && texts.All(text => Whole(text) is >= 0 and <= byte.MaxValue);
        string Key(string text) => areWhole ? Name(Whole(text)!.Value) : text;
        string[] keys = areWhole
            ? [.. texts.Select(text => Whole(text)!.Value).Distinct().Order().Select(Name)]
            : [.. texts.Order(StringComparer.Ordinal)];
        foreach (string text in texts)
            _codes[text] = (byte)(_areNumbers ? Whole(text)!.Value : Array.IndexOf(keys, Key(text)));
        Names = _areNumbers ? ClassNames.None : new ClassNames(keys);
        Classes = _codes.Values.Max() + 1;
        Different = keys.Length;
    }

    /// <summary>Most classes.</summary>
    public const int Most = 256;

    public ClassNames Names { get; }

    /// <summary>The largest class plus one.</summary>
    public int Classes { get; }

    /// <summary>How many classes occur.</summary>
    public int Different { get; }

    /// <summary>The class of a label; null for a name that is none of the training file's.</summary>
    public byte? Of(string text) =>
        _codes.TryGetValue(text, out byte code) ? code
        : _areNumbers && Whole(text) is >= 0 and <= byte.MaxValue and { } number ? (byte)number
        : null;

    private static string Name(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    // Also 3.0, as a column of floating point numbers has it; -0 is 0.
    private static double? Whole(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
        && Math.Abs(number) <= MostWhole && number == Math.Floor(number) ? number + 0.0 : null;
}
