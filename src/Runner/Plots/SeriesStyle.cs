using ScottPlot;

namespace GpuMlp.Runner.Plots;

/// <summary>
/// How one series looks, and what it is called in the legend. Series differ in colour and marker, so that neither colour blindness nor a
/// grey print merges them.
/// </summary>
/// <param name="Line">None for points alone.</param>
/// <param name="Marker"><see cref="MarkerShape.None"/> for a line alone.</param>
internal sealed record SeriesStyle(
    string Name,
    Color Color,
    MarkerShape Marker,
    LinePattern? Line,
    float Width = 1.8f,
    float MarkerSize = 6.5f)
{
    public SeriesStyle WithoutMarker() => this with { Marker = MarkerShape.None };

    public SeriesStyle Thin() => this with { Line = LinePattern.Solid, Width = 1 };

    public SeriesStyle Dashed() => this with { Line = LinePattern.Dashed };
}
