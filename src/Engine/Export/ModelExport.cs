using System.Globalization;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Tables;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Export;

/// <summary>Which models of a run are meant; null means all.</summary>
public sealed record ModelSelection(
    IReadOnlyList<ClassTask>? Tasks, IReadOnlyList<int>? Seeds, IReadOnlyList<int>? Hidden, IReadOnlyList<double>? LearningRates)
{
    public VariantChoice Training { get; init; } = VariantChoice.Any;
}

/// <summary>The formats of exported models.</summary>
[Flags]
public enum ExportFormats
{
    /// <summary>A graph that other runtimes run, see <see cref="OnnxModel"/>.</summary>
    Onnx = 1,

    /// <summary>
    /// Tensors <c>w1</c> [D, H], <c>b1</c> [H], <c>w2</c> [H], <c>b2</c> [1]; with a logit a class <c>w2</c> [O, H], <c>b2</c> [O].
    /// </summary>
    Safetensors = 2,
}

/// <summary>What an export did.</summary>
/// <param name="Written">Models; each training variant, method and level counts.</param>
/// <param name="LeftOut">Names of chosen models that failed: <c>4v9-s0-h3-lr1e+30</c>.</param>
public readonly record struct ExportOutcome(int Written, IReadOnlyList<string> LeftOut);

/// <summary>
/// Writes models of a merged run as files of their own: <c>4v9-s42-h24-lr0.03.onnx</c>, <c>.safetensors</c>; pruned ones as
/// <c>4v9-s42-h24-lr0.03-layer0.95.onnx</c>.
/// </summary>
public static class ModelExport
{
    /// <param name="run">Merged; its weights are read, and which models failed: those are left out.</param>
    /// <param name="selection">Each value it names must be in the plan.</param>
    /// <param name="pruning">Null writes them as they were trained; else only pruned ones are written, one each method and level.</param>
    /// <param name="folder">Made when it is not there; files of the same name are replaced.</param>
    /// <param name="told">Told how many cohorts, of a file of weights each, are done, and how many there are.</param>
    /// <exception cref="UserErrorException">
    /// A value that the plan does not have, weights that are missing or not the merge's, a folder that cannot be written; exit 1 when all
    /// chosen models failed, and nothing is written.
    /// </exception>
    public static ExportOutcome Write(RunDirectory run, ModelSelection selection, ModelPruning? pruning,
        ExportFormats formats, string folder, Action<int, int>? told = null)
    {
        Plan plan = run.Plan;
        IReadOnlyList<ClassTask> tasks = Chosen("--tasks", selection.Tasks, plan.Spec.Tasks);
        IReadOnlyList<int> seeds = Chosen("--seeds", selection.Seeds, plan.Spec.Seeds);
        IReadOnlyList<int> hidden = Chosen("--hidden", selection.Hidden, plan.Spec.Hidden);
        IReadOnlyList<double> rates = Chosen("--lr", selection.LearningRates, plan.Spec.LearningRates);
        ILookup<int, ModelTraining> ways = selection.Training.Of(plan).ToLookup(way => way.Variant, way => way.Training);
        (ClassTask Task, int Seed, int Variant)[] cohorts =
        [
            .. from task in tasks from seed in seeds from variant in ways.Select(way => way.Key) select (task, seed, variant),
        ];

        // Before the first is written: a stranger among them leaves no half of an export.
        foreach ((ClassTask task, int seed, int variant) in cohorts)
            run.Manifest.Check(run.WeightsPath(task, seed, variant));

        IReadOnlySet<ModelKey> failed = RunTables.Failed(run);
        ILookup<int, ModelSpec> chosen = ways
            .SelectMany(way => plan.CohortModels.Where(model => hidden.Contains(model.Hidden) && rates.Contains(model.LearningRate)
                && way.Contains(model.Training)).Select(model => (way.Key, model)))
            .ToLookup(pair => pair.Key, pair => pair.model);
        if (cohorts.All(cohort => chosen[cohort.Variant].All(model => HasFailed(cohort, model))))
        {
            throw new UserErrorException(
                $"{run.Path}: every model chosen for export failed in training and has no weights to use; others must be chosen",
                ExitCodes.SomeModelsFailed);
        }
        AtomicFile.OpenFolder(folder);
        int written = 0, done = 0;
        List<string> leftOut = [];
        using ExportPruner? pruner = pruning is null ? null : new ExportPruner();
        foreach ((ClassTask task, int seed, int variant) in cohorts)
        {
            told?.Invoke(done++, cohorts.Length);
            string path = run.WeightsPath(task, seed, variant);
            ModelSpec[] models = [.. chosen[variant].Where(model => !HasFailed((task, seed, variant), model))];
            leftOut.AddRange(chosen[variant].Except(models).Select(model => Stem(path, model)));
            if (models.Length == 0)
                continue;
            using var weights = Safetensors.Open(run, path);
            ModelParameters[] trained = [.. models.Select(model => Read(weights, model))];
            IReadOnlyList<ExportedModel>[] exported = pruner is null
                ? [.. trained.Select(model => new[] { new ExportedModel("", model, []) })]
                : pruner.Prune(task, seed, models, trained, plan.Variants[variant].InitStd, pruning!);
            for (int m = 0; m < models.Length; m++)
            {
                string stem = Stem(path, models[m]);
                foreach (ExportedModel model in exported[m])
                {
                    WriteModel(
                        Path.Combine(folder, stem + model.Suffix),
                        formats,
                        model.Parameters,
                        [.. Describe(plan, task, seed, variant, models[m]), .. model.Metadata]);
                    written++;
                }
            }
        }
        return new ExportOutcome(written, leftOut);

        bool HasFailed((ClassTask Task, int Seed, int Variant) cohort, ModelSpec model) =>
            failed.Contains(model.KeyOf(cohort.Task, cohort.Seed, plan.Variants[cohort.Variant]));
    }

    private static string Stem(string weights, ModelSpec model) => $"{Path.GetFileNameWithoutExtension(weights)}-{model.Name}";

    private static void WriteModel(string path, ExportFormats formats, ModelParameters model, (string Key, string Value)[] metadata)
    {
        if (formats.HasFlag(ExportFormats.Onnx))
            AtomicFile.Write($"{path}.onnx", OnnxModel.Write(model, Path.GetFileName(path), metadata));
        if (formats.HasFlag(ExportFormats.Safetensors))
            AtomicFile.Write($"{path}.safetensors", stream => WriteTensors(stream, model, metadata));
    }

    /// <summary>[H] for one logit, [O, H] for more.</summary>
    internal static long[] ShapeOfW2(ModelParameters model) => model.Outputs == 1 ? [model.Hidden] : [model.Outputs, model.Hidden];

    private static void WriteTensors(Stream stream, ModelParameters model, (string Key, string Value)[] metadata)
    {
        int hidden = model.B1.Length;
        TensorInfo[] tensors =
        [
            new("w1", [model.W1.Length / hidden, hidden]), new("b1", [hidden]), new("w2", ShapeOfW2(model)), new("b2", [model.Outputs]),
        ];
        Safetensors.Write(stream, tensors, metadata.ToDictionary(pair => pair.Key, pair => pair.Value), data =>
        {
            foreach (float[] values in new[] { model.W1, model.B1, model.W2, model.B2 })
                data.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values));
        });
    }

    internal static ModelParameters Read(Safetensors weights, ModelSpec model) => new(
        weights.Read($"{model.Name}.w1"), weights.Read($"{model.Name}.b1"), weights.Read($"{model.Name}.w2"),
        weights.Read($"{model.Name}.b2"));

    // Enough to use the model and to find out where it comes from.
    private static (string Key, string Value)[] Describe(Plan plan, ClassTask task, int seed, int variant, ModelSpec model)
    {
        TrainedHow how = model.Training.In(plan.Variants[variant].HowOf(task));
        return
        [
            ("task", $"{task}"),
            how.Loss == TrainingLoss.Logistic.Name() ? ("positive_class", $"{task.Classes[1]}")
                : ("classes", string.Join(',', task.Classes)),
            ("seed", $"{seed}"),
            ("hidden", $"{model.Hidden}"),
            ("lr", $"{model.LearningRate:R}"),
            .. Schema<TrainedHow>.Columns.Select(
                column => (column.Name, column.Text(how) ?? column.Number(how).ToString("R", CultureInfo.InvariantCulture))),
            ("input", "pixel / 255"),
            ("data_sha256", plan.DataSha256),
            ("plan_hash", plan.Hash),
        ];
    }

    private static IReadOnlyList<T> Chosen<T>(string flag, IReadOnlyList<T>? wanted, IReadOnlyList<T> all)
    {
        foreach (T value in wanted ?? [])
        {
            if (!all.Contains(value))
                throw new UserErrorException($"{flag}: {value} is not in this run; must be one of {string.Join(", ", all)}");
        }
        return wanted ?? all;
    }
}
