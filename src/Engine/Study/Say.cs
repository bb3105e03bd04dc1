using System.Globalization;
using GpuMlp.Engine.Statistics;

namespace GpuMlp.Engine.Study;

/// <summary>Numbers in the words of a verdict.</summary>
internal static class Say
{
    public static string F1(double value) => double.IsNaN(value) ? "none" : value.ToString("0.000", CultureInfo.InvariantCulture);

    /// <summary>With its sign, also where it rounds to 0.</summary>
    public static string Change(double value) => double.IsNaN(value) ? "none"
        : value.ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture);

    public static string Mean(Spread spread) => double.IsNaN(spread.Std)
        ? F1(spread.Mean)
        : $"{F1(spread.Mean)} \u00b1 {F1(spread.Std)}";

    public static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');

    /// <summary>A share 0..1 as "95 %".</summary>
    public static string Percent(double share) => Math.Round(share * 100, 6).ToString("0.######", CultureInfo.InvariantCulture) + " %";

    /// <summary>"3 of 8", and what they are when it is some but not all and not many.</summary>
    public static string Some(IReadOnlyCollection<string> which, int of)
    {
        const int Listed = 8;
        string count = $"{which.Count} of {of}";
        return which.Count == 0 || which.Count == of || which.Count > Listed ? count : $"{count} ({string.Join(", ", which)})";
    }

    public static string Seeds(int seeds) => seeds == 1 ? "one seed" : $"{seeds} seeds";

    public static string Sizes(IEnumerable<int?> sizes)
        => string.Join(", ", sizes.Select(size => size?.ToString(CultureInfo.InvariantCulture) ?? "none"));
}
