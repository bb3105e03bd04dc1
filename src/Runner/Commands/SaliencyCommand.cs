using System.Globalization;
using CommandLine;
using GpuMlp.Engine;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Explanations;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Methods;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Runner.Pictures;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Verbs;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp saliency RUN</c>: a picture for chosen models and images of a run.</summary>
internal static class SaliencyCommand
{
    internal sealed class Options : WayOptions
    {
        protected override string ChoiceHelp => "the same by name: the way with this";

        [Option("data"), Flag("DIR", "where the run's data are, if they have moved", "~/fashion")]
        public string? Data { get; set; }

        [Option("task"), Flag("TASK", "as in 4v9 (default: that, or the hardest that the run has)", "4v9")]
        public string? Task { get; set; }

        [Option("seed"), Flag("N", "(default: the run's first)", "42")]
        public string? Seed { get; set; }

        [Option("hidden"), Flag("LIST", "hidden sizes (default: 24, or the nearest)", "2..64*2")]
        public string? Hidden { get; set; }

        [Option("lr"), Flag("X", "learning rate (default: 0.03, or the nearest)", "0.03")]
        public string? LearningRate { get; set; }

        [Option("variant"), Flag("N", "of the ways to train that the run has, from 0 (default: the study's, or the first)", "0")]
        public string? Variant { get; set; }

        [Option("image")]
        [Flag(
            "LIST",
            "0-based numbers in the training file, or `examples`: one that the (first) model gets right and one that it does not "
                + "(default), or `average`: the mean maps of each class",
            "4,17")]
        public string? Image { get; set; }

        [Option("class")]
        [Flag(
            "N|NAME",
            "of models with a logit a class, the class of the maps (default: what the model takes the image for; of an average, its own)",
            "7")]
        public string? Class { get; set; }

        [Option("method"), Flag("NAME", "gradient (dp/dx, default), input-gradient, smoothgrad, integrated or perturbation", "integrated")]
        public string? Method { get; set; }

        [Option("pruning"), Flag("LIST", "layer, global, w1 or random (default: layer)", "layer,random")]
        public string? Pruning { get; set; }

        [Option("sparsity"), Flag("LIST", "shares of the weights to zero, or `none` (default: 0.95)", "0.5,0.95")]
        public string? Sparsity { get; set; }

        [Option("threads"), Flag("N", "CPU threads (default: one a core)", "4")]
        public string? Threads { get; set; }

        [Option("out")]
        [Flag(
            "FILE",
            "never one of a run's own files (default: RUN/saliency/ and a name made of all that chooses the picture)",
            "maps.png")]
        public string? Out { get; set; }

        [Option("quiet"), Flag("nothing but errors")]
        public bool Quiet { get; set; }
    }

    public static Verb Verb { get; } = new Verb<Options>("saliency", Run)
    {
        Summary = "a picture of what chosen models look at, before and after pruning",
        About = """
            gpumlp saliency RUN draws what models of a merged run look at, before and after
            pruning, as one PNG: a row a model and image, a column a level. Without flags
            it is the model that the report shows: of 4v9, 24 hidden units and rate 0.03,
            or the nearest that the run has. A model that failed in training is refused.
            """,
        Notes = """
            Examples
              gpumlp saliency runs/paper --task 4v9 --seed 42 --method integrated
              gpumlp saliency runs/paper --task 4v9 --hidden 2..64*2 --image 4
            """,
    };

    private const string Examples = "examples", Average = "average";

    private static readonly OneNotation<SaliencyMethod> s_method = new(SaliencyMethods.Item);

    private static readonly ListNotation<double> s_levels = new(SpecItems.Share) { MayBeEmpty = true };

    // Rows and columns of one picture: more are no picture any more.
    private const int MostRows = 64, MostColumns = 40;

    /// <exception cref="UserErrorException">No run, no weights in it, a value that the run does not have, a file that cannot be
    /// written.</exception>
    private static int Run(Options options, CommandIo io)
    {
        var phases = PhaseClock.OnTerminal(io, options.Quiet);
        var run = RunDirectory.Open(options.Run);
        SweepSpec spec = run.Plan.Spec;
        int threads = DeviceFlags.Threads(options.Threads);
        SaliencyMethod method = s_method.Parse("--method", options.Method ?? "gradient");
        IReadOnlyList<PruneMethod> pruning = PruningMethods.Item.Parse("--pruning", options.Pruning ?? PruneMethod.Layer.Name);
        IReadOnlyList<double> sparsity = s_levels.Parse("--sparsity", options.Sparsity ?? "0.95");
        IReadOnlyList<MapLevel> levels = SaliencySheets.Levels(pruning, sparsity);
        Limit("--sparsity", levels.Count, MostColumns);
        var shown = ShownModel.Of(spec);
        ClassTask task = options.Task is { } text
            ? TaskList.TryRead(text, run.ClassNames, out ClassTask? parsed) ? parsed
            : throw new UserErrorException($"--task: '{OneLine.Of(text)}' is not a task; it must be different classes, as in 4v9 or 0v1v7")
            : shown.Task;
        SavedModels models = phases.Measure("models", () => SavedModels.Read(
            run,
            task,
            options.Seed is { } seed ? ListFlags.Whole("--seed", seed, 0, int.MaxValue) : shown.Seed,
            Way(options, run.Plan, new TrainingWay(shown.Variant, shown.Model.Training)),
            options.Hidden is { } hidden ? SpecItems.HiddenSize.Parse("--hidden", hidden) : [shown.Model.Hidden],
            options.LearningRate is { } rate ? Rate(rate) : shown.Model.LearningRate));
        int? ofClass = options.Class is { } wanted ? ClassOf(wanted, models, run.ClassNames) : null;
        string which = options.Image ?? Examples;
        Dataset data = phases.Measure("data", () => RunData.Load(run.Plan, options.Data));
        IReadOnlyList<int>? images = which is Examples or Average ? null : ListFlags.Integers("--image", which, 0, data.Images - 1);
        Limit("--image", models.Models.Count * (images?.Count ?? 1), MostRows);
        string file = options.Out
            ?? Path.Combine(run.OwnFolder(RunPictures.Folder), PictureFile.Name(models, images, which, method, pruning, sparsity, ofClass));
        PictureFile.RefuseRunFiles(run, file);
        using var sheets = new SaliencySheets(data, run.ClassNames, models, method, threads, ofClass);
        SaliencySheet sheet = phases.Measure("saliency", () =>
        {
            SaliencySheet drawn = which == Average
                ? sheets.Averages(levels)
                : sheets.Maps(images is null ? sheets.Examples() : [.. images.Select(image => (image, $"image {image}"))], levels);
            AtomicFile.OpenFolder(Path.GetDirectoryName(Path.GetFullPath(file))!);
            drawn.Save(file);
            return drawn;
        });
        if (!options.Quiet)
        {
            if (images?.Where(sheets.IsForeign).Distinct().Order().ToArray() is { Length: > 0 } foreign)
                io.Error.WriteLine(Foreign(foreign, data, task));
            io.Error.WriteLine($"{sheet.Rows.Count} x {sheet.Columns.Count} tiles in {file}");
        }

        return ExitCodes.Done;
    }

    /// <summary>What is to be thought of images that the models were not made for.</summary>
    private static string Foreign(int[] images, Dataset data, ClassTask task)
    {
        const int Longest = 100;
        int[] classes = [.. images.Select(image => (int)data.Labels[image]).Distinct().Order()];
        (string number, string them) = images.Length == 1 ? ("image", "it") : ("images", "them");
        return $"{number} {NumberRanges.Cut(images, Longest)}: of class {NumberRanges.Of(classes)}, "
            + $"{(task.IsPair ? $"neither {task.Classes[0]} nor {task.Classes[1]}" : "none of the task")}; the models of {task} know no "
            + $"other, so their maps tell only which of {(task.IsPair ? "the two" : "theirs")} they take {them} for";
    }

    private static int ClassOf(string text, SavedModels models, ClassNames names)
    {
        ClassTask task = models.Task;
        if (!models.HasClassLogits)
        {
            throw new UserErrorException(
                $"--class: models of {task} with the logistic loss have one logit, whose maps are of class {task.Classes[1]}; must be left "
                    + "out");
        }

        foreach (byte one in task.Classes)
        {
            if (text == $"{one}" || (names.IsNamed(one) && text == names.Names[one]))
                return one;
        }

        throw new UserErrorException(
            $"--class: '{OneLine.Of(text)}' is no class of {task}; must be one of "
                + $"{NumberRanges.Of([.. task.Classes.Select(one => (int)one)])}, or its name");
    }

    private static TrainingWay Way(Options options, Plan plan, TrainingWay usual)
    {
        VariantChoice named = options.Ways;
        return options.Variant is not { } number ? named.One(plan, usual)
            : named.IsAny ? usual with { Variant = ListFlags.Whole("--variant", number, 0, int.MaxValue) }
            : throw new UserErrorException(
                $"--variant: cannot be combined with {Choice.Of(options.FieldFlags.Select(flag => flag.Name))}; give one");
    }

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
