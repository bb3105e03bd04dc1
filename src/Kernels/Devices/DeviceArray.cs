using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Devices;

/// <summary>
/// Memory on a device that begins on a cache line. The allocator promises 16 bytes; a 512-bit load that straddles two lines costs
/// two, and nearly all of an epoch is such loads. GPU drivers align memory on their own.
/// </summary>
public sealed class DeviceArray<T> : IDisposable
    where T : unmanaged
{
    private const int LineBytes = 64;

    private readonly ComputeDevice _device;
    private readonly MemoryBuffer1D<T, Stride1D.Dense> _buffer;

    /// <param name="length">Elements, 1 or more.</param>
    /// <param name="zeroed">False leaves what was there.</param>
    internal DeviceArray(ComputeDevice device, long length, bool zeroed)
    {
        _device = device;
        int size = Unsafe.SizeOf<T>();
        long guard = device.Guards is null ? 0 : IMemoryGuards.Bytes / size;
        _buffer = device.Accelerator.Allocate1D<T>(guard + length + (LineBytes / size) + guard);
        if (zeroed)
            _buffer.MemSetToZero(device.Stream);
        ArrayView<T> all = _buffer.View;
        long past = device.Kind == AcceleratorType.CPU ? all.LoadEffectiveAddressAsPtr().ToInt64() % LineBytes : 0;
        long first = guard + (past == 0 ? 0 : (LineBytes - past) / size);
        View = all.SubView(first, length);
        if (device.Guards is { } guards)
        {
            guards.Add(
                this,
                typeof(T),
                all.SubView(0, first).Cast<byte>(),
                zeroed ? default : View.Cast<byte>(),
                all.SubView(first + length).Cast<byte>());
        }
    }

    public ArrayView<T> View { get; }

    public int Length => View.IntLength;

    /// <summary>Replaces the contents; the array may be changed once this returns.</summary>
    internal void CopyFrom(T[] values) => _device.Write(View, values);

    /// <summary>Waits for the device and copies the contents.</summary>
    internal T[] ToArray() => _device.Download(View);

    public void Dispose()
    {
        _device.Guards?.Remove(this);
        _buffer.Dispose();
    }
}

/// <summary>Told of the memory before and behind every array of a device: tests put patterns there and look at them later.</summary>
internal interface IMemoryGuards
{
    /// <summary>Bytes on each side, more than the widest store; a multiple of every element and of a cache line.</summary>
    const int Bytes = 4096;

    /// <param name="element">The array's type of element.</param>
    /// <param name="inside">The array itself where it may hold anything; unset where it is zeroed.</param>
    void Add(object array, Type element, ArrayView<byte> before, ArrayView<byte> inside, ArrayView<byte> behind);

    /// <summary>The array is about to go.</summary>
    void Remove(object array);
}
