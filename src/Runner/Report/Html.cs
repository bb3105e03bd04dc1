using System.Net;
using System.Text;

namespace GpuMlp.Runner.Report;

/// <summary>
/// Writes a page piece by piece. Everything that comes from data goes through <see cref="Text"/> or <see cref="Escape"/>. What is not there
/// yet is waited for at the end.
/// </summary>
internal sealed class Html
{
    private readonly StringBuilder _page = new();
    private readonly List<(int Place, Func<byte[]> Markup)> _later = [];

    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    /// <summary>Markup of our own.</summary>
    public Html Raw(string markup)
    {
        _page.Append(markup);
        return this;
    }

    /// <summary>Markup of our own, in UTF-8, that is asked for when the rest of the page is written.</summary>
    public Html Later(Func<byte[]> markup)
    {
        _later.Add((_page.Length, markup));
        return this;
    }

    public Html Text(string text) => Raw(Escape(text));

    /// <summary>One element around escaped text.</summary>
    /// <param name="attributes">Our own markup, as <c>class="muted"</c>.</param>
    public Html Element(string tag, string text, string attributes = "") =>
        Raw($"<{tag}{(attributes.Length > 0 ? " " + attributes : "")}>").Text(text).Raw($"</{tag}>\n");

    /// <summary>Characters so far, without what comes later.</summary>
    public int Length => _page.Length;

    /// <summary>Takes back what was written after a point.</summary>
    public void CutTo(int length)
    {
        _page.Length = length;
        _later.RemoveAll(piece => piece.Place > length);
    }

    /// <summary>Writes the page to a file; waits for what comes later.</summary>
    public void CopyTo(Stream file)
    {
        string page = _page.ToString();
        int written = 0;
        foreach ((int place, Func<byte[]> markup) in _later)
        {
            file.Write(Encoding.UTF8.GetBytes(page[written..place]));
            file.Write(markup());
            written = place;
        }

        file.Write(Encoding.UTF8.GetBytes(page[written..]));
    }
}
