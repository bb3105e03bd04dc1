using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace GpuMlp.Kernels.Devices;

/// <summary>What a device has for products of bytes.</summary>
internal enum DigitSupport
{
    /// <summary>Nothing: products are of 64-bit integers.</summary>
    None,

    /// <summary>Four products an instruction.</summary>
    Dp4a,

    /// <summary>int8 tensor cores.</summary>
    TensorCores,
}

/// <summary>Which devices have what: the one place where products choose their kernels.</summary>
internal static class DigitDevices
{
    /// <summary>What an accelerator has; this is about speed, no bit depends on it.</summary>
    public static DigitSupport Of(Accelerator accelerator) => accelerator is not CudaAccelerator cuda ? DigitSupport.None
        : cuda.Architecture >= CudaArchitecture.SM_80 ? DigitSupport.TensorCores
        : cuda.Architecture >= CudaArchitecture.SM_61 ? DigitSupport.Dp4a
        : DigitSupport.None;
}
