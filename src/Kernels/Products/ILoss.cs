using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products;

/// <summary>A loss of one logit, a type argument of the output step: its formula is compiled into the kernels of every device.</summary>
internal interface ILoss
{
    /// <summary>The loss of an image, and what the label is subtracted from to have the loss's derivative by the logit.</summary>
    /// <param name="label">0 or 1.</param>
    /// <param name="loss">Nats, not negative.</param>
    /// <param name="prediction">0..1; the derivative is prediction - label.</param>
    static abstract void Of<T>(T logit, T label, out T loss, out T prediction)
        where T : unmanaged, IReal<T>;
}
