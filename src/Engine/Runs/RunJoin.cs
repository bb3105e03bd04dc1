using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Specs;

namespace GpuMlp.Engine.Runs;

/// <summary>Runs that take models of others: several that are joined, or one whose models are analysed in another way.</summary>
public static class RunJoin
{
    // What a part of the models can have and another not: which tasks are embedded follows the tasks.
    private const string FollowsTasks = "embedding";

    /// <summary>The sweep that has all models of some runs: their lists one after the other, without what comes again.</summary>
    /// <param name="runs">At least one.</param>
    /// <exception cref="UserErrorException">Runs of other data, or that differ in more than which models they have.</exception>
    public static SweepSpec SpecOf(IReadOnlyList<RunDirectory> runs)
    {
        RunDirectory first = runs[0];
        SweepSpec spec = first.Plan.Spec;
        foreach (RunDirectory run in runs.Skip(1))
        {
            RunSources.CheckAlike(first.Plan, run);
            foreach (Field<SweepSpec> field in AnalysisList.Fields.Where(field => field.PartOf is null && field.Name != "data"))
            {
                if (field.MakesModels || field.Name is FollowsTasks or "rate_tasks")
                {
                    spec = field.Together(spec, run.Plan.Spec);
                }
                else if (!field.Same(first.Plan.Spec, run.Plan.Spec))
                {
                    throw new UserErrorException(
                        $"{run.Path}: {field.Name} is {field.Show(run.Plan.Spec)}; must be {field.Show(first.Plan.Spec)} as in "
                        + $"{first.Path} (`gpumlp analyse` makes a run with other analyses)");
                }
            }
        }

        return spec;
    }

    /// <summary>Makes or resumes the run that takes its models from others; none is trained.</summary>
    /// <param name="path">Of the run.</param>
    /// <param name="plan">What it has.</param>
    /// <param name="sources">Left as they are.</param>
    /// <exception cref="UserErrorException">
    /// A source is not whole (exit 3), lacks models of the plan, or has another model than another source: then nothing is written. See
    /// also <see cref="RunDirectory.OpenOrCreate"/>.
    /// </exception>
    public static RunDirectory OpenOrCreate(string path, Plan plan, IReadOnlyList<RunDirectory> sources)
    {
        RunSources all = new(plan, sources, mayTrain: false);
        all.RequireAll("joined runs must have all combinations of their tasks, seeds, sizes, rates and ways to train");
        RunDirectory[] others = [.. sources.Where(source => !IsAt(source, path))];

        // A run that takes models into itself and was stopped has its new plan already.
        foreach (RunDirectory source in sources.Where(source => others.Contains(source) || source.Plan.Hash != plan.Hash))
            RunSources.RequireWhole(source);
        all.RequireAgreement();
        var run = RunDirectory.OpenOrCreate(path, plan);
        if (others.Length > 0)
            RunSources.Add(run, others, mayTrain: others.Length < sources.Count);
        return run;
    }

    /// <summary>Whether a run is in a folder, however that is written.</summary>
    public static bool IsAt(RunDirectory run, string path)
    {
        static string Full(string one) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(one));
        return Full(run.Path) == Full(path);
    }
}
