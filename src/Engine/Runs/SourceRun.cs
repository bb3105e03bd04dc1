using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Training;

namespace GpuMlp.Engine.Runs;

/// <summary>
/// A run whose models another one takes. Nothing is written to it, every unit is checked to the last bit when it is read, and memory is
/// that of its plan and of one unit.
/// </summary>
internal sealed class SourceRun
{
    private readonly Dictionary<(ClassTask Task, int Seed, int Variant), (int First, int Count)> _cohorts = [];
    private readonly Dictionary<(bool IsPair, TrainingVariant Variant), int> _variants = [];
    private readonly Dictionary<ModelSpec, int> _models;
    private readonly SweepSpec _forRates;

    // Units of a run that is cut in another way ask for the same one again and again. Replaced as a whole, by any thread.
    private UnitResult? _last;

    public SourceRun(RunDirectory run)
    {
        (Run, Plan plan) = (run, run.Plan);
        _forRates = plan.Spec.WithoutAnalyses();

        // Larger tasks have one loss, whatever a plan says of pairs.
        for (int i = 0; i < plan.Variants.Count; i++)
        {
            _variants.TryAdd((true, plan.Variants[i]), i);
            _variants.TryAdd((false, plan.Variants[i] with { Loss = default }), i);
        }

        IReadOnlyList<ModelSpec> models = plan.Spec.RateTasks is [var task, ..] ? plan.ModelsFor(task, 0) : plan.CohortModels;
        _models = models.Select((model, i) => (model, i)).ToDictionary(pair => pair.model, pair => pair.i);
        foreach (WorkUnit unit in plan.Units)
        {
            var cohort = (unit.Task, unit.Seed, unit.Variant);
            (int first, int count) = _cohorts.TryGetValue(cohort, out var known) ? known : (unit.Id, 0);
            _cohorts[cohort] = (first, count + 1);
        }
    }

    public RunDirectory Run { get; }

    /// <summary>The unit that holds a model, and the model's place in it; null where this run has none such.</summary>
    public (WorkUnit Unit, int Place)? Find(ClassTask task, int seed, TrainingVariant variant, ModelSpec model)
    {
        (bool, TrainingVariant) way = (task.IsPair, task.IsPair ? variant : variant with { Loss = default });
        if (!_variants.TryGetValue(way, out int at) || !_models.TryGetValue(model, out int place)
            || !_cohorts.TryGetValue((task, seed, at), out (int First, int Count) cohort))
        {
            return null;
        }

        // The last unit of the cohort that does not begin behind the model.
        (int low, int high) = (cohort.First, cohort.First + cohort.Count - 1);
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            (low, high) = Run.Plan.Units[middle].FirstModel <= place ? (middle, high) : (low, middle - 1);
        }

        WorkUnit unit = Run.Plan.Units[low];
        return place < unit.FirstModel + unit.ModelCount ? (unit, place - unit.FirstModel) : null;
    }

    /// <summary>A model of a unit, with what was asked for.</summary>
    public TrainedModel ModelOf(WorkUnit unit, UnitResult result, int place) =>
        new(Run.Plan.ModelsOf(unit)[place], result.Models[place], Run.Plan.IsForRates(unit) ? _forRates : Run.Plan.Spec);

    /// <summary>Reads a unit; null where it is not there.</summary>
    /// <exception cref="UserErrorException">It is damaged, or another plan's (exit 3); or it cannot be read.</exception>
    public UnitResult? Read(WorkUnit unit)
    {
        if (_last is { } last && last.Unit.Id == unit.Id)
            return last;
        string path = Run.UnitPath(unit.Id);
        try
        {
            if (!File.Exists(path))
                return null;
            if (Run.ProblemOf(path, endOnly: false) is { } problem)
                throw new UserErrorException($"{path}: {problem}; {RunSources.Remedy(Run)}", ExitCodes.Incomplete);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.MapRead(e, path);
        }

        return _last = UnitFile.Read(path);
    }
}
