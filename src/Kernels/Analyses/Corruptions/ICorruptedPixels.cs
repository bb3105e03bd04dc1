namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>
/// The pixels of one kind of corruption, a type argument of the kernels. Integer arithmetic only, so that every device makes the same
/// bytes; sums cannot overflow (see <see cref="CorruptTables"/>).
/// </summary>
internal interface ICorruptedPixels<TSelf>
    where TSelf : struct, ICorruptedPixels<TSelf>
{
    /// <summary>One pixel of an image, in what ILGPU compiles for GPUs.</summary>
    /// <param name="first">Where the image begins in <see cref="CorruptArguments.Source"/>.</param>
    /// <param name="number">What its random numbers belong to.</param>
    /// <param name="pixel">row * columns + column.</param>
    static abstract byte Pixel(in CorruptArguments a, int first, int number, int pixel);

    /// <summary>A whole image on a CPU: the same bytes, perhaps faster.</summary>
    /// <param name="source">The clean image.</param>
    /// <param name="target">Takes the corrupted one.</param>
    /// <inheritdoc cref="Pixel" path="/param"/>
    static virtual void Image(in CorruptArguments a, int first, int number, ReadOnlySpan<byte> source, Span<byte> target)
    {
        for (int pixel = 0; pixel < target.Length; pixel++)
            target[pixel] = TSelf.Pixel(a, first, number, pixel);
    }
}
