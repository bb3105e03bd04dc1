using GpuMlp.Engine;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Study.Claims;
using GpuMlp.Runner.Plots;

namespace GpuMlp.Runner.Report;

/// <summary>
/// RUN/plots/*.png and RUN/report.html: one file that needs nothing else, no network and no other file, opens in any browser
/// and prints. The same run gives the same bytes, but for the lines between <see cref="RunFacts.MachineBegin"/> and
/// <see cref="RunFacts.MachineEnd"/>.
/// </summary>
internal static class ReportWriter
{
    private const string FileName = "report.html";

    /// <returns>The path of the page, and a line for each table that the run should have and the page lacks.</returns>
    /// <exception cref="UserErrorException">The run is not merged, a file is not the run's, or the disk is full.</exception>
    /// <param name="choice">What the page is about; null: what the run's own sweep says.</param>
    public static (string Path, IReadOnlyList<string> Unread) Write(RunDirectory run, ReportChoice? choice = null)
    {
        _ = ReportWarmUp.Begin(run);
        StudyTables tables = StudyReader.Read(run, choice);

        // Claims are judged and the page is written while its plots are drawn.
        IReadOnlyList<DrawnPlot> plots = ReportImages.Begin(run, StudyPlot.Of(tables, run));
        try
        {
            IReadOnlyList<Claim> claims = tables.Judges ? ClaimList.Judge(tables) : [];
            Html page = Page(run, RunInfo.Of(run), tables, claims, plots);
            foreach (DrawnPlot plot in plots)
                plot.Wait();
            string path = run.TablePath(FileName);
            AtomicFile.Write(path, page.CopyTo);
            return (path, tables.Unread);
        }
        finally
        {
            ReportImages.End(plots);
        }
    }

    /// <summary>
    /// Judges a study that is made up, draws its plots and writes its part of a page, and keeps nothing of them; see
    /// <see cref="ReportWarmUp"/>. A run that is not the study's has another page.
    /// </summary>
    public static void Rehearse(RunDirectory run)
    {
        StudyTables tables = MadeUpStudy.Of(run.Plan);
        if (!tables.Judges)
            return;
        foreach (StudyPlot plot in StudyPlot.Of(tables, run))
            plot.Draw().Dispose();
        Study(new Html(), run, tables, ClaimList.Judge(tables), plots: []);
    }

    private static Html Page(
        RunDirectory run,
        RunInfo? info,
        StudyTables tables,
        IReadOnlyList<Claim> claims,
        IReadOnlyList<DrawnPlot> plots)
    {
        Html html = new();
        Head(html, run);
        html.Raw("<header>\n").Element(
            "h1", tables.Judges ? "Small networks, pruned, corrupted and explained" : "What this sweep of small networks found");
        html.Element("p", RunFacts.Sentence(run.Plan, tables.Results.Count, tables.Results.Count(row => !row.Ok)), "class=\"lead\"");
        html.Raw("<nav aria-label=\"Contents\">");
        IEnumerable<(string Id, string Text)> contents = tables.Judges
            ? claims.Select(claim => (claim.Id, claim.Id)).Prepend(("verdicts", "Verdicts"))
                .Concat(TopicSections.Beside(plots).Select(topic => (topic.Id, topic.Short)))
            : TopicSections.Contents(tables, plots);
        foreach ((string id, string text) in contents)
            html.Raw($"<a href=\"#{id}\">").Text(text).Raw("</a>");
        html.Raw(
            "<a href=\"#run\">The run</a><a href=\"#again\">Run it again</a><a href=\"#limits\">Limits</a></nav>\n</header>\n<main>\n");
        if (tables.Judges)
            Study(html, run, tables, claims, plots);
        else
            TopicSections.Write(html, run, tables, plots);
        html.Raw("<h2 id=\"run\">The run</h2>\n");
        RunFacts.Write(html, run, info);
        if (info is not null)
            RunFacts.Machine(html, info);
        html.Raw("<h2 id=\"again\">Run it again</h2>\n");
        RunFacts.Reproduce(html, run);
        html.Raw("<h2 id=\"limits\">Limits</h2>\n<ul>\n");
        foreach (string limit in Limits.Of(tables))
            html.Element("li", limit);
        html.Raw("</ul>\n</main>\n");
        html.Element(
            "footer",
            $"Written by gpumlp {RunInfo.ProgramVersion}. All numbers of this page are in the CSV and Parquet files beside it.");
        html.Raw($"<script>\n{Resource("report.js")}</script>\n</body>\n</html>\n");
        return html;
    }

    private static void Study(
        Html html,
        RunDirectory run,
        StudyTables tables,
        IReadOnlyList<Claim> claims,
        IReadOnlyList<DrawnPlot> plots)
    {
        html.Raw("<h2 id=\"verdicts\">Does the study hold?</h2>\n");
        html.Raw("<p>Claims of Y. Kumar, \u201cUnderstanding Generalization, Robustness, and Interpretability in Low-Capacity Neural "
            + "Networks\u201d (arXiv 2507.16278), judged by this run.</p>\n");
        ClaimSections.Summary(html, claims, plots, Pick.Focus(tables));
        foreach (Claim claim in claims)
        {
            ClaimSections.Heading(html, claim);
            if (claim.Id == "C2")
                TicketTable.Write(html, tables);
            foreach (DrawnPlot plot in plots.Where(plot => plot.Section == claim.Id))
                ReportImages.Write(html, plot);
            if (claim.Id == "C5")
                SheetSection.Write(html, run);
            NumberTables.Write(html, tables, claim.Id);
        }

        foreach (Topic topic in TopicSections.Beside(plots))
            TopicSections.Section(html, run, tables, plots, topic);
    }

    private static void Head(Html html, RunDirectory run)
    {
        html.Raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
            + "content=\"width=device-width, initial-scale=1\">\n");

        // Nothing may be fetched, whatever a name in the data looks like.
        html.Raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
            + "script-src 'unsafe-inline'\">\n");
        html.Raw(RunFacts.MachineBegin);
        html.Element("title", $"gpumlp: {Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(run.Path)))}");
        html.Raw(RunFacts.MachineEnd);
        html.Raw("<link rel=\"icon\" href=\"data:,\">\n");
        html.Raw($"<style>\n{Resource("report.css")}</style>\n</head>\n<body>\n");
    }

    private static string Resource(string name)
    {
        using Stream stream = typeof(ReportWriter).Assembly.GetManifestResourceStream($"GpuMlp.Runner.Report.{name}")
            ?? throw new InvalidOperationException($"{name} is not embedded.");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
