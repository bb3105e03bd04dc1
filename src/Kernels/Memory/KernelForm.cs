namespace GpuMlp.Kernels.Memory;

/// <summary>What a product skips, and with it the form in which images must lie in memory.</summary>
public enum KernelForm
{
    /// <summary>Nothing. Images row by row.</summary>
    Dense,

    /// <summary>Zero pixels. Images compressed.</summary>
    InputSparse,

    /// <summary>
    /// Zero weights, compressed. Images pixel by pixel, see <see cref="PixelTiles"/>; for evaluation, dW1 and gradient maps.
    /// </summary>
    WeightSparse,
}
