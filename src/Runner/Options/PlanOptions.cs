using CommandLine;

namespace GpuMlp.Runner.Options;

/// <summary>The flags of <c>gpumlp plan</c>: those of <c>sweep</c>, and how the work is cut.</summary>
[Verb("plan")]
internal sealed class PlanOptions : SweepOptions
{
    [Option("shards")]
    public string? Shards { get; set; }

    [Option("task-minutes")]
    public string? TaskMinutes { get; set; }

    [Option("unit-seconds")]
    public string? UnitSeconds { get; set; }

    [Option("gflops")]
    public string? Gflops { get; set; }
}
