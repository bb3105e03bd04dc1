using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Specs;

namespace GpuMlp.Engine.Analyses.Pruning;

/// <summary>How pruned models are trained further.</summary>
internal static class FinetuningFields
{
    private const string Section = PruningFields.Section;

    public static IReadOnlyList<Field<SweepSpec>> All { get; } =
    [
        new Field<SweepSpec, int>(
            "finetune_epochs",
            s => s.FinetuneEpochs, (s, epochs) => s with { FinetuneEpochs = epochs }, new WholeNotation(0, SweepSpec.MaxEpochs))
        {
            Rule = s => s.FinetuneEpochs > 0 && s.Pruning.Count == 0
                ? "nothing is pruned, so there is nothing to fine-tune; levels and methods of pruning must be given"
                : null,
            IsYounger = true, Section = Section, Example = "10",
            Help = "train every pruned model on under its mask, N epochs at each method and level: finetune.csv (paper: 0)",
        },
        new Field<SweepSpec, bool>("rewind", s => s.Rewind, (s, rewind) => s with { Rewind = rewind }, new SwitchNotation())
        {
            Rule = s => s.Rewind && s.FinetuneEpochs == 0
                ? "no epochs to train after rewinding; epochs of fine-tuning must be given"
                : null,
            IsYounger = true, Section = Section,
            Help = "and N epochs once more, from the initial values of the weights that are kept (the lottery ticket)",
        },
    ];
}
