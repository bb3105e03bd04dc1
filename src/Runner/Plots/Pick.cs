using GpuMlp.Engine.Study;

namespace GpuMlp.Runner.Plots;

/// <summary>Which of many tasks, sizes or rows a plot shows, and in what words.</summary>
internal static class Pick
{
    /// <summary>More panels than these are no longer read.</summary>
    public const int MostPanels = 6;

    /// <summary>At most <paramref name="most"/> of a list, evenly spaced, with both ends.</summary>
    public static IReadOnlyList<T> Evenly<T>(IReadOnlyList<T> all, int most) =>
        all.Count <= most ? all : [.. Enumerable.Range(0, most).Select(i => all[i * (all.Count - 1) / (most - 1)])];

    /// <summary>"mean of 3 seeds, band: smallest to largest"; of one seed there is no band.</summary>
    public static string Seeds(StudyTables tables, string mark = "band") =>
        tables.Seeds == 1 ? "One seed." : $"Mean of {tables.Seeds} seeds; {mark}: smallest to largest.";

    /// <summary>Rate and training in words.</summary>
    public static string Focus(StudyTables tables) => $"Learning rate {PlotText.Number(tables.Shown.Rate)}, {tables.Shown.How}.";

    public static IReadOnlyList<string> Panels(StudyTables tables) => Evenly(tables.Tasks, MostPanels);
}
