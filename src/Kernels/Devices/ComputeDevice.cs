using ILGPU.Runtime;

namespace GpuMlp.Kernels.Devices;

/// <summary>
/// An accelerator with the stream that all of its work goes through. The object belongs to one thread at a time.
/// </summary>
public abstract class ComputeDevice : IDisposable
{
    /// <summary>Opens a device of <see cref="DeviceList.Find"/>.</summary>
    /// <param name="device">A usable one.</param>
    /// <param name="threads">Worker threads of a CPU; ignored for others.</param>
    public static ComputeDevice Open(DeviceInfo device, int threads) =>
        device.Kind == AcceleratorType.CPU ? new CpuDevice(threads) : new GpuDevice(device.Kind, device.Index);

    public abstract Accelerator Accelerator { get; }

    /// <summary>Kernels and copies of the device run on it in the order in which they were started.</summary>
    public abstract AcceleratorStream Stream { get; }

    /// <summary>CPU, CUDA or OpenCL.</summary>
    public AcceleratorType Kind => Accelerator.AcceleratorType;

    /// <summary>As the driver calls it.</summary>
    public virtual string Name => Accelerator.Name;

    /// <summary>How many blocks of columns it works on at once. Never changes a result's bits.</summary>
    public abstract int LayoutWays { get; }

    /// <summary>
    /// Whether skipping zero pixels is what is fast when most are 0; a GPU multiplies by them sooner than it looks for the others.
    /// </summary>
    public virtual bool SkipsZeroPixels => true;

    /// <summary>What others keep with the device for as long as it lives, such as compiled kernels.</summary>
    internal Dictionary<object, object> Kept { get; } = [];

    /// <summary>Told of all memory that is taken from now on; null for nobody.</summary>
    internal IMemoryGuards? Guards { get; set; }

    /// <summary>Frees the accelerator; all memory on it must have been freed before.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
