namespace GpuMlp.Kernels.Memory;

/// <summary>Which weights of one model are kept: W1 row-major [D, H], w2 row-major [O, H]. Biases have no mask.</summary>
public sealed record ModelMask(bool[] W1, bool[] W2);
