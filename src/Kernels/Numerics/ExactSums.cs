using ILGPU;

namespace GpuMlp.Kernels.Numerics;

/// <summary>
/// The fixed-point numbers behind every product of training and evaluation. Pixels are bytes; a weight is an integer of 24 bits
/// times a power of two that its column shares; what the output sends back is an integer of 24 bits too. So products are sums
/// of integers, which no order, tile, thread or device can change. What rounds is named here, once for all kernels.
/// </summary>
/// <remarks>Scalar code that ILGPU compiles; CPU kernels do the same in lanes. docs/kernels.md tells the whole arithmetic.</remarks>
public static class ExactSums
{
    /// <summary>The largest |Wq| and |q|: three signed digits of eight bits, 127 * 65536 + 127 * 256 + 127.</summary>
    public const int Largest = 8_355_711;

    /// <summary>The value of the pixel behind the last one, whose weight is the bias.</summary>
    public const int ConstantPixel = 255;

    /// <summary>
    /// A column's exponent is in this range; smaller weights than 2^-84 are 0 in products, larger columns are out of range.
    /// </summary>
    public const int LeastExponent = -60, MostExponent = 40;

    /// <summary>What <see cref="Exponent"/> answers for a column that is not finite or too large.</summary>
    public const int OutOfRange = int.MaxValue;

    /// <summary>Most images of a batch: gradients stay below 2^53, which float64 holds exactly.</summary>
    public const int MostBatch = 1 << 22;

    /// <summary>2^32: logits are summed, and losses counted, in units of its inverse.</summary>
    public const float LogitUnits = 4_294_967_296f;

    /// <summary>A logit stays below 2^31, so that its integer stays below 2^63: half for the columns, half for b2.</summary>
    public const int MostLogitBits = 29;

    /// <summary>
    /// e of a column: the least e with largest * 2^(23 - e) at most <see cref="Largest"/>, but not below
    /// <see cref="LeastExponent"/>; <see cref="OutOfRange"/> above <see cref="MostExponent"/> and for what is not finite.
    /// </summary>
    /// <param name="largest">The largest |W1| of the column and |b1|.</param>
    public static int Exponent(float largest)
    {
        int bits = Bits(largest) & 0x7FFFFFFF, power = (bits >> 23) - 127, significand = (bits & 0x7FFFFF) | 0x800000;

        // largest = significand * 2^(power - 23), so at e = power + 1 it becomes significand / 2.
        int exponent = significand <= 2 * Largest ? power + 1 : power + 2;
        if (exponent < LeastExponent)
            exponent = LeastExponent;
        return exponent > MostExponent ? OutOfRange : exponent;
    }

    /// <summary>2^(23 - e): times a weight and rounded to the nearest integer, ties to even, it is Wq.</summary>
    public static float WeightScale(int exponent) => PowerOfTwo(23 - exponent);

    /// <summary>z of a column: fl(1 / 255) * 2^(e - 23), exactly; times (float)V it is the activation before relu.</summary>
    public static float ActivationScale(int exponent) => (1f / ConstantPixel) * PowerOfTwo(exponent - 23);

    /// <summary>Whether no image can bring the column's share of a logit beyond 2^30.</summary>
    /// <inheritdoc cref="LogitBits(int, float, int, int)"/>
    public static bool IsInRange(int exponent, float weight, int inputs, int hidden) =>
        LogitBits(exponent, weight, inputs, hidden) <= MostLogitBits;

    /// <summary>n such that a logit of H columns like this one stays below 2^n; large when the weight is not finite.</summary>
    /// <param name="exponent">e of the column; not <see cref="OutOfRange"/>.</param>
    /// <param name="weight">The column's w2.</param>
    /// <param name="inputs">D.</param>
    /// <param name="hidden">H of the column's model.</param>
    public static int LogitBits(int exponent, float weight, int inputs, int hidden)
        => LogitBits(exponent, weight, SizeBits(inputs, hidden));

    /// <inheritdoc cref="LogitBits(int, float, int, int)"/>
    /// <param name="sizeBits">Of the column's model.</param>
    public static int LogitBits(int exponent, float weight, int sizeBits)
    {
        // |w2| < 2^power; |relu(Z)| <= (D + 1) 2^e; H columns.
        int biased = (Bits(weight) >> 23) & 0xFF, power = biased - 126;
        return biased == 0xFF ? 2 * MostLogitBits : exponent + power + sizeBits;
    }

    /// <summary>What the shape of a model adds to <see cref="LogitBits(int, float, int)"/>.</summary>
    public static int SizeBits(int inputs, int hidden) => CeilingLog2(inputs + 1) + CeilingLog2(hidden);

    /// <summary>Whether b2 is finite and leaves room for the columns: below 2^30.</summary>
    public static bool IsInRange(float bias) => ((Bits(bias) >> 23) & 0xFF) < 127 + 30;

    /// <summary>
    /// s: dw2 takes every gradient sum as (G + 2^(s - 1)) >> s, which keeps sum over d of Wq G within 2^63, and within 2^53
    /// for each half of Wq.
    /// </summary>
    /// <param name="batch">B, 1 to <see cref="MostBatch"/>.</param>
    /// <param name="inputs">D.</param>
    public static int GradientShift(int batch, int inputs) =>
        Math.Max(0, BitLength((long)batch * ConstantPixel * Largest) - 30) + Math.Max(0, BitLength(inputs + 1L) - 10);

    /// <summary>2^40 / (255 * 8,355,711 * B), rounded once: gradients of W1, b1 and w2 are sums in units of 2^40 times this.</summary>
    public static float GradientScale(int batch) => (float)(1_099_511_627_776.0 / ((double)ConstantPixel * Largest * batch));

    /// <summary>1 / (8,355,711 * B), rounded once: times the sum of q it is the gradient of b2.</summary>
    public static float BiasScale(int batch) => (float)(1.0 / ((double)Largest * batch));

    /// <summary>
    /// t: with a logit a class an activation is an integer below 2^t in dw2, so that its products with q of a whole batch stay below 2^63.
    /// </summary>
    /// <param name="batch">B, 1 to <see cref="MostBatch"/>.</param>
    public static int ActivationBits(int batch) => Math.Min(30, 40 - BitLength(batch));

    /// <summary>
    /// t - L - e, L = log2(D + 1) rounded up: rint(relu(Z) 2^(t - L - e)) is the activation as an integer of at most 2^t, since relu(Z) is
    /// below (D + 1) 2^e.
    /// </summary>
    /// <param name="bits">t.</param>
    /// <param name="inputs">D.</param>
    /// <param name="exponent">e of the column.</param>
    public static int ActivationPower(int bits, int inputs, int exponent) => bits - CeilingLog2(inputs + 1) - exponent;

    /// <summary>The least n with scale at most 2^n, for a normal number above 0.</summary>
    public static int CeilingLog2(float scale)
    {
        int bits = Bits(scale);
        return (bits >> 23) - 127 + ((bits & 0x7FFFFF) != 0 ? 1 : 0);
    }

    /// <summary>2^n, -126 &lt;= n &lt;= 127.</summary>
    public static float PowerOfTwo(int n) => Interop.IntAsFloat((uint)(n + 127) << 23);

    private static int Bits(float value) => (int)Interop.FloatAsInt(value);

    private static int CeilingLog2(int n)
    {
        int log = 0;
        while (log < 31 && (1L << log) < n)
            log++;
        return log;
    }

    private static int BitLength(long n) => 64 - System.Numerics.BitOperations.LeadingZeroCount((ulong)n);
}
