using System.Globalization;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Plans;

/// <summary>One of the ways to train that a run has.</summary>
/// <param name="Variant">Position in <see cref="Plan.Variants"/>.</param>
/// <param name="Training">Of <see cref="SweepSpec.Trainings"/>.</param>
public readonly record struct TrainingWay(int Variant, ModelTraining Training)
{
    /// <summary>As in the key of tables: of the tasks of a plan, which may differ in the loss.</summary>
    public IEnumerable<TrainedHow> In(Plan plan)
    {
        (TrainingVariant variant, ModelTraining training) = (plan.Variants[Variant], Training);
        return plan.Spec.Tasks.Select(task => training.In(variant.HowOf(task))).Distinct();
    }
}

/// <summary>Some of a run's ways to train, by the columns of <see cref="TrainedHow"/>; what is not named is any.</summary>
public sealed class VariantChoice
{
    private readonly (Field<SweepSpec> Field, Column<TrainedHow> Column, IReadOnlyList<string> Wanted)[] _parts;

    private VariantChoice((Field<SweepSpec> Field, Column<TrainedHow> Column, IReadOnlyList<string> Wanted)[] parts) => _parts = parts;

    /// <summary>All ways.</summary>
    public static VariantChoice Any { get; } = new([]);

    public bool IsAny => _parts.Length == 0;

    /// <summary>Flags with the names and notation of a sweep's, one for each of <see cref="TrainingFields.Ways"/>.</summary>
    /// <param name="first">What stands before the first one's help, and what before the others': each goes on with a name.</param>
    public static IReadOnlyList<Flag> Flags(string first, string others) =>
    [
        .. TrainingFields.Ways.Select((field, i) => new Flag(
            field.FlagName,
            field.Value,
            $"{(i == 0 ? first : others)} {Schema<TrainedHow>.Column(field.Column!.Name).Head}",
            field.Example,
            Section: "")),
    ];

    /// <summary>From flags, <c>--batch 32,full</c>.</summary>
    /// <param name="given">Their values by their names; others among them are left alone.</param>
    /// <exception cref="UserErrorException">One cannot be read.</exception>
    public static VariantChoice Parse(IReadOnlyDictionary<string, string> given) => new(
    [
        .. from field in TrainingFields.Ways
           where given.ContainsKey(field.FlagName)
           select (field, Schema<TrainedHow>.Column(field.Column!.Name), field.ItemsOf(given[field.FlagName])),
    ]);

    /// <summary>The run's ways: variants (outer) in the order of the plan, trainings (inner) in that of the spec.</summary>
    /// <exception cref="UserErrorException">A value that the run does not have, or values that it does not have together.</exception>
    public IReadOnlyList<TrainingWay> Of(Plan plan)
    {
        TrainingWay[] ways =
        [
            .. from variant in Enumerable.Range(0, plan.Variants.Count)
               from training in plan.Spec.Trainings()
               select new TrainingWay(variant, training),
        ];
        foreach (var (field, column, wanted) in _parts)
        {
            string[] all = [.. ways.SelectMany(way => way.In(plan)).Select(how => Text(column, how)).Distinct()];
            if (wanted.FirstOrDefault(value => !all.Contains(value)) is { } strange)
                throw new UserErrorException($"{field.FlagName}: {strange} is not in this run; must be one of {string.Join(", ", all)}");
        }

        TrainingWay[] chosen = [.. ways.Where(way =>
            way.In(plan).Any(how => _parts.All(part => part.Wanted.Contains(Text(part.Column, how)))))];
        return chosen.Length > 0 ? chosen
            : throw new UserErrorException(
                $"{string.Join(" and ", _parts.Select(part => part.Field.FlagName))}: no model of this run was trained with all of them");
    }

    /// <summary>One of them: <paramref name="usual"/> where it is among them, else the first.</summary>
    /// <inheritdoc cref="Of" path="/exception"/>
    public TrainingWay One(Plan plan, TrainingWay usual) => Of(plan) is var all && all.Contains(usual) ? usual : all[0];

    private static string Text(Column<TrainedHow> column, TrainedHow how) =>
        column.Text(how) ?? column.Number(how).ToString("R", CultureInfo.InvariantCulture);
}
