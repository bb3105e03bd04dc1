using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Similarity;

/// <summary>Structural similarity on a CPU; see <see cref="SimilarityMath"/> for the arithmetic.</summary>
/// <remarks>Down the columns a running sum, then along the row a plain one. Lanes hold neighbouring windows.</remarks>
internal static unsafe class MapWindows
{
    /// <summary>S and P of a map with itself, behind its levels.</summary>
    public static void Sums<T>(in MapShape shape, in MapWork work, int* ranked)
        where T : unmanaged, ILanes<T>
    {
        int* levels = ranked + shape.Ranks;
        int grid = shape.Rows * shape.Pitch;
        Add<T>(shape, work.Column, levels, levels + grid);
        Multiply<T>(shape, levels, levels, work.Products);
        Add<T>(shape, work.Column, work.Products, levels + (2 * grid));
    }

    /// <summary>The sum over windows of two maps that have their sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static long Compare<T>(in MapShape shape, in MapWork work, int* a, int* b)
        where T : unmanaged, ILanes<T>
    {
        a += shape.Ranks;
        b += shape.Ranks;
        Multiply<T>(shape, a, b, work.Products);
        Add<T>(shape, work.Column, work.Products, work.Cross);
        int grid = shape.Rows * shape.Pitch, pixels = shape.Height * shape.Width;
        T c1 = T.BroadcastDouble(SimilarityMath.First(pixels)), c2 = T.BroadcastDouble(SimilarityMath.Second(pixels));
        T scale = T.BroadcastDouble(pixels << SimilarityMath.ProductBits), units = T.Broadcast(SimilarityMath.Units), sum = T.Zero;
        for (int row = 0; row < shape.Down; row++)
        {
            for (int column = 0; column < shape.Across; column += LaneMask.Lanes)
            {
                int place = (row * shape.Pitch) + column;
                T sumA = Ints<T>(a, grid + place), sumB = Ints<T>(b, grid + place), cross = Ints<T>(work.Cross, place);
                T squares = Ints<T>(a, (2 * grid) + place);
                T others = Ints<T>(b, (2 * grid) + place);
                Factors(
                    T.LowIntsToDoubles(sumA), T.LowIntsToDoubles(sumB), T.LowIntsToDoubles(cross), T.LowIntsToDoubles(squares),
                    T.LowIntsToDoubles(others), c1, c2, scale, out T upper1, out T upper2, out T lower1, out T lower2);
                Factors(
                    T.HighIntsToDoubles(sumA), T.HighIntsToDoubles(sumB), T.HighIntsToDoubles(cross), T.HighIntsToDoubles(squares),
                    T.HighIntsToDoubles(others), c1, c2, scale, out T upper1High, out T upper2High, out T lower1High, out T lower2High);
                T upper = T.Multiply(T.DoublesToFloats(upper1, upper1High), T.DoublesToFloats(upper2, upper2High));
                T lower = T.Multiply(T.DoublesToFloats(lower1, lower1High), T.DoublesToFloats(lower2, lower2High));
                T quotient = T.RoundToInts(T.Multiply(T.Divide(upper, lower), units));
                quotient = T.And(quotient, T.Load(LaneMask.First(Math.Min(LaneMask.Lanes, shape.Across - column))));
                sum = T.AddDoubles(sum, T.AddDoubles(T.LowIntsToDoubles(quotient), T.HighIntsToDoubles(quotient)));
            }
        }
        return (long)T.SumDoubles(sum);
    }

    private static T Ints<T>(int* values, int place)
        where T : unmanaged, ILanes<T> => T.Load((float*)(values + place));

    // Integers in float64, all below 2^53.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Factors<T>(
        T a, T b, T cross, T squares, T others, T c1, T c2, T scale, out T upper1, out T upper2, out T lower1, out T lower2)
        where T : unmanaged, ILanes<T>
    {
        T product = T.MultiplyDoubles(a, b), both = T.FmaDoubles(b, b, T.MultiplyDoubles(a, a)), less = T.BroadcastDouble(-1);
        T twice = T.AddDoubles(product, product);
        upper1 = T.AddDoubles(twice, c1);
        T covariance = T.FmaDoubles(scale, T.AddDoubles(cross, cross), c2);
        upper2 = T.FmaDoubles(less, twice, covariance);
        lower1 = T.AddDoubles(both, c1);
        lower2 = T.FmaDoubles(less, both, T.FmaDoubles(scale, T.AddDoubles(squares, others), c2));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply<T>(in MapShape shape, int* a, int* b, int* products)
        where T : unmanaged, ILanes<T>
    {
        // Levels are the low halves of their words, and the high halves are 0.
        T half = T.BroadcastBits(SimilarityMath.ProductHalf);
        for (int i = 0, end = shape.Rows * shape.Pitch; i < end; i += LaneMask.Lanes)
        {
            T product = T.MultiplyAddPairs(half, T.Load((float*)(a + i)), (short*)(b + i), 0);
            T.Store(T.ShiftRightInts(product, SimilarityMath.ProductBits), (float*)(products + i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<T>(in MapShape shape, int* column, int* values, int* sums)
        where T : unmanaged, ILanes<T>
    {
        int pitch = shape.Pitch;
        new Span<int>(column, pitch + LaneMask.Lanes).Clear();
        for (int row = 0; row < shape.Rows; row++)
        {
            int* added = values + (row * pitch), gone = added - (shape.Height * pitch);
            for (int i = 0; i < pitch; i += LaneMask.Lanes)
            {
                T sum = T.AddInts(T.Load((float*)(column + i)), T.Load((float*)(added + i)));
                if (row >= shape.Height)
                    sum = T.SubtractInts(sum, T.Load((float*)(gone + i)));
                T.Store(sum, (float*)(column + i));
            }
            if (row < shape.Height - 1)
                continue;
            int* target = sums + ((row - shape.Height + 1) * pitch);
            for (int i = 0; i < shape.Across; i += LaneMask.Lanes)
            {
                T sum = T.Load((float*)(column + i));
                for (int dx = 1; dx < shape.Width; dx++)
                    sum = T.AddInts(sum, T.Load((float*)(column + i + dx)));
                T.Store(sum, (float*)(target + i));
            }
        }
    }
}
