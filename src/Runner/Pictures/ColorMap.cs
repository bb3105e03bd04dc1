namespace GpuMlp.Runner.Pictures;

/// <summary>Colours for numbers: anchors at equal distances, straight lines in sRGB between them.</summary>
internal sealed class ColorMap
{
    private readonly Rgb[] _anchors;

    private ColorMap(params Rgb[] anchors) => _anchors = anchors;

    /// <summary>
    /// Blue for negative, white for 0, red for positive; told apart with every common colour blindness. Anchors: the eleven
    /// classes of ColorBrewer's RdBu, reversed (Cynthia Brewer, Pennsylvania State University, Apache-2.0), with the
    /// middle made pure white so that "no influence" looks like paper.
    /// </summary>
    public static ColorMap Diverging { get; } = new(
        new Rgb(5, 48, 97),
        new Rgb(33, 102, 172),
        new Rgb(67, 147, 195),
        new Rgb(146, 197, 222),
        new Rgb(209, 229, 240),
        new Rgb(255, 255, 255),
        new Rgb(253, 219, 199),
        new Rgb(244, 165, 130),
        new Rgb(214, 96, 77),
        new Rgb(178, 24, 43),
        new Rgb(103, 0, 31));

    /// <summary>
    /// Dark violet for 0 to yellow; equal steps look equal. Anchors: nine points of viridis (Nathaniel Smith and Stefan van
    /// der Walt, CC0) at 0, 1/8, ..., 1; between them it departs from the original by a few levels at most.
    /// </summary>
    public static ColorMap Sequential { get; } = new(
        new Rgb(68, 1, 84),
        new Rgb(71, 45, 123),
        new Rgb(59, 82, 139),
        new Rgb(44, 114, 142),
        new Rgb(33, 145, 140),
        new Rgb(40, 174, 128),
        new Rgb(94, 201, 98),
        new Rgb(173, 220, 48),
        new Rgb(253, 231, 37));

    /// <summary>Shown for NaN: in neither map.</summary>
    public static Rgb NotANumber => new(128, 128, 128);

    /// <param name="position">0 .. 1, clamped; NaN gives <see cref="NotANumber"/>.</param>
    public Rgb At(double position)
    {
        if (double.IsNaN(position))
        {
            return NotANumber;
        }

        double place = Math.Clamp(position, 0, 1) * (_anchors.Length - 1);
        int lower = Math.Min((int)place, _anchors.Length - 2);
        double share = place - lower;
        Rgb a = _anchors[lower], b = _anchors[lower + 1];
        return new Rgb(Mix(a.R, b.R, share), Mix(a.G, b.G, share), Mix(a.B, b.B, share));
    }

    private static byte Mix(byte a, byte b, double share) => (byte)Math.Round(a + ((b - a) * share));
}
