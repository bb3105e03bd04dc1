using DuckDB.NET.Data;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Explanations;

/// <summary>
/// The models of one task that are like a run's <see cref="ShownModel"/> but for their sizes, as its unit files have them: for whoever
/// does not wait for the merge, whose files have the same numbers.
/// </summary>
public sealed class UnitModels
{
    private readonly RunDirectory _run;
    private readonly ClassTask _task;
    private readonly ShownModel _shown;
    private readonly IReadOnlyList<WorkUnit> _units;
    private readonly IReadOnlyList<ModelSpec> _models;

    /// <param name="run">The units of <see cref="UnitsOf"/> are saved.</param>
    /// <exception cref="UserErrorException">A unit is not there any more, or is damaged.</exception>
    public UnitModels(RunDirectory run, ClassTask task)
    {
        (_run, _task, _shown) = (run, task, ShownModel.Of(run.Plan.Spec));
        _models = run.Plan.ModelsFor(task, _shown.Variant);
        _units = UnitsOf(run.Plan, task);
        HashSet<int> trained = [.. Read<StatusRow>("").Where(row => row.Status == Statuses.Ok).Select(row => row.ModelIndex)];
        Trained = [.. run.Plan.Spec.Hidden.Where(size => trained.Contains(IndexOf(size)))];
    }

    /// <summary>Of a model, in the list of its cohort.</summary>
    private sealed record StatusRow
    {
        [Column] public required int ModelIndex { get; init; }
        [Column] public required string Status { get; init; }
    }

    private sealed record WeightRow
    {
        [Column] public required int ModelIndex { get; init; }
        [Column] public required float[] W1 { get; init; }
        [Column] public required float[] B1 { get; init; }
        [Column] public required float[] W2 { get; init; }
        [Column] public required float[] B2 { get; init; }
    }

    private sealed record SplitRow
    {
        [Column] public required int[]? SplitValidation { get; init; }
    }

    /// <summary>Hidden sizes of models that did not fail, in the order of the spec.</summary>
    public IReadOnlyList<int> Trained { get; }

    /// <summary>The units of a plan that hold such models of a task.</summary>
    public static IReadOnlyList<WorkUnit> UnitsOf(Plan plan, ClassTask task)
    {
        var shown = ShownModel.Of(plan.Spec);
        return [.. plan.Units.Where(unit => unit.Task == task && unit.Seed == shown.Seed && unit.Variant == shown.Variant
            && plan.ModelsOf(unit).Any(model => model == shown.Model with { Hidden = model.Hidden }))];
    }

    /// <param name="hidden">Of <see cref="Trained"/>.</param>
    /// <exception cref="UserErrorException">A unit is not there any more, or is damaged.</exception>
    public SavedModels Of(IReadOnlyList<int> hidden)
    {
        int[] indices = [.. hidden.Select(IndexOf)];
        var weights = Read<WeightRow>($"WHERE model_index IN ({string.Join(", ", indices)})")
            .ToDictionary(row => row.ModelIndex, row => new ModelParameters(row.W1, row.B1, row.W2, row.B2));
        int[] validation = Read<SplitRow>("WHERE split_validation IS NOT NULL").First().SplitValidation!;
        TrainingVariant training = _run.Plan.Variants[_shown.Variant];
        return new SavedModels(
            _task,
            _shown.Seed,
            [.. indices.Select(index => _models[index])],
            [.. indices.Select(index => weights[index])],
            validation,
            training.InitStd,
            _run.Plan.Variants.Count > 1 ? training : null);
    }

    private int IndexOf(int hidden)
    {
        ModelSpec wanted = _shown.Model with { Hidden = hidden };
        for (int i = 0; i < _models.Count; i++)
        {
            if (_models[i] == wanted)
                return i;
        }

        throw new ArgumentException($"no model of {hidden} hidden units", nameof(hidden));
    }

    private IEnumerable<TRow> Read<TRow>(string tail) => _units.SelectMany(unit =>
    {
        string path = _run.UnitPath(unit.Id);
        try
        {
            return Schema<TRow>.Query(DuckSession.Parquet(path), tail);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.MapRead(e, path);
        }
        catch (Exception e) when (e is DuckDBException or InvalidDataException)
        {
            throw new UserErrorException($"{path}: gone or damaged; run the same command again", ExitCodes.Incomplete, e);
        }
    });
}
