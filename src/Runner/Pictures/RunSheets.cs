using GpuMlp.Engine.Data;
using GpuMlp.Engine.Explanations;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Runner.Pictures;

/// <summary>Draws the pictures that are a run's own, see <see cref="RunPictures"/>; the same for every command that ends a run.</summary>
internal static class RunSheets
{
    // Rows of a sheet of hidden sizes.
    private const int MostSizes = 12;

    /// <param name="run">Merged.</param>
    /// <param name="data">Its data.</param>
    /// <param name="threads">1 or more; no picture depends on it.</param>
    /// <exception cref="GpuMlp.Engine.UserErrorException">Weights that are damaged, a full disk.</exception>
    public static void Draw(RunDirectory run, Dataset data, int threads)
    {
        Plan plan = run.Plan;
        SweepSpec spec = plan.Spec;
        PictureChoice choice = plan.Pictures;
        if (choice.Hidden == 0)
            return;
        AtomicFile.CreateFolder(run.OwnFolder(RunPictures.Folder));
        ClassNames names = run.ClassNames;
        IReadOnlyList<MapLevel> few = SaliencySheets.StudyLevels(spec), many = SaliencySheets.ManyLevels(spec);
        var shown = ShownModel.Of(spec);
        double rate = shown.Model.LearningRate;
        IReadOnlySet<ModelKey> failed = RunTables.Failed(run);
        object reading = new();

        // A manifest remembers what it has checked: one reader at a time.
        SavedModels Models(ClassTask task, IReadOnlyList<int> hidden)
        {
            lock (reading)
                return SavedModels.Read(run, task, shown.Seed, new TrainingWay(shown.Variant, shown.Model.Training), hidden, rate);
        }

        List<(ClassTask Task, int[] Trained)> shows = [];
        foreach (ClassTask task in spec.Tasks)
        {
            int[] trained = [.. spec.Hidden.Where(size => !failed.Contains(
                (shown.Model with { Hidden = size }).KeyOf(task, shown.Seed, plan.Variants[shown.Variant])))];
            if (!trained.Contains(choice.Hidden))
                continue;
            shows.Add((task, trained));
        }

        InParallel.Each(shows.Count, threads, i =>
        {
            (ClassTask task, int[] trained) = shows[i];
            using var sheets = new SaliencySheets(data, names, Models(task, [choice.Hidden]), choice.Method, threads: 1);
            IReadOnlyList<(int Image, string What)> examples = sheets.Examples();
            sheets.Maps(examples, few).Save(RunPictures.PathOf(run, RunPictures.OfModel(plan, task)));
            sheets.Averages(few).Save(RunPictures.PathOf(run, RunPictures.OfClasses(plan, task)));
            using var sizes = new SaliencySheets(data, names, Models(task, Evenly.Of(trained, MostSizes)), choice.Method, threads: 1);
            sizes.Maps([examples[0]], many).Save(RunPictures.PathOf(run, RunPictures.OfSizes(plan, task)));
        });
    }
}
