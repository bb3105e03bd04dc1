using System.Numerics;
using System.Runtime.InteropServices;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>Gaussian blur; beyond the border the border's pixels go on. Severity: its standard deviation in pixels.</summary>
internal sealed class Blur : CorruptionKind<Blur.Pixels>
{
    public override string Name => "blur";

    public override string Unit => "standard deviation in pixels";

    public override string Axis => "sigma of the blur (pixels)";

    public override double Largest => 10;

    public override int Directions => 1;

    public override IReadOnlyList<double> Tried => [0.1, 1, 2.5, 10];

    internal override int Key => 4;

    internal override int[] Table(double severity) => CorruptTables.BlurWeights(severity);

    internal override void Set(ref CorruptArguments arguments, double severity) => arguments.Size = CorruptTables.BlurRadius(severity);

    internal struct Pixels : ICorruptedPixels<Pixels>
    {
        // A row of a blur: one byte a pixel in, one 32-bit sum a pixel out.
        private const int WidestImage = 256;

        public static byte Pixel(in CorruptArguments a, int first, int number, int pixel)
        {
            int row = pixel / a.Columns, column = pixel % a.Columns;
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

        // Across, then down: the sums are those of both at once, since integers add up in any order.
        public static unsafe void Image(in CorruptArguments a, int first, int number, ReadOnlySpan<byte> source, Span<byte> target)
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
            {
                Vector.StoreUnsafe(
                    Vector.LoadUnsafe(ref sum, (nuint)x) + (weight * Vector.LoadUnsafe(ref value, (nuint)x)),
                    ref sum,
                    (nuint)x);
            }

            for (; x < sums.Length; x++)
                sums[x] += weight * values[x];
        }
    }
}
