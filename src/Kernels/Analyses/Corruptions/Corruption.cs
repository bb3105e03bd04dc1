namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>A corruption at one severity; 0 leaves images as they are.</summary>
/// <param name="Severity">In the <see cref="CorruptionKind.Unit"/> of the kind.</param>
public readonly record struct Corruption(CorruptionKind Kind, double Severity);
