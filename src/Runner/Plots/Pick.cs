using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
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

    /// <summary>What tells a training from the others of the run: <c>batch 32</c>; all of it where the run has one.</summary>
    public static string Training(StudyTables tables, TrainedHow how)
    {
        var parts = Parts(tables, how).ToList();
        return tables.Variants.Count < 2 ? $"{how}" : string.Join(", ", parts.Where(part => !part.IsSame).Select(part => part.Text));
    }

    /// <summary>What all trainings of the run have in common, a comma before each part.</summary>
    public static string SameTraining(StudyTables tables) =>
        string.Concat(Parts(tables, tables.Shown.How).Where(part => part.IsSame).Select(part => $", {part.Text}"));

    private static IEnumerable<(string Text, bool IsSame)> Parts(StudyTables tables, TrainedHow how) =>
        from part in TrainedHow.Parts
        let isSame = tables.Variants.All(other => part.Value(other) == part.Value(how))
        where !isSame || part.IsTold(how)
        select (part.Words(how), isSame);

    public static IReadOnlyList<string> Panels(StudyTables tables) => Evenly.Of(tables.Tasks, MostPanels);
}
