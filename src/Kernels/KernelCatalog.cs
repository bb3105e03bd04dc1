using GpuMlp.Kernels.Simd;
using ILGPU.Runtime;

namespace GpuMlp.Kernels;

/// <summary>The operations that have kernels.</summary>
public enum KernelOperation
{
    Initialize,
    HiddenForward,
    OutputForward,
    OutputBackward,
    HiddenBackward,
    Update,
    TrainEpoch,
    Evaluate,
    Saliency,
    PruneRank,
    Prune,
    Corrupt,
}

/// <summary>One way to run an operation.</summary>
/// <param name="Operation">What it computes.</param>
/// <param name="Form">What it skips; dense for operations that see no pixels.</param>
/// <param name="Accelerator">Where it runs.</param>
/// <param name="Width">Registers on a CPU.</param>
public sealed record KernelVariant(KernelOperation Operation, KernelForm Form, AcceleratorType Accelerator, SimdWidth Width)
{
    /// <summary>Whether this machine runs it.</summary>
    public bool IsSupported => Accelerator == AcceleratorType.CPU && SimdSupport.Available.Contains(Width);

    /// <summary>For tables: <c>HiddenForward/InputSparse/CPU/V256</c>.</summary>
    public override string ToString() => $"{Operation}/{Form}/{Accelerator}/{Width}";
}

/// <summary>The one list of kernel variants. Tests compare every supported one with the double reference; perf times them.</summary>
public static class KernelCatalog
{
    private static readonly KernelOperation[] s_ofAnyWidth = [KernelOperation.Initialize, KernelOperation.PruneRank, KernelOperation.Prune, KernelOperation.Corrupt];

    /// <summary>Every variant there is, supported here or not.</summary>
    public static IReadOnlyList<KernelVariant> Variants { get; } = [.. Create()];

    /// <summary>The variants of one operation that this machine runs.</summary>
    public static IEnumerable<KernelVariant> Of(KernelOperation operation) =>
        Variants.Where(variant => variant.Operation == operation && variant.IsSupported);

    private static IEnumerable<KernelVariant> Create()
    {
        // Integer arithmetic and comparisons, one variant for all widths.
        foreach (KernelOperation operation in s_ofAnyWidth)
            yield return new KernelVariant(operation, KernelForm.Dense, AcceleratorType.CPU, SimdWidth.V128);
        foreach (SimdWidth width in Enum.GetValues<SimdWidth>())
        {
            foreach (KernelOperation operation in Enum.GetValues<KernelOperation>().Except(s_ofAnyWidth))
            {
                yield return new KernelVariant(operation, KernelForm.Dense, AcceleratorType.CPU, width);
                if (SeesPixels(operation))
                    yield return new KernelVariant(operation, KernelForm.InputSparse, AcceleratorType.CPU, width);
            }
        }
    }

    private static bool SeesPixels(KernelOperation operation) =>
        operation is KernelOperation.HiddenForward or KernelOperation.HiddenBackward
            or KernelOperation.TrainEpoch or KernelOperation.Evaluate or KernelOperation.Saliency;
}
