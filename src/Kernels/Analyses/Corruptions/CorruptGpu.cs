using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>
/// target = corrupted source, byte for byte the same on every device. Item i owns pixels 4 g .. 4 g + 3 of one image
/// (four, because that is what one Philox draw gives). Integer arithmetic only; sums cannot overflow (see <see cref="CorruptTables"/>).
/// </summary>
public struct CorruptGpu : ICpuJob
{
    public const int Threads = 128;

    public CorruptArguments Arguments;

    public int Items;

    readonly int ICpuJob.Items => Items;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => (Items + Threads - 1) / Threads;

    internal static CorruptGpu Of(CorruptArguments arguments, int images) =>
        new() { Arguments = arguments, Items = checked(images * (((arguments.Rows * arguments.Columns) + 3) / 4)) };

    /// <summary>The ILGPU kernel; a thread an item.</summary>
    public static void Kernel(CorruptGpu job)
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
            a.Target[first + pixel] = Pixel(a, first, number, pixel);
    }

    private static byte Pixel(in CorruptArguments a, int first, int number, int pixel)
    {
        byte value = a.Source[first + pixel];
        int row = pixel / a.Columns, column = pixel % a.Columns;
        if (a.Kind == (int)CorruptionKind.Gaussian)
            return CorruptMath.AddNoise(value, NormalPlace.Fixed(CorruptMath.Word(CorruptMath.Words(pixel / 4, number, a), pixel % 4), a.Table), a.Scale);
        if (a.Kind == (int)CorruptionKind.SaltPepper)
            return CorruptMath.SaltPepper(value, CorruptMath.Word(CorruptMath.Words(pixel / 4, number, a), pixel % 4), a.Threshold);
        if (a.Kind == (int)CorruptionKind.Occlusion)
            return IsHidden(a, number, row, column) ? (byte)0 : value;
        if (a.Kind == (int)CorruptionKind.Blur)
            return Blurred(a, first, row, column);
        return a.Kind == (int)CorruptionKind.Rotation ? Turned(a, first, number, row, column) : Moved(a, first, number, row, column);
    }

    private static bool IsHidden(in CorruptArguments a, int number, int row, int column)
    {
        int height = a.Size < a.Rows ? a.Size : a.Rows, width = a.Size < a.Columns ? a.Size : a.Columns;
        int top = CorruptMath.Lot(a.Rows - height + 1, 0, number, a), left = CorruptMath.Lot(a.Columns - width + 1, 1, number, a);
        return row >= top && row < top + height && column >= left && column < left + width;
    }

    private static byte Blurred(in CorruptArguments a, int first, int row, int column)
    {
        uint sum = 0;
        for (int dy = -a.Size; dy <= a.Size; dy++)
        {
            int y = row + dy;
            y = y < 0 ? 0 : y >= a.Rows ? a.Rows - 1 : y;
            uint across = 0;
            for (int dx = -a.Size; dx <= a.Size; dx++)
            {
                int x = column + dx;
                x = x < 0 ? 0 : x >= a.Columns ? a.Columns - 1 : x;
                across += (uint)(a.Table[dx < 0 ? -dx : dx] * a.Source[first + (y * a.Columns) + x]);
            }
            sum += across * (uint)a.Table[dy < 0 ? -dy : dy];
        }
        return CorruptMath.Round(sum);
    }

    private static byte Turned(in CorruptArguments a, int first, int number, int row, int column)
    {
        int sine = CorruptMath.Lot(2, 0, number, a) == 0 ? a.Scale : -a.Scale;
        (int y, int x, int rowFraction, int columnFraction) = CorruptMath.Turned(row, column, a.Rows, a.Columns, sine, a.Cosine);
        return CorruptMath.Between(
            At(a, first, y, x), At(a, first, y, x + 1), At(a, first, y + 1, x), At(a, first, y + 1, x + 1), rowFraction, columnFraction);
    }

    private static byte Moved(in CorruptArguments a, int first, int number, int row, int column)
    {
        (int rows, int columns) = CorruptMath.Shift(CorruptMath.Lot(4, 0, number, a), a.Size);
        return At(a, first, row - rows, column - columns);
    }

    private static byte At(in CorruptArguments a, int first, int row, int column) =>
        row >= 0 && row < a.Rows && column >= 0 && column < a.Columns ? a.Source[first + (row * a.Columns) + column] : (byte)0;
}
