using GpuMlp.Engine.Data;
using GpuMlp.Engine.Explanations;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;

namespace GpuMlp.Runner.Pictures;

/// <summary>Draws the pictures that are a run's own, see <see cref="RunPictures"/>; the same for every command that ends a run.</summary>
internal static class RunSheets
{
    // Rows of a sheet of hidden sizes.
    private const int MostSizes = 12;

    /// <summary>All of them.</summary>
    /// <param name="run">All units are there.</param>
    /// <param name="data">Its data.</param>
    /// <param name="threads">1 or more; no picture depends on it.</param>
    /// <param name="ahead">Pictures of tasks that this has drawn are left as they are; null for none.</param>
    /// <param name="told">Told of how many tasks the pictures are there, and of how many there will be; from any thread.</param>
    /// <exception cref="GpuMlp.Engine.UserErrorException">Units that are damaged, a full disk.</exception>
    public static void Draw(RunDirectory run, Dataset data, int threads, SheetsAhead? ahead = null, Action<int, int>? told = null)
    {
        if (run.Plan.Pictures.Hidden == 0)
            return;
        AtomicFile.CreateFolder(run.OwnFolder(RunPictures.Folder));
        ClassNames names = run.ClassNames;
        IReadOnlyList<ClassTask> tasks = run.Plan.Spec.Tasks;
        int done = 0;
        told?.Invoke(0, tasks.Count);
        InParallel.Each(tasks.Count, threads, i =>
        {
            if (ahead?.Has(tasks[i]) != true)
                Draw(run, data, names, tasks[i], CancellationToken.None);
            told?.Invoke(Interlocked.Increment(ref done), tasks.Count);
        });
    }

    /// <summary>Those of one task; none where the model that they show failed.</summary>
    /// <param name="run">Has the units of <see cref="UnitModels.UnitsOf"/>.</param>
    /// <param name="names">Of the classes.</param>
    /// <param name="cancel">Looked at before each picture.</param>
    /// <exception cref="GpuMlp.Engine.UserErrorException">Units that are damaged, a full disk.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static void Draw(RunDirectory run, Dataset data, ClassNames names, ClassTask task, CancellationToken cancel)
    {
        Plan plan = run.Plan;
        PictureChoice choice = plan.Pictures;
        UnitModels models = new(run, task);
        if (!models.Trained.Contains(choice.Hidden))
            return;
        AtomicFile.CreateFolder(run.OwnFolder(RunPictures.Folder));
        IReadOnlyList<MapLevel> few = SaliencySheets.StudyLevels(plan.Spec), many = SaliencySheets.ManyLevels(plan.Spec);
        IReadOnlyList<(int Image, string What)> examples;
        void Save(SaliencySheet sheet, string name)
        {
            cancel.ThrowIfCancellationRequested();
            sheet.Save(RunPictures.PathOf(run, name));
            cancel.ThrowIfCancellationRequested();
        }

        using (SaliencySheets sheets = new(data, names, models.Of([choice.Hidden]), choice.Method, threads: 1))
        {
            examples = sheets.Examples();
            Save(sheets.Maps(examples, few), RunPictures.OfModel(plan, task));
            Save(sheets.Averages(few), RunPictures.OfClasses(plan, task));
        }

        using SaliencySheets sizes = new(data, names, models.Of(Evenly.Of([.. models.Trained], MostSizes)), choice.Method, threads: 1);
        Save(sizes.Maps([examples[0]], many), RunPictures.OfSizes(plan, task));
    }
}
