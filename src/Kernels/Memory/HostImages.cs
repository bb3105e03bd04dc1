using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Numerics;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Memory;

/// <summary>What forms of images a device wants; the same for all devices of a kind.</summary>
/// <param name="IsGpu">CUDA or OpenCL.</param>
/// <param name="HasDigits">Trains in bytes, see <see cref="DigitPixels"/>.</param>
public sealed record ImageTarget(AcceleratorType Kind, bool IsGpu, bool SkipsZeroPixels, bool HasDigits)
{
    /// <summary>Of an open device.</summary>
    public static ImageTarget Of(ComputeDevice device) =>
        new(device.Kind, device is GpuDevice, device.SkipsZeroPixels, device is GpuDevice { Digits: not DigitSupport.None });
}

/// <summary>
/// The images of one split in the form that one kernel form wants, in the host's memory: all that <see cref="DeviceImages"/> takes over
/// as it is. Making them is work for the host alone, and for any thread.
/// </summary>
public sealed class HostImages
{
    /// <param name="target">What the device wants.</param>
    /// <param name="pixels">Like all that follow as for <see cref="DeviceImages"/>, with its exceptions.</param>
    public HostImages(
        ImageTarget target, ReadOnlyMemory<byte> pixels, ReadOnlySpan<byte> labels, int inputs, ChunkSchedule schedule, KernelForm form,
        bool withBackward, ReadOnlySpan<int> numbers = default)
    {
        if (!numbers.IsEmpty && numbers.Length != labels.Length)
            throw new ArgumentException($"{numbers.Length} numbers for {labels.Length} images", nameof(numbers));
        if (withBackward && form == KernelForm.WeightSparse
            && schedule.Chunks.FirstOrDefault(chunk => chunk.FirstRow % PixelTiles.TileImages != 0) is { Rows: > 0 } astray)
        {
            throw new ArgumentException(
                $"a batch begins at image {astray.FirstRow}; in the form {form} it must begin at a multiple of {PixelTiles.TileImages}",
                nameof(schedule));
        }

        if (inputs is < 1 or > ushort.MaxValue + 1)
            throw new ArgumentException($"{inputs} pixels an image; 1 to {ushort.MaxValue + 1} can be numbered in 16 bits", nameof(inputs));
        if (pixels.Length != (long)labels.Length * inputs)
            throw new ArgumentException($"{pixels.Length} pixels for {labels.Length} images of {inputs}", nameof(pixels));
        foreach (Chunk chunk in schedule.Chunks)
        {
            if (chunk.FirstRow + chunk.Rows > labels.Length)
                throw new ArgumentException($"a chunk ends at image {chunk.FirstRow + chunk.Rows} of {labels.Length}", nameof(schedule));
            if (chunk.BatchRows > ExactSums.MostBatch)
                throw new ArgumentException($"a batch of {chunk.BatchRows} images; at most {ExactSums.MostBatch} fit", nameof(schedule));
        }

        Images = labels.Length;
        foreach (byte label in labels)
            Classes = Math.Max(Classes, label + 1);
        (Target, Inputs, Schedule, HasBackward) = (target, inputs, schedule, withBackward);
        Form = target.Kind == AcceleratorType.Cuda && form == KernelForm.InputSparse ? KernelForm.Dense : form;
        bool isSparse = Form == KernelForm.InputSparse, isTiled = Form == KernelForm.WeightSparse;
        SmallBatch = target.IsGpu && withBackward && !isTiled ? schedule.SmallBatches(DeviceImages.MostOfSmallBatch) : null;
        Lists = target.IsGpu && (isSparse || SmallBatch is not null)
            ? PixelLists.Compress(pixels, inputs, schedule, withBackward)
            : PixelLists.None;
        Tiles = isTiled ? PixelTiles.Arrange(pixels, inputs) : null;
        NonZeros = isSparse ? pixels.Length - (long)pixels.Span.Count((byte)0) : 0;
        Bytes = target.IsGpu && !isTiled ? Pad(pixels.Span, inputs) : [];
        Labels = Array.ConvertAll(labels.ToArray(), label => (float)label);
        Numbers = withBackward ? NumbersOf(numbers, labels.Length) : [];
        Pairs = !target.IsGpu && !isTiled ? PairImages.Create(pixels, inputs, schedule, all: !isSparse, withBackward) : null;
        Digits = target.HasDigits && Form == KernelForm.Dense && withBackward ? DigitPixels.Arrange(pixels.Span, inputs, schedule) : null;
    }

    /// <summary>For which they were made.</summary>
    public ImageTarget Target { get; }

    /// <inheritdoc cref="DeviceImages.Images"/>
    public int Images { get; }

    internal int Classes { get; }

    internal int Inputs { get; }

    internal ChunkSchedule Schedule { get; }

    internal bool HasBackward { get; }

    internal KernelForm Form { get; }

    internal int? SmallBatch { get; }

    internal long NonZeros { get; }

    internal PixelLists Lists { get; }

    internal PixelTiles? Tiles { get; }

    /// <summary>[N, <see cref="DeviceImages.Pitch"/>]; empty where they are not wanted.</summary>
    internal byte[] Bytes { get; }

    internal float[] Labels { get; }

    internal uint[] Numbers { get; }

    internal PairImages? Pairs { get; }

    internal DigitPixels? Digits { get; }

    private static uint[] NumbersOf(ReadOnlySpan<int> numbers, int images)
    {
        var all = new uint[images];
        for (int n = 0; n < images; n++)
            all[n] = numbers.IsEmpty ? (uint)n : (uint)numbers[n];
        return all;
    }

    private static byte[] Pad(ReadOnlySpan<byte> pixels, int inputs)
    {
        int pitch = DeviceImages.Pitch(inputs);
        var padded = new byte[checked(pixels.Length / inputs * pitch)];
        for (int row = 0; row < pixels.Length / inputs; row++)
        {
            pixels.Slice(row * inputs, inputs).CopyTo(padded.AsSpan(row * pitch));
            padded[(row * pitch) + inputs] = ExactSums.ConstantPixel;
        }
        return padded;
    }
}
