using GpuMlp.Engine.Plans;

namespace GpuMlp.Engine.Study;

/// <summary>What a report is about, where somebody chose.</summary>
public sealed record ReportChoice
{
    /// <summary>See <see cref="F1Target"/>.</summary>
    public double? TargetF1 { get; init; }

    /// <summary>Whether the claims of the study are judged; null: where the sweep is the study's, see <see cref="StudySweep"/>.</summary>
    public bool? Judges { get; init; }

    /// <summary>At which training a page looks closer; by default at that of <see cref="Specs.ShownModel"/>.</summary>
    public VariantChoice Training { get; init; } = VariantChoice.Any;
}
