using System.Globalization;

namespace GpuMlp.Runner.Pictures;

/// <summary>Numbers as axes and tables write them.</summary>
internal static class NumberText
{
    /// <summary>The shortest form that means the number: 0.03, 1e-05, 64.</summary>
    public static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');

    /// <summary>A share 0..1 in percent, with the digits that it has: 95, 0.95, 0.1.</summary>
    public static string Percent(double share) => Math.Round(share * 100, 6).ToString("0.######", CultureInfo.InvariantCulture);
}
