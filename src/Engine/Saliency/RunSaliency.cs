using GpuMlp.Engine.Data;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Splits;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Saliency;

namespace GpuMlp.Engine.Saliency;

/// <summary>Saliency figures of a finished run.</summary>
public static class RunSaliency
{
    /// <summary>One figure a task: the model of <paramref name="hidden"/> units, the plan's first seed and first learning rate.</summary>
    /// <param name="run">All its units are saved.</param>
    /// <param name="data">The data that it was trained on.</param>
    /// <param name="hidden">One of the plan's sizes.</param>
    /// <param name="method">How maps are made.</param>
    /// <param name="threads">Worker threads.</param>
    public static IEnumerable<SaliencyFigure> Figures(RunDirectory run, Dataset data, int hidden, SaliencyMethod method, int threads)
    {
        Plan plan = run.Plan;
        int seed = plan.Spec.Seeds[0], model = IndexOf(plan, hidden);
        using var device = new CpuDevice(threads);
        var kernels = CohortKernels.Create(device);
        foreach (PairTask task in plan.Spec.Tasks)
        {
            WorkUnit unit = plan.Units.First(u => u.Task == task && u.Seed == seed && model >= u.FirstModel && model < u.FirstModel + u.ModelCount);
            UnitResult result = UnitFile.Read(run.UnitPath(unit.Id));
            ModelResult trained = result.Models[model - unit.FirstModel];
            if (trained.Status != Trainer.Ok)
                continue;
            yield return SaliencyFigure.Create(device, kernels, data, result.Split, plan.CohortModels[model], trained.Weights, method);
        }
    }

    private static int IndexOf(Plan plan, int hidden)
    {
        for (int model = 0; model < plan.CohortModels.Count; model++)
        {
            if (plan.CohortModels[model].Hidden == hidden)
                return model;
        }
        throw new ArgumentException($"no model of the plan has {hidden} hidden units", nameof(hidden));
    }
}
