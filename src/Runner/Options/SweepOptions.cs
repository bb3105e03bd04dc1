using CommandLine;
using GpuMlp.Runner.Help;

namespace GpuMlp.Runner.Options;

/// <summary>
/// The flags of <c>gpumlp sweep</c> as typed. Everything with a value is text, so that <see cref="SweepRequest"/> can
/// reject it in our own words; null means not given. What they mean is in <see cref="HelpText"/>.
/// </summary>
[Verb("sweep")]
internal class SweepOptions : CommandOptions
{
    [Option("preset")]
    public string? Preset { get; set; }

    [Option("spec")]
    public string? Spec { get; set; }

    [Option("data")]
    public string? Data { get; set; }

    [Option("tasks")]
    public string? Tasks { get; set; }

    [Option("hidden")]
    public string? Hidden { get; set; }

    [Option("seeds")]
    public string? Seeds { get; set; }

    [Option("lr")]
    public string? LearningRates { get; set; }

    [Option("epochs")]
    public string? Epochs { get; set; }

    [Option("batch")]
    public string? Batch { get; set; }

    [Option("init-std")]
    public string? InitStd { get; set; }

    [Option("weight-decay")]
    public string? WeightDecay { get; set; }

    [Option("sparsity")]
    public string? Sparsity { get; set; }

    [Option("pruning")]
    public string? Pruning { get; set; }

    [Option("finetune-epochs")]
    public string? FinetuneEpochs { get; set; }

    [Option("rewind")]
    public bool Rewind { get; set; }

    [Option("noise")]
    public string? Noise { get; set; }

    [Option("occlusion")]
    public string? Occlusion { get; set; }

    [Option("corruption")]
    public string? Corruption { get; set; }

    [Option("embedding")]
    public string? Embedding { get; set; }

    [Option("similarity")]
    public string? Similarity { get; set; }

    [Option("similarity-images")]
    public string? SimilarityImages { get; set; }

    [Option("saliency")]
    public string? Saliency { get; set; }

    [Option("saliency-method")]
    public string? SaliencyMethod { get; set; }

    [Option("device")]
    public string? Device { get; set; }

    [Option("threads")]
    public string? Threads { get; set; }

    [Option("out")]
    public string? Out { get; set; }

    [Option("dry-run")]
    public bool DryRun { get; set; }

    public override bool OnlyPrints => DryRun;

    [Option("quiet")]
    public bool Quiet { get; set; }

    [Option("fail-fast")]
    public bool FailFast { get; set; }
}
