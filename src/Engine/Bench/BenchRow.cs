using GpuMlp.Engine.Statistics;

namespace GpuMlp.Engine.Bench;

/// <summary>What one measurement gave.</summary>
/// <param name="SamplesMs">Every sample, in the order taken.</param>
/// <param name="Work">Operations and bytes of one call.</param>
/// <param name="ConversionMs">Time to make this form's operands from dense ones (median of the repetitions); 0 for the dense form.</param>
/// <param name="CompileMs">What the first call of this form and operation in this process took beyond a usual one; null when it was not the
/// first.</param>
/// <param name="LargestError">Largest distance from the reference in double, in units of the bound of float32 arithmetic; below 1.</param>
/// <param name="SameBitsAsDense">Whether all results have the bits of the dense form.</param>
/// <param name="DenseMs">Median of the dense form on the same problem.</param>
public sealed record BenchRow(
    BenchCase Case,
    IReadOnlyList<double> SamplesMs,
    BenchWork Work,
    double ConversionMs,
    double? CompileMs,
    double LargestError,
    bool SameBitsAsDense,
    double DenseMs)
{
    public double MedianMs { get; } = Spread.Quantile(SamplesMs, 0.5);

    public double P10Ms { get; } = Spread.Quantile(SamplesMs, 0.1);

    public double P90Ms { get; } = Spread.Quantile(SamplesMs, 0.9);

    public double UsefulGflops => Work.UsefulFlop / MedianMs / 1e6;

    public double DenseGflops => Work.DenseFlop / MedianMs / 1e6;

    public double GigabytesPerSecond => Work.Bytes / MedianMs / 1e6;

    public double SpeedupVsDense => DenseMs / MedianMs;

    /// <summary>What nine of ten samples reach: the median of the dense form over this form's slow decile.</summary>
    public double SlowSpeedupVsDense => DenseMs / P90Ms;

    /// <summary>The same over this form's fast decile.</summary>
    public double FastSpeedupVsDense => DenseMs / P10Ms;

    /// <summary>Null when a use saves nothing.</summary>
    public long? UsesToRepay => BreakEven.Uses(ConversionMs, DenseMs, MedianMs);
}

/// <summary>Why something was not measured.</summary>
public readonly record struct BenchSkip(BenchCase Case, string Reason);

/// <summary>What a device can do at most, measured.</summary>
/// <param name="Gflops">float32 multiply-adds with everything in registers.</param>
/// <param name="GigabytesPerSecond">Reading memory, 1e9 bytes.</param>
public readonly record struct BenchRoof(double Gflops, double GigabytesPerSecond);

/// <summary>A sweep of measurements on one device.</summary>
/// <param name="Device">As in <c>--device</c>: <c>cpu</c>, <c>cuda:0</c>.</param>
/// <param name="Name">In words.</param>
/// <param name="LoadMs">Time to load all kernels before anything ran.</param>
public sealed record BenchRun(string Device, string Name, BenchRoof Roof, double LoadMs, BenchResult Result);
