using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Study;
using GpuMlp.Runner.Plots;

namespace GpuMlp.Runner.Report;

/// <summary>
/// The page of a sweep of one's own: its best models, those that are enough, and a section for each part that the run has.
/// </summary>
internal static class TopicSections
{
    private const string Best = "best", Enough = "enough";

    /// <summary>Targets and words for the list of contents.</summary>
    public static IEnumerable<(string Id, string Text)> Contents(StudyTables tables, IReadOnlyList<DrawnPlot> plots) =>
    [
        (Best, "Best models"), (Enough, "Smallest and fastest"), .. Shown(tables, plots).Select(topic => (topic.Id, topic.Short)),
    ];

    public static void Write(Html html, RunDirectory run, StudyTables tables, IReadOnlyList<DrawnPlot> plots)
    {
        html.Raw($"<h2 id=\"{Best}\">Best models</h2>\n");
        BestTables.Best(html, run, tables);
        html.Raw($"<h2 id=\"{Enough}\">Smallest and fastest models that are enough</h2>\n");
        BestTables.Enough(html, run, tables);
        foreach (Topic topic in Shown(tables, plots))
            Section(html, run, tables, plots, topic);
    }

    /// <summary>Topics of no claim, for a page that judges.</summary>
    public static IEnumerable<Topic> Beside(IReadOnlyList<DrawnPlot> plots) =>
        Topic.All.Where(topic => !topic.IsClaim && plots.Any(plot => plot.Section == topic.Claim));

    public static void Section(Html html, RunDirectory run, StudyTables tables, IReadOnlyList<DrawnPlot> plots, Topic topic)
    {
        html.Raw($"<h2 id=\"{topic.Id}\">").Text(topic.Title).Raw("</h2>\n");
        if (topic.Claim == "C1")
            DescentTable.Write(html, tables);
        if (topic.Claim == ConfusionPlot.Section)
            ClassTable.Write(html, run, tables);
        if (topic.Claim == "C2")
        {
            CostTables.Pruning(html, tables);
            TicketTable.Write(html, tables);
        }

        if (topic.Claim == "C4")
            CostTables.Corruption(html, tables);
        foreach (DrawnPlot plot in plots.Where(plot => plot.Section == topic.Claim))
            ReportImages.Write(html, plot);
        if (topic.Claim == "C5")
            SheetSection.Write(html, run);
        NumberTables.Write(html, tables, topic.Claim);
    }

    // Saliency pictures are there without a table of their similarity.
    private static IEnumerable<Topic> Shown(StudyTables tables, IReadOnlyList<DrawnPlot> plots) => Topic.All.Where(topic =>
        plots.Any(plot => plot.Section == topic.Claim) || (topic.Claim == "C5" && tables.HasPictures));
}
