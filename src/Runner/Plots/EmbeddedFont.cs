using SkiaSharp;

namespace GpuMlp.Runner.Plots;

/// <summary>
/// DejaVu Sans, from this assembly: a slim container has no font, and its plots would have no text. Shared and never
/// disposed; loading takes a millisecond.
/// </summary>
internal static class EmbeddedFont
{
    public const string Name = "DejaVu Sans";

    private static readonly Lazy<SKTypeface> s_regular = new(() => Load("DejaVuSans.ttf"));
    private static readonly Lazy<SKTypeface> s_bold = new(() => Load("DejaVuSans-Bold.ttf"));

    public static SKTypeface Get(bool bold) => (bold ? s_bold : s_regular).Value;

    private static SKTypeface Load(string file)
    {
        string name = "GpuMlp.Runner.Fonts." + file;
        using Stream stream = typeof(EmbeddedFont).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The font {name} is not embedded.");
        using SKData data = SKData.Create(stream);
        return SKTypeface.FromData(data) ?? throw new InvalidOperationException($"The font {name} cannot be read.");
    }
}
