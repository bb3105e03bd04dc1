using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Methods;
using GpuMlp.Engine.Specs;
using GpuMlp.Kernels.Analyses.Corruptions;

namespace GpuMlp.Engine.Analyses.Robustness;

/// <summary>How validation images are corrupted.</summary>
internal static class RobustnessFields
{
    private const string Section = "What to do to validation images (each model is evaluated on all of them)";

    public static IReadOnlyList<Field<SweepSpec>> All { get; } =
    [
        new Field<SweepSpec, IReadOnlyList<Corruption>>(
            "corruption", s => s.Corruptions, (s, corruptions) => s with { Corruptions = corruptions },
            SpecItems.Levels(CorruptionNames.Item))
        {
            FromText = (_, flag, text, _) =>
                text == ListNotation<Corruption>.None ? [] : CorruptionNames.Parse(flag, text, Presets.Paper.Corruptions),
            Section = Section, Example = "blur:1,rotation:15",
            Help = "all of them by name and severity, as in blur:1.5, or by name alone for the severities of the paper preset, or `none`: "
                + string.Join(", ", CorruptionKind.All.Select(kind => $"{kind.Name} ({kind.Unit})")),
        },
        new Field<SweepSpec, IReadOnlyList<int>>(
            "occlusion",
            s => [.. SeveritiesOf(s, CorruptionKind.Occlusion).Select(side => (int)side)],
            (s, sides) => With(s, CorruptionKind.Occlusion, sides.Select(side => (double)side)),
            SpecItems.Any(new WholeItem(0, (int)CorruptionKind.Occlusion.Largest)))
        {
            PartOf = "corruption", Section = Section, Example = "7",
            Help = "in place of its kind in that list: a square set to 0, at a random place, sides in pixels, or `none` (paper: 7)",
        },
        new Field<SweepSpec, IReadOnlyList<double>>(
            "noise",
            s => [.. SeveritiesOf(s, CorruptionKind.Gaussian)],
            (s, spreads) => With(s, CorruptionKind.Gaussian, spreads),
            SpecItems.Any(new NumberItem(0, CorruptionKind.Gaussian.Largest)))
        {
            PartOf = "corruption", Section = Section, Example = "0.1,0.3",
            Help = "likewise gaussian noise, standard deviations on the scale 0..1, or `none` (paper: 0.1,0.2,0.3,0.4,0.5)",
        },
    ];

    private static IEnumerable<double> SeveritiesOf(SweepSpec spec, CorruptionKind kind) =>
        spec.Corruptions.Where(one => one.Kind == kind).Select(one => one.Severity);

    // Other severities of one kind, which then comes first.
    private static SweepSpec With(SweepSpec spec, CorruptionKind kind, IEnumerable<double> severities) => spec with
    {
        Corruptions = [.. severities.Select(severity => new Corruption(kind, severity)),
            .. spec.Corruptions.Where(one => one.Kind != kind)],
    };
}
