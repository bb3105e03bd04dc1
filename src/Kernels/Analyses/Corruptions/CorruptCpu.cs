using System.Numerics;
using System.Runtime.InteropServices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>What <see cref="CorruptGpu"/> does, an image an item, for the CPU: no checked views, a draw serves four pixels, a blur two passes.</summary>
internal unsafe struct CorruptCpu : ICpuJob
{
    // A row of a blur: one byte a pixel in, one 32-bit sum a pixel out.
    private const int WidestImage = 256;

    public CorruptArguments Arguments;

    public int Items { get; init; }

    public readonly void Run<T>(int item)
        where T : unmanaged, ILanes<T> => Corrupt(Arguments, item);

    private static void Corrupt(in CorruptArguments a, int image)
    {
        int inputs = a.Rows * a.Columns, number = BlockPointers.Pointer(a.Numbers)[image];
        long first = (long)image * inputs;
        var source = new ReadOnlySpan<byte>(BlockPointers.Pointer(a.Source) + first, inputs);
        var target = new Span<byte>(BlockPointers.Pointer(a.Target) + first, inputs);
        switch ((CorruptionKind)a.Kind)
        {
            case CorruptionKind.Gaussian: Gaussian(a, number, source, target); break;
            case CorruptionKind.SaltPepper: SaltPepper(a, number, source, target); break;
            case CorruptionKind.Occlusion: Occlude(a, number, source, target); break;
            case CorruptionKind.Blur: Blur(a, source, target); break;
            case CorruptionKind.Rotation: Rotate(a, number, source, target); break;
            default: Translate(a, number, source, target); break;
        }
    }

    private static void Gaussian(in CorruptArguments a, int number, ReadOnlySpan<byte> source, Span<byte> target)
    {
        int* table = BlockPointers.Pointer(a.Table);
        for (int pixel = 0; pixel < source.Length; pixel++)
        {
            PhiloxBlock words = CorruptMath.Words(pixel / 4, number, a);
            for (int end = Math.Min(pixel + 4, source.Length), word = 0; ; word++)
            {
                uint bits = CorruptMath.Word(words, word);
                target[pixel] = CorruptMath.AddNoise(source[pixel], NormalPlace.Of(bits, BitOperations.LeadingZeroCount(NormalPlace.Tail(bits))).Value(table), a.Scale);
                if (pixel + 1 == end)
                    break;
                pixel++;
            }
        }
    }

    private static void SaltPepper(in CorruptArguments a, int number, ReadOnlySpan<byte> source, Span<byte> target)
    {
        PhiloxBlock words = default;
        for (int pixel = 0; pixel < source.Length; pixel++)
        {
            if (pixel % 4 == 0)
                words = CorruptMath.Words(pixel / 4, number, a);
            target[pixel] = CorruptMath.SaltPepper(source[pixel], CorruptMath.Word(words, pixel % 4), a.Threshold);
        }
    }

    private static void Occlude(in CorruptArguments a, int number, ReadOnlySpan<byte> source, Span<byte> target)
    {
        int height = Math.Min(a.Size, a.Rows), width = Math.Min(a.Size, a.Columns);
        int top = CorruptMath.Lot(a.Rows - height + 1, 0, number, a), left = CorruptMath.Lot(a.Columns - width + 1, 1, number, a);
        source.CopyTo(target);
        for (int row = top; row < top + height; row++)
            target.Slice((row * a.Columns) + left, width).Clear();
    }

    // Across, then down: the sums are those of both at once, since integers add up in any order.
    private static void Blur(in CorruptArguments a, ReadOnlySpan<byte> source, Span<byte> target)
    {
        int* weights = BlockPointers.Pointer(a.Table);
        int rows = a.Rows, columns = a.Columns, radius = a.Size;
        uint[] across = System.Buffers.ArrayPool<uint>.Shared.Rent(rows * columns);
        Span<uint> wide = stackalloc uint[WidestImage + (2 * 30)], sum = stackalloc uint[WidestImage];
        wide = wide[..(columns + (2 * radius))];
        sum = sum[..columns];
        for (int row = 0; row < rows; row++)
        {
            for (int x = 0; x < wide.Length; x++)
                wide[x] = source[(row * columns) + Math.Clamp(x - radius, 0, columns - 1)];
            Span<uint> line = across.AsSpan(row * columns, columns);
            line.Clear();
            for (int dx = -radius; dx <= radius; dx++)
                AddTimes((uint)weights[Math.Abs(dx)], wide.Slice(dx + radius, columns), line);
        }
        for (int row = 0; row < rows; row++)
        {
            sum.Clear();
            for (int dy = -radius; dy <= radius; dy++)
                AddTimes((uint)weights[Math.Abs(dy)], across.AsSpan(Math.Clamp(row + dy, 0, rows - 1) * columns, columns), sum);
            for (int x = 0; x < columns; x++)
                target[(row * columns) + x] = CorruptMath.Round(sum[x]);
        }
        System.Buffers.ArrayPool<uint>.Shared.Return(across);
    }

    private static void AddTimes(uint weight, ReadOnlySpan<uint> values, Span<uint> sums)
    {
        int x = 0;
        ref uint value = ref MemoryMarshal.GetReference(values), sum = ref MemoryMarshal.GetReference(sums);
        for (; x + Vector<uint>.Count <= sums.Length; x += Vector<uint>.Count)
            Vector.StoreUnsafe(Vector.LoadUnsafe(ref sum, (nuint)x) + (weight * Vector.LoadUnsafe(ref value, (nuint)x)), ref sum, (nuint)x);
        for (; x < sums.Length; x++)
            sums[x] += weight * values[x];
    }

    private static void Rotate(in CorruptArguments a, int number, ReadOnlySpan<byte> source, Span<byte> target)
    {
        int sine = CorruptMath.Lot(2, 0, number, a) == 0 ? a.Scale : -a.Scale;
        for (int row = 0, pixel = 0; row < a.Rows; row++)
        {
            for (int column = 0; column < a.Columns; column++, pixel++)
            {
                (int y, int x, int rowFraction, int columnFraction) = CorruptMath.Turned(row, column, a.Rows, a.Columns, sine, a.Cosine);
                target[pixel] = CorruptMath.Between(
                    At(a, source, y, x), At(a, source, y, x + 1), At(a, source, y + 1, x), At(a, source, y + 1, x + 1), rowFraction, columnFraction);
            }
        }
    }

    private static void Translate(in CorruptArguments a, int number, ReadOnlySpan<byte> source, Span<byte> target)
    {
        (int rows, int columns) = CorruptMath.Shift(CorruptMath.Lot(4, 0, number, a), a.Size);
        for (int row = 0, pixel = 0; row < a.Rows; row++)
        {
            for (int column = 0; column < a.Columns; column++, pixel++)
                target[pixel] = At(a, source, row - rows, column - columns);
        }
    }

    private static byte At(in CorruptArguments a, ReadOnlySpan<byte> source, int row, int column) =>
        (uint)row < (uint)a.Rows && (uint)column < (uint)a.Columns ? source[(row * a.Columns) + column] : (byte)0;
}
