using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Similarity;

/// <summary>
/// The arithmetic in which maps are compared, the same on every device. Ranks are integers. For structural similarity a map's magnitudes
/// are integers too, <see cref="Most"/> for its largest one; sums over a window are sums of integers, and what is left is a quotient of
/// float32 a window, which is counted in units of 2^-24.
/// </summary>
/// <remarks>
/// With g = rint(32767 |map| / largest), n pixels a window, S = sum of g, P(a, b) = sum of (g g' + 16) >> 5 and k = (32767 n)^2:
/// <code>
/// (2 S S' + C1 k) (2 (32 n P(a, b) - S S') + C2 k)
/// --------------------------------------------------------------------------------
/// (S^2 + S'^2 + C1 k) (32 n (P(a, a) + P(b, b)) - S^2 - S'^2 + C2 k)
/// </code>
/// which is Wang, Bovik, Sheikh and Simoncelli 2004 with uniform weights, C1 = 0.01^2 and C2 = 0.03^2. All four factors are integers below
/// 2^46, each rounded once to float32. Of a map and itself the upper two are the lower two, so the quotient is 1 exactly.
/// </remarks>
internal static class SimilarityMath
{
    /// <summary>What the largest magnitude of a map becomes: 15 bits, so that signed 16-bit multiplications take them.</summary>
    public const int Most = 32767;

    /// <summary>A product of two magnitudes loses so many bits, so that 49 of them stay below 2^31.</summary>
    public const int ProductBits = 5;

    /// <summary>Half a unit of what is lost.</summary>
    public const int ProductHalf = 1 << (ProductBits - 1);

    /// <summary>Pixels of a window on each side; images that are smaller are one window.</summary>
    public const int Window = 7;

    /// <summary>A window's similarity is counted in units of its inverse.</summary>
    public const float Units = 1 << 24;

    /// <summary>A magnitude that is not finite, as its bits.</summary>
    public const int Infinity = 0x7F800000;

    private const double C1 = 0.01 * 0.01, C2 = 0.03 * 0.03;

    /// <summary>Pixels that count as the top of a map: the strongest tenth, at least one.</summary>
    public static int Top(int inputs) => Math.Max(1, inputs / 10);

    /// <summary>C1 k of windows of so many pixels.</summary>
    public static long First(int pixels) => (long)Math.Round(C1 * Square((long)Most * pixels));

    /// <summary>C2 k.</summary>
    public static long Second(int pixels) => (long)Math.Round(C2 * Square((long)Most * pixels));

    /// <summary>
    /// What a magnitude is multiplied with first, a power of two, so that the quotient below is far from the ends of the range.
    /// </summary>
    public static float Lift(float largest) => largest < 1f / (1L << 62) ? 1L << 62 : largest > 1L << 62 ? 1f / (1L << 62) : 1f;

    /// <summary>What it is multiplied with then; 0 for a map that is 0 everywhere.</summary>
    public static float Scale(float largest) => largest == 0f ? 0f : GpuMath.Divide(Most, largest * Lift(largest));

    /// <summary>g of a magnitude.</summary>
    public static int Level(float magnitude, float lift, float scale) => (int)GpuMath.Rint(GpuMath.Product(magnitude * lift, scale));

    /// <summary>The quotient in units, of the four factors.</summary>
    public static int Quotient(long upper1, long upper2, long lower1, long lower2) =>
        (int)GpuMath.Rint(GpuMath.Divide(GpuMath.Product(upper1, upper2), GpuMath.Product(lower1, lower2)) * Units);

    private static double Square(double value) => value * value;
}
