using System.Net;
using System.Text;

namespace GpuMlp.Runner.Report;

/// <summary>
/// Writes a page piece by piece. Everything that comes from data goes through <see cref="Text"/> or <see cref="Escape"/>.
/// </summary>
internal sealed class Html
{
    private readonly StringBuilder _page = new();

    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    /// <summary>Markup of our own.</summary>
    public Html Raw(string markup)
    {
        _page.Append(markup);
        return this;
    }

    public Html Text(string text) => Raw(Escape(text));

    /// <summary>One element around escaped text.</summary>
    /// <param name="attributes">Our own markup, as <c>class="muted"</c>.</param>
    public Html Element(string tag, string text, string attributes = "") =>
        Raw($"<{tag}{(attributes.Length > 0 ? " " + attributes : "")}>").Text(text).Raw($"</{tag}>\n");

    /// <summary>Characters so far.</summary>
    public int Length => _page.Length;

    /// <summary>Takes back what was written after a point.</summary>
    public void CutTo(int length) => _page.Length = length;

    public override string ToString() => _page.ToString();
}
