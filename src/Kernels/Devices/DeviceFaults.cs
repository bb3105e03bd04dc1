using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace GpuMlp.Kernels.Devices;

/// <summary>What an exception from work on a device means for the work.</summary>
public enum DeviceFault
{
    /// <summary>Nothing that the device has to do with.</summary>
    None,

    /// <summary>Less work at a time may fit.</summary>
    OutOfMemory,

    /// <summary>The device, or its driver, answers no more: nothing further can be done on it in this process.</summary>
    Lost,
}

/// <summary>Tells the faults of devices from each other.</summary>
public static class DeviceFaults
{
    /// <summary>Looks at the exception and at what caused it.</summary>
    public static DeviceFault Of(Exception error) => error switch
    {
        AggregateException all => all.InnerExceptions.Select(Of).FirstOrDefault(fault => fault != DeviceFault.None),
        OutOfMemoryException => DeviceFault.OutOfMemory,
        CLException cl => IsMemory(cl.Error) ? DeviceFault.OutOfMemory : DeviceFault.Lost,
        CudaException cuda => IsMemory(cuda) ? DeviceFault.OutOfMemory : DeviceFault.Lost,
        AcceleratorException => DeviceFault.Lost,
        _ => error.InnerException is { } inner ? Of(inner) : DeviceFault.None,
    };

    // Drivers tell at the launch that a buffer, which was only promised when it was made, cannot be had; and a buffer
    // above the largest single allocation is refused as one of invalid size.
    private static bool IsMemory(CLError error) =>
        error is CLError.CL_MEM_OBJECT_ALLOCATION_FAILURE or CLError.CL_OUT_OF_RESOURCES or CLError.CL_OUT_OF_HOST_MEMORY
            or CLError.CL_INVALID_BUFFER_SIZE;

    // ILGPU keeps the driver's text of the error only. The driver's words for code 2 are "out of memory"; a launch with
    // too many registers has "too many resources requested for launch", which less work does not help.
    private static bool IsMemory(CudaException error) =>
        error.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
        || error.Message.Contains(nameof(CudaError.CUDA_ERROR_OUT_OF_MEMORY), StringComparison.Ordinal);
}
