using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;

namespace GpuMlp.Engine.Plans;

/// <summary>Some of the ways to train that a run has, by name; what is null is any.</summary>
public sealed record VariantChoice
{
    public IReadOnlyList<int?>? Batches { get; init; }

    public IReadOnlyList<int>? Epochs { get; init; }

    public IReadOnlyList<double>? InitStds { get; init; }

    public IReadOnlyList<double>? WeightDecays { get; init; }

    public bool IsAny => Batches is null && Epochs is null && InitStds is null && WeightDecays is null;

    /// <summary>From flags with the names and notation of a sweep's, <c>--batch 32,full</c>; null for one that is not given.</summary>
    /// <exception cref="UserErrorException">One cannot be read.</exception>
    public static VariantChoice Parse(string? batches, string? epochs, string? initStds, string? weightDecays) => new()
    {
        Batches = batches is null ? null : SpecItems.BatchSize.Parse("--batch", batches),
        Epochs = epochs is null ? null : ListFlags.Integers("--epochs", epochs, 1, SweepSpec.MaxEpochs),
        InitStds = initStds is null ? null : SpecItems.Size.Parse("--init-std", initStds),
        WeightDecays = weightDecays is null ? null : SpecItems.Size.Parse("--weight-decay", weightDecays),
    };

    /// <summary>Positions in <see cref="Plan.Variants"/>, ascending.</summary>
    /// <exception cref="UserErrorException">A value that the run does not have.</exception>
    public IReadOnlyList<int> Of(Plan plan)
    {
        SweepSpec spec = plan.Spec;
        Check("--batch", Batches, spec.Batches, TrainingVariant.NameOf);
        Check("--epochs", Epochs, spec.Epochs, epochs => $"{epochs}");
        Check("--init-std", InitStds, spec.InitStds, std => FormattableString.Invariant($"{std}"));
        Check("--weight-decay", WeightDecays, spec.WeightDecays, decay => FormattableString.Invariant($"{decay}"));
        return [.. Enumerable.Range(0, plan.Variants.Count).Where(i => Admits(plan.Variants[i]))];
    }

    /// <summary>One of them: <paramref name="usual"/> where it is among them, else the first.</summary>
    /// <inheritdoc cref="Of" path="/exception"/>
    public int One(Plan plan, int usual) => Of(plan) is var all && all.Contains(usual) ? usual : all[0];

    private bool Admits(TrainingVariant variant) =>
        (Batches is null || Batches.Contains(variant.Batch)) && (Epochs is null || Epochs.Contains(variant.Epochs))
        && (InitStds is null || InitStds.Contains(variant.InitStd)) && (WeightDecays is null || WeightDecays.Contains(variant.WeightDecay));

    private static void Check<T>(string flag, IReadOnlyList<T>? wanted, IReadOnlyList<T> all, Func<T, string> text)
    {
        foreach (T value in wanted ?? [])
        {
            if (!all.Contains(value))
            {
                throw new UserErrorException(
                    $"{flag}: {text(value)} is not in this run; must be one of {string.Join(", ", all.Select(text))}");
            }
        }
    }
}
