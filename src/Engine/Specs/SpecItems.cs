using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Models;

namespace GpuMlp.Engine.Specs;

/// <summary>What several fields have items of, and how many.</summary>
public static class SpecItems
{
    /// <summary>Learning rates that a float32 holds to full precision, with room for their product with a gradient.</summary>
    public static NumberItem Rate { get; } = new(1e-30, 1e30);

    /// <summary>Initial spreads and weight decays: beyond them weights, or their product with the decay, overflow float32.</summary>
    internal static NumberItem Size { get; } = new(0, 1e30);

    /// <summary>Shares of something.</summary>
    public static NumberItem Share { get; } = new(0, 1);

    /// <summary>Units of a model.</summary>
    public static WholeItem HiddenSize { get; } = new(1, SweepSpec.MaxHidden);

    /// <summary>Seeds of random numbers.</summary>
    public static WholeItem Seed { get; } = new(0, int.MaxValue);

    /// <summary>Shares of something old that are kept: 1 would never let anything new in.</summary>
    internal static NumberItem Kept { get; } = new(0, 0.999999);

    internal static NamedItem<RateSchedule> Schedule { get; }
        = new("schedule", RateSchedule.Forms, schedule => schedule.Name, RateSchedule.TryParse);

    internal static WholeOrWordItem BatchSize { get; } = new(TrainingVariant.NameOf(null));

    internal static NamedItem<ClassWeighting> ClassWeight { get; }
        = new("class weighting", ClassWeighting.Forms, weighting => weighting.Name, ClassWeighting.TryParse);

    /// <summary>How many training images are used.</summary>
    internal static WholeOrWordItem ImageCount { get; } = new(ImageChoice.NameOf(trainImages: null));

    internal static NamedItem<SplitKind> Split { get; }
        = NamedItems.Of("split", [SplitKind.Balanced, SplitKind.Whole], ImageChoice.NameOf);

    internal static NamedItem<ClassTask> Task { get; }
        = new("task", "different classes as in 4v9 or 0v1v7", task => $"{task}", TryParse, task => $"{task}".Length <= ClassTask.LongestText
            ? null
            : $"a task of {task.Count} classes is written with {$"{task}".Length} characters; {ClassTask.LongestText} are the most, and "
                + "classes in ascending order shorten to ranges as in 0-25");

    private static bool TryParse(string text, out ClassTask task)
    {
        bool isTask = ClassTask.TryParse(text, out ClassTask? read);
        task = read!;
        return isTask;
    }

    /// <summary>At least one.</summary>
    internal static ListNotation<T> Some<T>(Item<T> item) => new(item);

    /// <summary>At least one; files may write one without its brackets.</summary>
    internal static ListNotation<T> OneOrMore<T>(Item<T> item) => new(item) { IsOneOrMore = true };

    /// <summary>Any number.</summary>
    internal static ListNotation<T> Any<T>(Item<T> item) => new(item) { MayBeEmpty = true };

    /// <summary>Any number up to <see cref="SweepSpec.MaxLevels"/>.</summary>
    internal static ListNotation<T> Levels<T>(Item<T> item) => new(item) { MayBeEmpty = true, Most = SweepSpec.MaxLevels };
}
