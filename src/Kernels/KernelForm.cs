namespace GpuMlp.Kernels;

/// <summary>What a product skips.</summary>
public enum KernelForm
{
    /// <summary>Nothing.</summary>
    Dense,

    /// <summary>Zero pixels.</summary>
    InputSparse,
}
