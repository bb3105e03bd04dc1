using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// Where the search for a precision beta stands: doubled until the entropy is low enough, then bisected. One text for CPUs
/// and GPUs, without double, so that all find the same beta. Every beta is a power of two or a sum of few: exact in float32.
/// </summary>
internal readonly struct TsneSearch
{
    /// <summary>Nats; the authors' tolerance.</summary>
    public const float Tolerance = 1e-5f;

    /// <summary>Some 15 steps find the magnitude and 24 the digits of a float32; 2^64 times a distance is still finite.</summary>
    public const int MostSteps = 64;

    /// <summary>
    /// 2^-64: a point whose probability is less than this share of the nearest point's counts as none. So few are no force in float32, even
    /// 2,600 of them; but a well trained model has millions of such pairs, and their products are subnormal numbers, which cost some CPUs a
    /// hundred cycles each and which some drivers make 0.
    /// </summary>
    public const float LeastShare = 1f / (1UL << 63) / 2;

    public readonly float Beta;

    // High is 0 as long as no beta was too large.
    private readonly float _low, _high;

    private TsneSearch(float beta, float low, float high)
    {
        Beta = beta;
        _low = low;
        _high = high;
    }

    public static TsneSearch Start => new(1f, 0f, 0f);

    /// <summary>How much too high the entropy ln(sum) + beta weighted / sum is, nats; error below 1e-8.</summary>
    /// <param name="sum">Of e = exp(-beta t), where t is how much farther than the nearest a point is; at least 1.</param>
    /// <param name="weighted">Sum of t e.</param>
    public static float Excess(float sum, float weighted, float beta, FloatPair entropy)
    {
        FloatPair mean = FloatPair.Times(FloatPair.Quotient(weighted, sum), beta);
        return FloatPair.Add(FloatPair.Add(FloatPair.Log(sum), mean), new FloatPair(-entropy.High, -entropy.Low)).High;
    }

    /// <summary>The next beta to try.</summary>
    public TsneSearch Next(float excess)
    {
        float low = excess > 0f ? Beta : _low, high = excess > 0f ? _high : Beta;
        return new TsneSearch(high > 0f ? (low + high) * 0.5f : Beta * 2f, low, high);
    }
}
