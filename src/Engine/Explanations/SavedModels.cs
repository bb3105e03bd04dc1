using System.Globalization;
using System.Text.Json;
using GpuMlp.Engine.Export;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Explanations;

/// <summary>Trained models of one task, seed and training variant of a merged run, as its weight and split files have them.</summary>
/// <param name="Models">Sizes and rates, in the order asked for.</param>
/// <param name="Weights">Likewise.</param>
/// <param name="Validation">0-based numbers in the training file, in the split's order.</param>
/// <param name="InitStd">Standard deviation of the weights that they were trained from.</param>
/// <param name="Variant">How they were trained, where the run has several variants; else null.</param>
public sealed record SavedModels(
    ClassTask Task,
    int Seed,
    IReadOnlyList<ModelSpec> Models,
    IReadOnlyList<ModelParameters> Weights,
    int[] Validation,
    double InitStd,
    TrainingVariant? Variant = null)
{
    /// <summary>Whether they have a logit for each class of the task, and not one logit.</summary>
    public bool HasClassLogits => Weights[0].Outputs > 1;

    /// <summary>How they were trained, which is the same for all.</summary>
    public ModelTraining Training => Models[0].Training;

    /// <exception cref="UserErrorException">
    /// The plan has no such task, seed or model (exit 2), a file is not there (exit 3) or not the merge's (exit 2), or a model failed in
    /// training and has no maps (exit 1).
    /// </exception>
    public static SavedModels Read(RunDirectory run, ClassTask task, int seed, TrainingWay way, IReadOnlyList<int> hidden, double rate)
    {
        (int variant, ModelTraining own) = way;
        SweepSpec spec = run.Plan.Spec;
        Check("--task", task, spec.Tasks);
        Check("--seed", seed, spec.Seeds);
        bool hasMoreRates = spec.RateTasks.Contains(task) && own == spec.Trainings()[0];
        Check("--lr", rate, hasMoreRates ? [.. spec.LearningRates, .. spec.RateGrid] : spec.LearningRates);
        Check("--variant", variant, [.. Enumerable.Range(0, run.Plan.Variants.Count)]);
        foreach (int size in hidden)
            Check("--hidden", size, spec.Hidden);
        string path = run.WeightsPath(task, seed, variant), split = run.SplitPath(task, seed, variant);
        ModelSpec[] models = [.. hidden.Select(size => new ModelSpec(size, rate, own))];
        IReadOnlySet<ModelKey> failed = RunTables.Failed(run);
        TrainingVariant training = run.Plan.Variants[variant];
        if (models.FirstOrDefault(model => failed.Contains(model.KeyOf(task, seed, training))) is { Hidden: > 0 } bad)
        {
            throw new UserErrorException(
                $"--hidden {bad.Hidden}: failed in training at --lr "
                    + $"{Convert.ToString(rate, CultureInfo.InvariantCulture)} and has no maps; "
                + "a model that did not fail must be chosen", ExitCodes.SomeModelsFailed);
        }
        using var weights = Safetensors.Open(run, path);
        using FileStream numbers = run.Manifest.Open(split);
        ModelParameters[] parameters = [.. models.Select(model => ModelExport.Read(weights, model))];
        return new SavedModels(
            task,
            seed,
            models,
            parameters,
            ReadValidation(numbers, split),
            training.InitStd,
            run.Plan.Variants.Count > 1 ? training : null);
    }

    private static int[] ReadValidation(Stream stream, string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(stream);
            return [.. document.RootElement.GetProperty("validation").EnumerateArray().Select(number => number.GetInt32())];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new UserErrorException($"{path}: not a split file; make it again with gpumlp merge", inner: e);
        }
        catch (Exception e) when (StorageErrors.IsStorage(e))
        {
            throw StorageErrors.MapRead(e, path);
        }
    }

    private static void Check<T>(string flag, T value, IReadOnlyList<T> all)
    {
        if (!all.Contains(value))
        {
            throw new UserErrorException(FormattableString.Invariant($"{flag}: {value} is not in this run; ")
                + $"must be one of {string.Join(", ", all.Select(item => Convert.ToString(item, CultureInfo.InvariantCulture)))}");
        }
    }
}
