using System.Diagnostics;
using GpuMlp.Engine.Models;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Bench;

/// <summary>The images of one batch, on the host and in each form on the device.</summary>
internal sealed class BenchImages : IDisposable
{
    private const int Conversions = 5;

    /// <param name="device">Where.</param>
    /// <param name="images">One batch.</param>
    /// <param name="inputs">D.</param>
    public BenchImages(ComputeDevice device, SplitImages images, int inputs)
    {
        Pixels = images.Pixels;
        Labels = images.Labels;
        Inputs = inputs;
        DeviceImages Make(KernelForm form) => new(
            device, Pixels, Labels, inputs, ChunkSchedule.Consecutive(Labels.Length, Labels.Length), form, withBackward: true);
        Dense = Make(KernelForm.Dense);
        WeightSparse = Make(KernelForm.WeightSparse);
        var times = new List<double>();
        DeviceImages? sparse = null;
        for (int run = 0; run < Conversions; run++)
        {
            sparse?.Dispose();
            long start = Stopwatch.GetTimestamp();
            sparse = Make(KernelForm.InputSparse);
            device.Stream.Synchronize();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        InputSparse = sparse!;
        CompressionMs = times;
    }

    /// <summary>[N, D].</summary>
    public byte[] Pixels { get; }

    /// <summary>[N].</summary>
    public byte[] Labels { get; }

    /// <summary>N.</summary>
    public int Count => Labels.Length;

    public int Inputs { get; }

    public DeviceImages Dense { get; }

    public DeviceImages InputSparse { get; }

    /// <summary>Pixel by pixel, for compressed weights.</summary>
    public DeviceImages WeightSparse { get; }

    /// <summary>Time to compress the pixels, both ways, and to bring them to the device; each repetition.</summary>
    public IReadOnlyList<double> CompressionMs { get; }

    public void Dispose()
    {
        Dense.Dispose();
        InputSparse.Dispose();
        WeightSparse.Dispose();
    }
}
