using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// The arithmetic of a step of gradient descent, one text for CPUs and GPUs. Sums over points are integers: exact, so that
/// no order shows in their bits, and every thread may take what it likes.
/// </summary>
internal static class TsneMove
{
    public const float Growth = 0.2f, Decline = 0.8f, LeastGain = 0.01f;

    /// <summary>Places beyond count as this far in the mean; a picture is a few hundred wide.</summary>
    public const float Farthest = 1 << 20;

    /// <summary>Units in 1 of the sum of q: N rows of at most N each stay below 2^62.</summary>
    public static float KernelScale(int points) => MathF.ScaleB(1, 62 - (2 * Digits(points)));

    /// <summary>Units in 1 of the sum of places: N of at most <see cref="Farthest"/> each stay below 2^62.</summary>
    public static float PlaceScale(int points) => MathF.ScaleB(1, 62 - 20 - Digits(points));

    /// <summary>A value in whole units, towards 0; outside the limits the limit, and NaN the lower one.</summary>
    public static long Fixed(float value, float limit, float scale)
    {
        float inside = value >= -limit ? (value <= limit ? value : limit) : -limit;
        return (long)(inside * scale);
    }

    /// <summary>1 / Z from the sum of q in units, and what a unit is.</summary>
    public static float Share(long sum, float unit) => GpuMath.Reciprocal((sum > 0 ? sum : 1) * unit);

    /// <summary>The mean place from the sum of places in units, and what a unit is.</summary>
    public static float Mean(long sum, float unit, int points) => GpuMath.Divide(sum * unit, points);

    /// <summary>4 (exaggeration attraction - repulsion / Z).</summary>
    public static float Gradient(float exaggeration, float attraction, float share, float repulsion) =>
        4f * GpuMath.Fma(-share, repulsion, GpuMath.Product(exaggeration, attraction));

    /// <summary>
    /// A fifth less when gradient and velocity have the same sign (the step is turning round), else 0.2 more, and at least 0.01.
    /// </summary>
    public static float Gain(float gain, float gradient, float velocity)
    {
        bool agree = (gradient > 0f && velocity > 0f) || (gradient < 0f && velocity < 0f);
        float next = agree ? GpuMath.Product(gain, Decline) : gain + Growth;
        return next > LeastGain ? next : LeastGain;
    }

    public static float Velocity(float momentum, float velocity, float rate, float gain, float gradient) =>
        GpuMath.Fma(momentum, velocity, -GpuMath.Product(GpuMath.Product(rate, gain), gradient));

    // The least c with N <= 2^c.
    private static int Digits(int points) => 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)(points - 1));
}
