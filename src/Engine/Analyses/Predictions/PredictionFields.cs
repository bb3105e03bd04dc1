using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Specs;

namespace GpuMlp.Engine.Analyses.Predictions;

/// <summary>Whether predictions are kept.</summary>
internal static class PredictionFields
{
    private const string Section = "What to keep of every image";

    public static IReadOnlyList<Field<SweepSpec>> All { get; } =
    [
        new Field<SweepSpec, bool>("predictions", s => s.Predictions, (s, keep) => s with { Predictions = keep }, new SwitchNotation())
        {
            IsYounger = true, Section = Section,
            Help = "predictions.parquet: the logit of every model for every image of training, validation and test, some 14 bytes each",
        },
    ];
}
