using System.Globalization;

namespace GpuMlp.Runner.Pictures;

/// <summary>How the values of one map become colours, and the ticks that read them back.</summary>
internal sealed class ColorScale
{
    private readonly ColorMap _colors;

    /// <param name="signed">Symmetric around 0 in diverging colours; else from 0 up in sequential ones.</param>
    public ColorScale(ReadOnlySpan<float> map, bool signed)
    {
        double largest = 0;
        foreach (float value in map)
        {
            if (float.IsFinite(value))
            {
                largest = Math.Max(largest, Math.Abs((double)value));
            }
        }

        // A map of zeros has no scale of its own; any one shows it in the colour of 0.
        IsZero = largest == 0;
        High = IsZero ? 1 : largest;
        Low = signed ? -High : 0;
        _colors = signed ? ColorMap.Diverging : ColorMap.Sequential;
    }

    /// <summary>No finite value differs from 0; then <see cref="Ticks"/> is 0 alone.</summary>
    public bool IsZero { get; }

    public double Low { get; }

    public double High { get; }

    public Rgb At(double value) => _colors.At((value - Low) / (High - Low));

    /// <summary>Round values (1, 2, 4 or 5 times a power of ten apart) within the scale, ascending, with their texts.</summary>
    public IReadOnlyList<(double Value, string Text)> Ticks()
    {
        if (IsZero)
        {
            return [(0, "0")];
        }

        double power = Math.Pow(10, Math.Floor(Math.Log10(High)));
        double leading = High / power;

        // Two to four steps on each side of 0: enough to read a value, few enough not to touch.
        double step = power * (leading >= 8 ? 4 : leading >= 4 ? 2 : leading >= 2 ? 1 : 0.5);
        int most = (int)Math.Floor((High / step) + 1e-9);
        List<(double, string)> ticks = [];
        for (int i = Low < 0 ? -most : 0; i <= most; i++)
        {
            ticks.Add((i * step, Text(i * step, step)));
        }

        return ticks;
    }

    private static string Text(double value, double step)
    {
        if (value == 0)
        {
            return "0";
        }

        const double Smallest = 1e-4, Largest = 1e5;
        if (step < Smallest || Math.Abs(value) >= Largest)
        {
            return value.ToString("0.#e+0", CultureInfo.InvariantCulture);
        }

        int digits = Math.Max(0, (int)Math.Ceiling(-Math.Log10(step) - 1e-9));
        return value.ToString("F" + digits, CultureInfo.InvariantCulture);
    }
}
