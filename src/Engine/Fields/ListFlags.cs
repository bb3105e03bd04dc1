using System.Globalization;

namespace GpuMlp.Engine.Fields;

/// <summary>
/// Reads the numbers of the command line, one or a list: <c>2,4,8</c>, <c>0..9</c>, <c>2..64+2</c> (step), <c>2..64*2</c> (factor), mixed
/// at will. Every range includes its end if it meets it. All errors are one-line <see cref="UserErrorException"/>s that
/// name the flag.
/// </summary>
public static class ListFlags
{
    /// <summary>More items than any sweep has; a typing error like <c>0..2000000000</c> must not end in lack of memory.</summary>
    public const int MaxItems = 10_000_000;

    // Products of a factor carry rounding errors (0.1 * 3 = 0.30000000000000004); twelve digits are more than anyone types.
    private const string RoundedFormat = "G12";

    // An end of a range counts as met within this relative distance, for the same reason.
    private const double EndTolerance = 1e-9;

    /// <summary>Integers in the order written.</summary>
    /// <param name="flag">For messages, for example <c>--hidden</c>.</param>
    /// <param name="minimum">Smallest number allowed.</param>
    /// <param name="maximum">Largest number allowed.</param>
    public static IReadOnlyList<int> Integers(string flag, string text, int minimum, int maximum)
    {
        List<int> items = [];
        foreach (string part in Parts(flag, text, "2,4,8 or 2..64*2"))
        {
            int dots = part.IndexOf("..", StringComparison.Ordinal);
            if (dots < 0)
            {
                Add(flag, items, Integer(flag, part, minimum, maximum));
                continue;
            }

            (string end, char kind, string by) = Tail(part[(dots + 2)..]);
            long from = Integer(flag, part[..dots], minimum, maximum);
            long to = Integer(flag, end, minimum, maximum);
            long step = by.Length == 0 ? 1 : Integer(flag, by, 1, int.MaxValue);
            if (from > to)
            {
                throw Error(flag, $"'{OneLine.Of(part)}' runs backwards; write {to}..{from}");
            }

            if (kind == '*' && (step < 2 || from < 1))
            {
                throw Error(
                    flag,
                    $"'{OneLine.Of(part)}' never ends; a range with a factor starts at 1 or more and its factor "
                        + "is 2 or more, as in 2..64*2");
            }

            if (kind != '*' && ((to - from) / step) + 1 + items.Count > MaxItems)
            {
                throw TooMany(flag);
            }

            for (long value = from; value <= to; value = kind == '*' ? value * step : value + step)
            {
                Add(flag, items, (int)value);
            }
        }

        return WithoutDuplicates(flag, items);
    }

    /// <summary>Finite numbers in the order written: lists such as <c>1e-4,0.03</c> and ranges <c>1e-4..1*10</c>.</summary>
    /// <inheritdoc cref="Integers" path="/param"/>
    public static IReadOnlyList<double> Doubles(string flag, string text, double minimum, double maximum)
    {
        List<double> items = [];
        foreach (string part in Parts(flag, text, "0.01,0.03 or 1e-4..1*10"))
        {
            int dots = part.IndexOf("..", StringComparison.Ordinal);
            if (dots < 0)
            {
                Add(flag, items, Double(flag, part, minimum, maximum));
                continue;
            }

            (string end, char kind, string by) = Tail(part[(dots + 2)..]);
            double from = Double(flag, part[..dots], minimum, maximum);
            double to = Double(flag, end, minimum, maximum);
            double factor = kind == '*' ? Double(flag, by, double.MinValue, double.MaxValue) : 0;
            if (factor <= 1 || from <= 0 || from > to)
            {
                throw Error(
                    flag,
                    $"'{OneLine.Of(part)}' is not a range of numbers; it rises from above 0 by a factor above 1, as in 1e-4..1*10");
            }

            double steps = Math.Log(to / from) / Math.Log(factor);
            if (steps + items.Count > MaxItems)
            {
                throw TooMany(flag);
            }

            for (int i = 0; ; i++)
            {
                double value = Step(from, to, factor, i);
                if (!(value <= to))
                {
                    break;
                }

                Add(flag, items, value);
            }
        }

        return WithoutDuplicates(flag, items);
    }

    /// <summary>One whole number.</summary>
    /// <inheritdoc cref="Integers" path="/param"/>
    public static int Whole(string flag, string text, int minimum, int maximum) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= minimum
            && number <= maximum
            ? number
            : throw Error(
                flag,
                $"'{OneLine.Of(text)}' is not a whole number from {minimum}{(maximum == int.MaxValue ? "" : $" to {maximum}")}.");

    /// <summary>One number from <paramref name="minimum"/> to <paramref name="maximum"/>.</summary>
    /// <exception cref="UserErrorException">One line that names the flag.</exception>
    public static double Number(string flag, string text, double minimum, double maximum) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number >= minimum && number <= maximum
            ? number
            : throw Error(flag, $"'{OneLine.Of(text)}' is not a number from {minimum:R} to {maximum:R}.");

    private static double Step(double from, double to, double factor, int i)
    {
        double exact = from * Math.Pow(factor, i);
        if (Math.Abs(exact - to) <= EndTolerance * to)
        {
            return to;
        }

        return i == 0 ? from : double.Parse(exact.ToString(RoundedFormat, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    /// <summary>The items of a list, none of them empty.</summary>
    internal static string[] Parts(string flag, string text, string example)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries);
        return parts.Any(part => part.Length == 0)
            ? throw Error(flag, $"'{OneLine.Of(text)}' has an empty item; write for example {example}")
            : parts;
    }

    /// <summary>Cuts <c>64*2</c> in 64, '*' and 2. A '+' right after an 'e' belongs to an exponent.</summary>
    private static (string End, char Kind, string By) Tail(string text)
    {
        for (int i = 1; i < text.Length; i++)
        {
            if (text[i] == '*' || (text[i] == '+' && text[i - 1] is not ('e' or 'E')))
            {
                // "2..8*" must not pass as "2..8": its lone '*' is no number.
                return (text[..i], text[i], i + 1 < text.Length ? text[(i + 1)..] : text[i..]);
            }
        }

        return (text, ' ', "");
    }

    private static int Integer(string flag, string text, int minimum, int maximum)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
        {
            throw Error(flag, $"'{OneLine.Of(text)}' is not a whole number; write for example 2,4,8 or 0..9 or 2..64+2 or 2..64*2");
        }

        return value >= minimum && value <= maximum
            ? (int)value
            : throw Error(flag, $"{value} is out of range; must be {minimum}..{maximum}");
    }

    private static double Double(string flag, string text, double minimum, double maximum)
    {
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !double.IsFinite(value))
        {
            throw Error(flag, $"'{OneLine.Of(text)}' is not a finite number; write for example 0.01,0.03 or 1e-4..1*10");
        }

        return value >= minimum && value <= maximum
            ? value
            : throw Error(flag, $"{value:R} is out of range; must be {minimum:R}..{maximum:R}");
    }

    private static void Add<T>(string flag, List<T> items, T item)
    {
        if (items.Count == MaxItems)
        {
            throw TooMany(flag);
        }

        items.Add(item);
    }

    private static List<T> WithoutDuplicates<T>(string flag, List<T> items)
        where T : IComparable<T>
    {
        // Sorting a copy costs a tenth of the memory of a set of ten million items.
        T[] sorted = [.. items];
        Array.Sort(sorted);
        for (int i = 1; i < sorted.Length; i++)
        {
            if (sorted[i].CompareTo(sorted[i - 1]) == 0)
            {
                throw Error(flag, $"{sorted[i]} occurs twice; name every value once");
            }
        }

        return items;
    }

    private static UserErrorException TooMany(string flag) =>
        Error(flag, $"more than {MaxItems} items; must be a shorter list");

    private static UserErrorException Error(string flag, string what) => new($"{flag}: {what}");
}
