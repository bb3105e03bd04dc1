using System.Globalization;
using GpuMlp.Engine;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Pruning;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Saliency;
using GpuMlp.Engine.Splits;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Runner.Options;
using GpuMlp.Runner.Pictures;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp saliency RUN</c>: a picture for chosen models and images of a run.</summary>
internal static class SaliencyCommand
{
    private const string None = "none", Examples = "examples", Average = "average";

    // Rows and columns of one picture: more are no picture any more.
    private const int MostRows = 64, MostColumns = 40;

    /// <returns>An exit code.</returns>
    /// <exception cref="UserErrorException">No run, no weights in it, a value that the run does not have, a file that cannot be written.</exception>
    public static int Run(SaliencyOptions options, CommandIo io)
    {
        var run = RunDirectory.Open(options.Run);
        SweepSpec spec = run.Plan.Spec;
        int threads = options.Threads is { } given ? One("--threads", given, 1, CpuDevice.MostThreads) : Math.Min(Environment.ProcessorCount, CpuDevice.MostThreads);
        SaliencyMethod method = SaliencyNames.ParseOne("--method", options.Method ?? "gradient");
        IReadOnlyList<PruneMethod> pruning = PruningMethods.Parse("--pruning", options.Pruning ?? PruningMethods.Name(PruneMethod.Layer));
        IReadOnlyList<double> sparsity = options.Sparsity == None ? [] : ListFlags.Doubles("--sparsity", options.Sparsity ?? "0.95", 0, 1);
        IReadOnlyList<MapLevel> levels = SaliencySheets.Levels(pruning, sparsity);
        Limit("--sparsity", levels.Count, MostColumns);
        var shown = ShownModel.Of(spec);
        PairTask task = options.Task is { } text
            ? PairTask.TryParse(text, out PairTask parsed) ? parsed
            : throw new UserErrorException($"--task: '{text}' is not a task; it must be two different classes, as in 4v9")
            : shown.Task;
        SavedModels models = SavedModels.Read(
            run,
            task,
            options.Seed is { } seed ? One("--seed", seed, 0, int.MaxValue) : shown.Seed,
            options.Variant is { } variant ? One("--variant", variant, 0, int.MaxValue) : shown.Variant,
            options.Hidden is { } hidden ? ListFlags.Integers("--hidden", hidden, 1, SpecValidator.MaxHidden) : [shown.Model.Hidden],
            options.LearningRate is { } rate ? Rate(rate) : shown.Model.LearningRate);
        string which = options.Image ?? Examples;
        Dataset data = RunData.Load(run.Plan, options.Data);
        IReadOnlyList<int>? images = which is Examples or Average ? null : ListFlags.Integers("--image", which, 0, data.Images - 1);
        Limit("--image", models.Models.Count * (images?.Count ?? 1), MostRows);
        string file = options.Out ?? Path.Combine(run.OwnFolder(RunPictures.Folder), PictureFile.Name(models, images, which, method, pruning, sparsity));
        PictureFile.RefuseRunFiles(run, file);
        using var sheets = new SaliencySheets(data, run.ClassNames, models, method, threads);
        SaliencySheet sheet = which == Average
            ? sheets.Averages(levels)
            : sheets.Maps(images is null ? sheets.Examples() : [.. images.Select(image => (image, $"image {image}"))], levels);
        AtomicFile.OpenFolder(Path.GetDirectoryName(Path.GetFullPath(file))!);
        sheet.Save(file);
        if (!options.Quiet)
        {
            if (images?.Where(sheets.IsForeign).Distinct().Order().ToArray() is { Length: > 0 } foreign)
                io.Error.WriteLine(Foreign(foreign, data, task));
            io.Error.WriteLine($"{sheet.Rows.Count} x {sheet.Columns.Count} tiles in {file}");
        }

        return ExitCodes.Done;
    }

    /// <summary>What is to be thought of images that the models were not made for.</summary>
    private static string Foreign(int[] images, Dataset data, PairTask task)
    {
        const int Longest = 100;
        int[] classes = [.. images.Select(image => (int)data.Labels[image]).Distinct().Order()];
        (string number, string them) = images.Length == 1 ? ("image", "it") : ("images", "them");
        return $"{number} {NumberRanges.Cut(images, Longest)}: of class {NumberRanges.Of(classes)}, "
            + $"neither {task.First} nor {task.Second}; the models of {task} know no other, so their maps tell only which of the two they take {them} for";
    }

    private static int One(string flag, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most
            ? value
            : throw new UserErrorException($"{flag}: '{text}' is not one whole number {least}..{most}");

    private static double Rate(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw new UserErrorException($"--lr: '{text}' is not one number, as 0.03 is");

    private static void Limit(string flag, int count, int most)
    {
        if (count > most)
            throw new UserErrorException($"{flag}: {count} in one picture; {most} are the most");
    }
}
