using System.Text;

namespace GpuMlp.Runner.Streams;

/// <summary>
/// What is written is passed on if that is possible, and lost if not: a log or table that cannot be written must neither end
/// a sweep nor hide how it ended.
/// </summary>
internal sealed class SteadyWriter(TextWriter inner) : TextWriter(inner.FormatProvider)
{
    public override Encoding Encoding => inner.Encoding;

    /// <summary>Why something was lost; null when nothing was. A reader that went away is not counted: it had what it wanted.</summary>
    public Exception? Loss { get; private set; }

    public override void Write(char value) => Try(() => inner.Write(value));

    public override void Write(string? value) => Try(() => inner.Write(value));

    public override void Write(char[] buffer, int index, int count) => Try(() => inner.Write(buffer, index, count));

    public override void WriteLine(string? value) => Try(() => inner.WriteLine(value));

    public override void Flush() => Try(inner.Flush);

    private void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk, a terminal that is gone, a descriptor that is for reading only.
            Loss ??= e;
        }
    }
}
