using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Specs;
using GpuMlp.Kernels.Analyses.Corruptions;

namespace GpuMlp.Engine.Plans;

/// <summary>Whether a sweep can be.</summary>
public static class SpecValidator
{
    /// <summary>Ids, rows and file sizes stay manageable; the paper has 165 models.</summary>
    public const int MaxModels = 10_000_000;

    /// <summary>Checks that there are not more models than <see cref="MaxModels"/>, before anything lists them.</summary>
    /// <param name="name">As for <see cref="Validate"/>.</param>
    /// <exception cref="UserErrorException">One line that names the field with the most items.</exception>
    public static void CheckSize(SweepSpec spec, Func<string, string> name)
    {
        double cohorts = spec.VariantCount * spec.Tasks.Count * spec.Seeds.Count;
        double models = (spec.TrainingCount * spec.LearningRates.Count * spec.Hidden.Count * cohorts)
            + ((double)spec.RateGrid.Count * spec.Hidden.Count * spec.RateTasks.Count * spec.Seeds.Count);
        if (models > MaxModels)
        {
            (string field, int items) = LongestOf(spec);
            throw new UserErrorException(
                $"{name(field)}: {items} items, with those of the other fields {models:0} models; "
                    + $"must be at most {MaxModels}, split the sweep");
        }
    }

    /// <summary>The list that makes most of a sweep's size.</summary>
    internal static (string Field, int Items) LongestOf(SweepSpec spec) => AnalysisList.Fields
        .Where(field => field.MakesModels)
        .Select(field => (field.Name, field.Count(spec)))
        .MaxBy(list => list.Item2);

    /// <summary>Checks what fields ask of the data.</summary>
    /// <param name="name">As for <see cref="Validate"/>.</param>
    /// <exception cref="UserErrorException">One line that names the first wrong field.</exception>
    public static void CheckData(SweepSpec spec, Dataset data, Func<string, string> name)
    {
        SweepSpec usual = new();
        Field<SweepSpec>? ofTable = data.Table is null ? TrainingFields.OfTables.FirstOrDefault(field => !field.Same(spec, usual)) : null;
        if (ofTable is not null)
            throw new UserErrorException($"{name(ofTable.Name)}: belongs to .csv files; must be left out with other data");
        foreach (CorruptionKind kind in spec.Corruptions.Select(one => one.Kind).Where(kind => kind.Directions > data.Directions))
        {
            string right = Choice.Of(CorruptionKind.All.Where(one => one.Directions <= data.Directions).Select(one => one.Name));
            throw new UserErrorException(
                $"{name("corruption")}: {kind} needs {(kind.Directions == 2 ? "pictures" : "inputs with neighbours")}, and these data have "
                + $"{data.Size}; must be {right}");
        }
    }

    /// <summary>Checks every field, by itself and beside the others.</summary>
    /// <param name="name">Turns a field of spec files (<c>init_std</c>) into what messages call it; by default the flag,
    /// <c>--init-std</c>.</param>
    /// <exception cref="UserErrorException">One line that names the first wrong field.</exception>
    public static void Validate(SweepSpec spec, Func<string, string>? name = null)
    {
        foreach (Field<SweepSpec> field in AnalysisList.Fields.Where(field => field.PartOf is null))
        {
            if (field.Problem(spec) is { } problem)
                throw new UserErrorException($"{(name is null ? field.FlagName : name(field.Name))}: {problem}");
        }
    }
}
