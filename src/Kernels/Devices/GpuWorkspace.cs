using ILGPU;

namespace GpuMlp.Kernels.Devices;

/// <summary>
/// Working memory of a GPU that all cohorts share, since the device runs one operation after the other: buffers that only
/// grow. What an operation left in them means nothing to the next.
/// </summary>
internal sealed class GpuWorkspace(ComputeDevice device) : IDisposable
{
    /// <summary>Floats of activations, and of partial sums, that a run may take, unless one segment of images takes more.</summary>
    public const long MostFloats = 1L << 26;

    private readonly Dictionary<string, DeviceArray<byte>> _buffers = [];

    /// <summary>Bytes that it holds now.</summary>
    public long Bytes => _buffers.Values.Sum(buffer => (long)buffer.Length);

    /// <summary>A buffer by name, of at least this many elements; zeros when it is new.</summary>
    public ArrayView<T> Take<T>(string name, long length)
        where T : unmanaged
    {
        long bytes = Math.Max(1, length) * Interop.SizeOf<T>();
        if (!_buffers.TryGetValue(name, out DeviceArray<byte>? buffer) || buffer.Length < bytes)
        {
            // Kernels that use the old one may not have run yet.
            device.Stream.Synchronize();
            buffer?.Dispose();
            _buffers.Remove(name);
            buffer = device.Zeroed<byte>(bytes);
            _buffers.Add(name, buffer);
        }
        return buffer.View.Cast<T>().SubView(0, Math.Max(1, length));
    }

    public void Dispose()
    {
        foreach (DeviceArray<byte> buffer in _buffers.Values)
            buffer.Dispose();
        _buffers.Clear();
    }
}
