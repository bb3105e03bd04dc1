using System.Globalization;

namespace GpuMlp.Runner.Progress;

/// <summary>The words and numbers of progress, the same live and plain. No line is wider than 80 characters.</summary>
internal static class ProgressText
{
    /// <summary>Widest line, in characters.</summary>
    public const int Width = 80;

    /// <summary><c>1:02:03</c>, <c>2:03</c> or <c>3 d 04 h</c>.</summary>
    public static string Duration(TimeSpan time)
    {
        // Rounded to the second, so that 59.9 s does not read 0:59 for a whole second too long.
        TimeSpan t = TimeSpan.FromSeconds(Math.Round(Math.Max(0, time.TotalSeconds)));
        return t.TotalDays >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{(int)t.TotalDays} d {t.Hours:00} h")
            : t.TotalHours >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{t.Hours}:{t.Minutes:00}:{t.Seconds:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{t.Minutes}:{t.Seconds:00}");
    }

    /// <summary>Three significant digits or all digits before the point: <c>0.25</c>, <c>8.1</c>, <c>12,345</c>.</summary>
    public static string Number(double value) =>
        value.ToString(value >= 100 ? "#,0" : value >= 1 ? "0.0" : "0.##", CultureInfo.InvariantCulture);

    public static string Percent(SweepState s) =>
        // Down, so that 100 % means done.
        Math.Floor(s.Fraction * 100).ToString("0", CultureInfo.InvariantCulture) + " %";

    public static string Counts(SweepState s) =>
        $"{s.ModelsDone}/{s.Models} models, {s.UnitsDone}/{s.Units} units" + (s.Failed > 0 ? $", {s.Failed} failed" : "");

    /// <summary>Dense-equivalent, like every rate shown.</summary>
    public static string Rate(SweepState s) =>
        $"{Number(s.EpochRate)} epochs/s, {Number(s.GflopRate)} GFLOP/s dense-equivalent";

    public static string Left(TimeSpan? left) => left is { } known ? Duration(known) + " left" : "time left unknown";

    public static string BestF1(SweepState s) =>
        s.BestF1 > 0 ? "best training F1 " + s.BestF1.ToString("0.0000", CultureInfo.InvariantCulture) : "no F1 yet";

    public static string PlainLine(SweepState s)
    {
        string f1 = s.BestF1 > 0 ? ", F1 " + s.BestF1.ToString("0.0000", CultureInfo.InvariantCulture) : "";
        string phase = s.Phase.Length > 0 ? ", " + s.Phase : "";
        return Fit($"{Percent(s)}, {Counts(s)}, {Number(s.GflopRate)} GFLOP/s{f1}, {Left(s.Left)}{phase}", Width);
    }

    /// <summary>What remains in the log, or on the terminal after the display is gone.</summary>
    public static string LastLine(SweepState s)
    {
        string end = s.ModelsDone >= s.Models ? "trained" : "stopped after";
        return Fit($"{end} {Counts(s)} in {Duration(s.Elapsed)}, {Number(s.GflopRate)} GFLOP/s dense-equivalent", Width);
    }

    /// <summary>Behind the words of a phase: <c>: weights, 5 of 15</c>; nothing before anything is known.</summary>
    public static string Step(string what, int done, int all) =>
        all <= 0 ? "" : what.Length > 0 ? $": {what}, {done} of {all}" : $", {done} of {all}";

    /// <summary>Cut to so many characters, the last one a dot where something is missing.</summary>
    public static string Fit(string text, int width) =>
        text.Length <= width ? text : string.Concat(text.AsSpan(0, Math.Max(0, width - 1)), ".");
}
