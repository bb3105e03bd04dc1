using System.Globalization;

namespace GpuMlp.Engine.Study;

/// <summary>A number of a rule with the words that state it: what is printed and what decides cannot part.</summary>
public readonly record struct Bound
{
    // What rounding may add to a mean in double: a figure that lies on the bound stays on it.
    private const double Rounding = 1e-12;

    private readonly string _words;
    private readonly Func<double, double, bool> _admits;

    private Bound(string words, double value, Func<double, double, bool> admits) => (_words, Value, _admits) = (words, value, admits);

    public double Value { get; }

    /// <summary>The number alone, with at least two decimals.</summary>
    public string Number => Value.ToString("0.00####", CultureInfo.InvariantCulture);

    public static Bound MoreThan(double value) => new("more than", value, (figure, bound) => figure > bound + Rounding);

    public static Bound AtLeast(double value) => new("at least", value, (figure, bound) => figure >= bound - Rounding);

    public static Bound AtMost(double value) => new("at most", value, (figure, bound) => figure <= bound + Rounding);

    /// <summary>Whether a figure meets the bound; NaN meets none.</summary>
    public bool Admits(double figure) => _admits(figure, Value);

    /// <summary><c>at most 0.01</c></summary>
    public override string ToString() => $"{_words} {Number}";
}
