using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Devices;

/// <summary>Memory on a device, moved on the device's own stream: nothing waits for, or overtakes, another stream.</summary>
internal static class DeviceMemory
{
    /// <summary>A copy of an array. A buffer must have a length, so an empty array becomes one unused element.</summary>
    public static DeviceArray<T> Upload<T>(this ComputeDevice device, T[] values)
        where T : unmanaged
    {
        T[] source = values.Length == 0 ? new T[1] : values;
        var array = new DeviceArray<T>(device, source.Length, zeroed: false);
        array.CopyFrom(source);
        return array;
    }

    /// <summary>Zeroed memory.</summary>
    /// <param name="length">Elements, 1 or more.</param>
    public static DeviceArray<T> Zeroed<T>(this ComputeDevice device, long length)
        where T : unmanaged => new(device, length, zeroed: true);

    /// <summary>Memory with anything in it.</summary>
    /// <param name="length">Elements, 1 or more.</param>
    public static DeviceArray<T> Room<T>(this ComputeDevice device, long length)
        where T : unmanaged => new(device, length, zeroed: false);

    /// <summary>Waits for the device and copies a view's contents.</summary>
    public static T[] Download<T>(this ComputeDevice device, ArrayView<T> view)
        where T : unmanaged
    {
        var values = new T[view.Length];
        view.CopyToCPU(device.Stream, values);
        device.Stream.Synchronize();
        return values;
    }

    /// <summary>Replaces a view's contents; the array may be changed once this returns.</summary>
    public static void Write<T>(this ComputeDevice device, ArrayView<T> view, T[] values)
        where T : unmanaged
    {
        view.CopyFromCPU(device.Stream, values);
        device.Stream.Synchronize();
    }
}
