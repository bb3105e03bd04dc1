using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Methods;
using GpuMlp.Engine.Specs;
using GpuMlp.Kernels.Analyses.Pruning;

namespace GpuMlp.Engine.Analyses.Pruning;

/// <summary>How trained models are pruned.</summary>
internal static class PruningFields
{
    public const string Section = "What to prune (trained models, one shot, biases kept)";

    public static IReadOnlyList<Field<SweepSpec>> All { get; } =
    [
        new Field<SweepSpec, IReadOnlyList<double>>(
            "sparsity",
            s => s.Sparsity,
            (s, levels) => s with { Sparsity = levels },
            SpecItems.Levels(SpecItems.Share))
        {
            Rule = s => s.Sparsity.Count == 0 && s.Pruning.Count > 0
                ? "no level for the pruning methods; levels such as 0.5,0.95 must be given"
                : null,
            Section = Section, Example = "0.5,0.95",
            Help = "shares of the weights to zero, 0..1, or `none` (default: 0.1 to 0.99; paper: and 0.001 to 0.0099, the levels at "
                + "which its published figure was in fact measured)",
        },
        new Field<SweepSpec, IReadOnlyList<PruneMethod>>(
            "pruning", s => s.Pruning, (s, methods) => s with { Pruning = methods }, SpecItems.Any(PruningMethods.Item))
        {
            Rule = s => s.Pruning.Count == 0 && s.Sparsity.Count > 0
                ? $"no method for the sparsity levels; must be {PruningMethods.Item.Right}"
                : null,
            Section = Section, Example = "layer,random",
            Help = $"what goes first: {Choice.Of(PruneMethod.All.Select(method => $"{method.Help} ({method.Name})"))} "
                + $"(paper: {string.Join(',', Presets.Paper.Pruning)})",
        },
    ];
}
