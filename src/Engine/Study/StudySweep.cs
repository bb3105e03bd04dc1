using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Specs;

namespace GpuMlp.Engine.Study;

/// <summary>Which sweeps are the published study's: its claims, its levels of pruning and its words belong to them alone.</summary>
public static class StudySweep
{
    /// <summary>
    /// Whether a sweep is a preset that asks about the study, or has the whole grid of the study in it: more seeds, sizes, levels or
    /// corruptions refine it; other data, fewer tasks or another training ask something else.
    /// </summary>
    public static bool Is(SweepSpec spec)
    {
        SweepSpec study = Presets.Paper;
        return (PresetOf(spec) is { } preset && Presets.All[preset] != Presets.DoubleDescent)
            || (spec.Data == study.Data && Has(spec.Tasks, study.Tasks) && Has(spec.Hidden, study.Hidden)
                && Has(spec.LearningRates, study.LearningRates) && Has(spec.Epochs, study.Epochs) && Has(spec.Batches, study.Batches)
                && Has(spec.InitStds, study.InitStds) && Has(spec.WeightDecays, study.WeightDecays)
                && Has(spec.Trainings(), study.Trainings()) && Has(spec.Splits, study.Splits)
                && Has(spec.LabelNoises, study.LabelNoises) && Has(spec.TrainImages, study.TrainImages));
    }

    /// <summary>The name of the preset that a sweep is, as it is; null for any other.</summary>
    public static string? PresetOf(SweepSpec spec)
    {
        string text = SpecJson.TextOf(spec);
        return Presets.All.Where(preset => SpecJson.TextOf(preset.Value) == text).Select(preset => preset.Key).FirstOrDefault();
    }

    private static bool Has<T>(IReadOnlyList<T> all, IReadOnlyList<T> some) => some.All(all.Contains);
}
