using GpuMlp.Kernels.Launching;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>
/// target = corrupted source, byte for byte the same on every device. Item i owns pixels 4 g .. 4 g + 3 of one image
/// (four, because that is what one Philox draw gives).
/// </summary>
internal struct CorruptGpu<TPixels> : ICpuJob
    where TPixels : struct, ICorruptedPixels<TPixels>
{
    public const int Threads = 128;

    public CorruptArguments Arguments;

    public int Items;

    readonly int ICpuJob.Items => Items;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => (Items + Threads - 1) / Threads;

    internal static CorruptGpu<TPixels> Of(CorruptArguments arguments, int images) =>
        new() { Arguments = arguments, Items = checked(images * (((arguments.Rows * arguments.Columns) + 3) / 4)) };

    /// <summary>The ILGPU kernel; a thread an item.</summary>
    public static void Kernel(CorruptGpu<TPixels> job)
    {
        int item = (Grid.IdxX * Threads) + Group.IdxX;
        if (item < job.Items)
            Run(job.Arguments, item);
    }

    // For tests: what a GPU does is played on a CPU.
    readonly void ICpuJob.Run<T>(int item) => Run(Arguments, item);

    private static void Run(in CorruptArguments a, int item)
    {
        int inputs = a.Rows * a.Columns, groups = (inputs + 3) / 4;
        int image = item / groups, group = item % groups;
        int number = a.Numbers[image], first = image * inputs;
        int end = group * 4 + 4 < inputs ? (group * 4) + 4 : inputs;
        for (int pixel = group * 4; pixel < end; pixel++)
            a.Target[first + pixel] = TPixels.Pixel(a, first, number, pixel);
    }
}
