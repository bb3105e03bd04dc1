namespace GpuMlp.Runner.Pictures;

/// <summary>An opaque sRGB colour, 0..255 a channel.</summary>
internal readonly record struct Rgb(byte R, byte G, byte B)
{
    public static Rgb Black => new(0, 0, 0);

    public static Rgb White => new(255, 255, 255);

    public static Rgb Grey(byte level) => new(level, level, level);
}
