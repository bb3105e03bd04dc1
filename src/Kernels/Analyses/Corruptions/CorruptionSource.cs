using GpuMlp.Kernels.Devices;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>Clean images on a device, to be corrupted at any number of severities.</summary>
public sealed class CorruptionSource : IDisposable
{
    private readonly DeviceArray<byte> _source, _target;
    private readonly DeviceArray<int> _numbers;

    /// <param name="device">Where.</param>
    /// <param name="pixels">Unsigned bytes, row-major [N, rows * columns].</param>
    /// <param name="rows">1..256.</param>
    /// <param name="columns">1..256.</param>
    /// <param name="numbers">One an image, 0 or more: the same number gets the same random numbers in every set of images.</param>
    /// <exception cref="ArgumentException">Pixels do not fit the numbers, or there are 2^31 or more.</exception>
    public CorruptionSource(ComputeDevice device, byte[] pixels, int rows, int columns, int[] numbers)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, 256);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(columns, 256);
        if (numbers.Length == 0 || pixels.Length != (long)numbers.Length * rows * columns)
            throw new ArgumentException($"{pixels.Length} pixels for {numbers.Length} images of {rows} x {columns}", nameof(pixels));
        (Rows, Columns, Images) = (rows, columns, numbers.Length);
        _source = device.Upload(pixels);
        _target = device.Room<byte>(pixels.Length);
        _numbers = device.Upload(numbers);
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>N.</summary>
    public int Images { get; }

    internal ArrayView<byte> Target => _target.View;

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
        _numbers.Dispose();
    }

    /// <summary>Arguments without a table.</summary>
    internal CorruptArguments Arguments(Corruption corruption)
    {
        var arguments = new CorruptArguments
        {
            Source = _source.View,
            Target = _target.View,
            Numbers = _numbers.View,
            Kind = corruption.Kind.Key,
            SeverityBits = BitConverter.SingleToUInt32Bits((float)corruption.Severity),
            Rows = Rows,
            Columns = Columns,
        };
        corruption.Kind.Set(ref arguments, corruption.Severity);
        return arguments;
    }
}
