using System.Globalization;
using GpuMlp.Engine;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Pruning;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Saliency;
using GpuMlp.Engine.Splits;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Prune;
using GpuMlp.Kernels.Saliency;
using GpuMlp.Runner.Options;
using GpuMlp.Runner.Png;

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
            ? PairTask.TryParse(text, out PairTask parsed) ? parsed : throw new UserErrorException($"--task: '{text}' is not a task; two different classes as in 4v9 are right")
            : shown.Task;
        SavedModels models = SavedModels.Read(
            run,
            task,
            options.Seed is { } seed ? One("--seed", seed, 0, int.MaxValue) : shown.Seed,
            options.Variant is { } variant ? One("--variant", variant, 0, int.MaxValue) : shown.Variant,
            options.Hidden is { } hidden ? ListFlags.Integers("--hidden", hidden, 1, SpecValidator.MaxHidden) : [shown.Model.Hidden],
            options.LearningRate is { } rate ? Rate(rate) : shown.Model.LearningRate);
        Dataset data = SavedModels.Data(run);
        using var explorer = new SaliencyExplorer(data, models, threads);
        string which = options.Image ?? Examples;
        SaliencySheet sheet = which == Average
            ? SaliencySheets.Averages(SaliencySheets.Title(models, data), data, models, explorer, method, levels)
            : SaliencySheets.Maps(SaliencySheets.Title(models, data), data, models, explorer, method, Images(which, data, explorer), levels);
        Limit("--image", sheet.Rows.Count, MostRows);
        string file = options.Out ?? DefaultFile(run, models, which, method);
        AtomicFile.CreateFolder(Path.GetDirectoryName(Path.GetFullPath(file))!);
        try
        {
            sheet.Save(file);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.Map(e, file);
        }

        if (!options.Quiet)
            io.Error.WriteLine($"{sheet.Rows.Count} x {sheet.Columns.Count} tiles in {file}");
        return ExitCodes.Done;
    }

    private static List<(int Image, string What)> Images(string which, Dataset data, SaliencyExplorer explorer)
    {
        if (which != Examples)
            return [.. ListFlags.Integers("--image", which, 0, data.Images - 1).Select(image => (image, $"image {image}"))];
        return SaliencySheets.Examples(explorer);
    }

    private static string DefaultFile(RunDirectory run, SavedModels models, string which, SaliencyMethod method)
    {
        string sizes = string.Join('-', models.Models.Select(model => $"h{model.Hidden}"));
        string name = $"{models.Task}-s{models.Seed}-{sizes}-{which.Replace(',', '-')}-{SaliencyNames.Name(method)}.png";
        return Path.Combine(run.OwnFolder("saliency"), name);
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
