using System.Globalization;
using GpuMlp.Engine;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;

namespace GpuMlp.Runner.Options;

/// <summary>
/// What a <c>gpumlp sweep</c> asks for, checked as far as that is possible without data and presets. Null: not given, so
/// the preset or spec decides. Lists are still text: their syntax is the engine's.
/// </summary>
/// <param name="Sparsity">A list of levels, or <c>none</c>.</param>
/// <param name="FinetuneEpochs">0: not even where the preset or spec does.</param>
/// <param name="Rewind">False leaves it to the preset or spec.</param>
/// <param name="Noise">Severities of gaussian noise, or <c>none</c>; they replace those of the corruptions.</param>
/// <param name="Occlusion">Likewise for squares.</param>
/// <param name="Corruption">A list of corruptions, or <c>none</c>.</param>
/// <param name="Embedding">A list of tasks, or <c>none</c>.</param>
/// <param name="Similarity">Saliency methods that are compared before and after pruning, or <c>none</c>.</param>
/// <param name="SimilarityImages">1 or more.</param>
/// <param name="SaliencyHidden">Hidden size of the models in the panels; 0 for no panels; null for the size nearest to 24.</param>
/// <param name="Device">Which accelerators; whether they are there is not known yet.</param>
/// <param name="Threads">1 .. 1024.</param>
internal sealed record SweepRequest(
    string? Preset,
    string? Spec,
    string? Data,
    string? Tasks,
    string? Hidden,
    string? Seeds,
    string? LearningRates,
    string? Epochs,
    string? Batch,
    string? InitStd,
    string? WeightDecay,
    string? Sparsity,
    string? Pruning,
    int? FinetuneEpochs,
    bool Rewind,
    string? Noise,
    string? Occlusion,
    string? Corruption,
    string? Embedding,
    string? Similarity,
    int? SimilarityImages,
    int? SaliencyHidden,
    SaliencyMethod SaliencyMethod,
    DeviceRequest Device,
    int? Threads,
    string? Out,
    bool DryRun,
    bool Quiet,
    bool FailFast)
{
    public const int DefaultSaliencyHidden = 24;

    /// <summary>Whether a flag gives what spec files call by this name.</summary>
    public bool Gives(string field) => field switch
    {
        "data" => Data,
        "tasks" => Tasks,
        "hidden" => Hidden,
        "seeds" => Seeds,
        "lr" => LearningRates,
        "epochs" => Epochs,
        "batch" => Batch,
        "init_std" => InitStd,
        "weight_decay" => WeightDecay,
        "sparsity" => Sparsity,
        "pruning" => Pruning,
        "corruption" => Corruption ?? Noise ?? Occlusion,
        "embedding" => Embedding,
        "similarity" => Similarity,
        "similarity_images" => (object?)SimilarityImages,
        "finetune_epochs" => FinetuneEpochs,
        "rewind" => Rewind ? true : null,
        _ => null,
    } is not null;

    /// <exception cref="UserErrorException">A value out of range or two flags that exclude each other; names the flag.</exception>
    public static SweepRequest From(SweepOptions options)
    {
        if (options.Preset is not null && options.Spec is not null)
        {
            throw new UserErrorException("--spec: cannot be combined with --preset; give one of them.");
        }

        return new SweepRequest(
            options.Preset,
            options.Spec,
            options.Data,
            options.Tasks,
            options.Hidden,
            options.Seeds,
            options.LearningRates,
            options.Epochs,
            options.Batch,
            options.InitStd,
            options.WeightDecay,
            options.Sparsity,
            options.Pruning,
            Whole(options.FinetuneEpochs, "--finetune-epochs", 0, SpecValidator.MaxEpochs),
            options.Rewind,
            options.Noise,
            options.Occlusion,
            options.Corruption,
            options.Embedding,
            options.Similarity,
            Whole(options.SimilarityImages, "--similarity-images", 1, SpecValidator.MaxSimilarityImages),
            Whole(options.Saliency, "--saliency", 0, ushort.MaxValue),
            OneOf(options.SaliencyMethod, "--saliency-method", "gradient", "perturbation") is "perturbation"
                ? SaliencyMethod.Perturbation
                : SaliencyMethod.ProbabilityGradient,
            DeviceRequest.Parse("--device", options.Device ?? "auto"),
            ThreadsOf(options.Threads),
            options.Out,
            options.DryRun,
            options.Quiet,
            options.FailFast);
    }

    /// <summary>What <c>--threads</c> says; null when it says nothing.</summary>
    /// <exception cref="UserErrorException">No whole number from 1 to <see cref="CpuDevice.MostThreads"/>.</exception>
    public static int? ThreadsOf(string? value) => Whole(value, "--threads", 1, CpuDevice.MostThreads);

    internal static int? Whole(string? value, string flag, int least, int most)
    {
        if (value is null)
        {
            return null;
        }

        if (int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
            && number >= least && number <= most)
        {
            return number;
        }

        throw new UserErrorException($"{flag}: '{value}' is not a whole number from {least} to {most}.");
    }

    /// <summary>The first choice is the default.</summary>
    private static string OneOf(string? value, string flag, params string[] choices) =>
        value is null ? choices[0]
        : choices.Contains(value) ? value
        : throw new UserErrorException($"{flag}: '{value}' is unknown; {Suggestion.For(value, choices) ?? $"take {string.Join(" or ", choices)}."}");
}
