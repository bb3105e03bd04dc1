using GpuMlp.Engine.Study;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Plots;

/// <summary>Which of many tasks, sizes or rows a plot shows, and in what words.</summary>
internal static class Pick
{
    /// <summary>More panels than these are no longer read.</summary>
    public const int MostPanels = 6;

    /// <summary>"mean of 3 seeds, band: smallest to largest"; of one seed there is no band.</summary>
    public static string Seeds(StudyTables tables, string mark = "band") =>
        tables.Seeds == 1 ? "One seed." : $"Mean of {tables.Seeds} seeds; {mark}: smallest to largest.";

    /// <summary>Rate and training in words.</summary>
    public static string Focus(StudyTables tables) => $"Learning rate {NumberText.Number(tables.Shown.Rate)}, {tables.Shown.How}.";

    public static IReadOnlyList<string> Panels(StudyTables tables) => Evenly.Of(tables.Tasks, MostPanels);
}
