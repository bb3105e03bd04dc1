using GpuMlp.Engine.Study;

namespace GpuMlp.Runner.Report;

/// <summary>The table of verdicts, and a section a claim.</summary>
internal static class ClaimSections
{
    // More lines make no summary; the claim's own section has all.
    private const int MostChecks = 4;

    /// <param name="focus">Where claims are judged that do not compare it: rate and training in words.</param>
    public static void Summary(Html html, IReadOnlyList<Claim> claims, IReadOnlyList<DrawnPlot> plots, string focus)
    {
        html.Raw("<div class=\"scroll\"><table class=\"wide claims\">\n<thead><tr><th scope=\"col\"></th><th scope=\"col\">The study "
            + "says</th><th scope=\"col\">This run</th><th scope=\"col\">Verdict</th></tr></thead>\n<tbody>\n");
        foreach (Claim claim in claims)
        {
            html.Raw($"<tr><td><a href=\"#{claim.Id}\">{claim.Id}</a></td><td class=\"said\" data-name=\"The study says\"><strong>")
                .Text(claim.Title)
                .Raw("</strong><br><span class=\"muted\">")
                .Text(claim.Statement)
                .Raw("</span></td><td class=\"ours\" data-name=\"This run\"><ul class=\"checks\">");
            Check[] shown = [.. claim.Checks.Where(check => check.Decides).OrderBy(check => check.Passed is null).Take(MostChecks)];
            foreach (Check check in shown)
            {
                string study = check.Study.Length > 0 ? $" <span class=\"muted\">(study: {Html.Escape(check.Study)})</span>" : "";
                html.Raw($"<li>{VerdictText.Sign(check.Passed)}<strong>").Text(check.Scope).Raw("</strong>: ").Text(check.Ours)
                    .Raw($"{study}</li>");
            }

            html.Raw("</ul>");
            int more = claim.Checks.Count - shown.Length;
            if (more > 0)
                html.Raw($"<a class=\"condition\" href=\"#{claim.Id}\">and {more} more</a>");
            html.Raw($"</td><td data-name=\"Verdict\">{VerdictText.Badge(claim.Verdict)}<div class=\"condition\">");

            // What cannot be judged stands with its reasons to the left.
            if (claim.Condition.Length > 0 && claim.Verdict != Verdict.CannotBeJudged)
                html.Text(claim.Verdict == Verdict.HoldsOnlyWhen ? $"... {claim.Condition}" : claim.Condition);
            html.Raw("</div>");
            DrawnPlot[] own = [.. plots.Where(plot => plot.Section == claim.Id)];
            if (own.Length > 0)
            {
                html.Raw($"<div class=\"condition\">{(own.Length == 1 ? "Plot" : "Plots")}: "
                    + $"{string.Join(", ", own.Select(plot => $"<a href=\"#plot-{plot.Name}\">{plot.Name}</a>"))}</div>");
            }

            html.Raw("</td></tr>\n");
        }

        html.Raw("</tbody></table></div>\n");
        html.Element("p", $"Verdicts come from numbers by rules: a claim holds when every deciding rule is met that the run has numbers "
            + $"for, does not hold when none is, and otherwise holds only when it is about those that are. Each section states its rules "
            + $"with their numbers. Claims that compare neither rates nor trainings are judged at one: {focus}", "class=\"muted\"");
    }

    public static void Heading(Html html, Claim claim)
    {
        html.Raw($"<h2 id=\"{claim.Id}\">{claim.Id}: ").Text(claim.Title).Raw($" {VerdictText.Badge(claim.Verdict)}</h2>\n");
        html.Raw("<p><strong>Claim.</strong> ").Text(claim.Statement).Raw(".</p>\n");
        if (claim.Condition.Length > 0)
        {
            html.Raw("<p><strong>Verdict.</strong> ").Text(claim.Verdict == Verdict.HoldsOnlyWhen
                ? $"Holds only when {claim.Condition}."
                : $"{Capital(VerdictText.Name(claim.Verdict))}; {claim.Condition}.").Raw("</p>\n");
        }

        html.Raw("<div class=\"scroll\"><table class=\"wide rules\">\n<thead><tr><th scope=\"col\"></th><th scope=\"col\">Part</th><th "
            + "scope=\"col\">Rule</th><th scope=\"col\">Study</th><th scope=\"col\">This run</th></tr></thead>\n<tbody>\n");
        foreach (Check check in claim.Checks)
        {
            html.Raw($"<tr><td>{VerdictText.Sign(check.Passed)}</td><td>").Text(check.Scope)
                .Raw(check.Decides ? "" : "<br><span class=\"muted\">beside the verdict</span>")
                .Raw("</td><td>")
                .Text(check.Rule)
                .Raw("</td><td>")
                .Text(check.Study)
                .Raw("</td><td>")
                .Text(check.Ours)
                .Raw("</td></tr>\n");
        }

        html.Raw("</tbody></table></div>\n");
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
