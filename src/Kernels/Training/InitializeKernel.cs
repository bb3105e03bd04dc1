using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Training;

/// <summary>
/// w[i] = std * z(i): z is the standard normal number that belongs to (seed, identity, i). Element i alone decides its
/// value: any order, any device and any number of neighbours give the same bits.
/// </summary>
public static class InitializeKernel
{
    /// <summary>The ILGPU kernel: item k writes elements k * 4 .. k * 4 + 3 of its range.</summary>
    /// <param name="item">One Philox draw, four numbers.</param>
    /// <param name="table">From <see cref="GaussianTable.Create"/>.</param>
    /// <param name="output">Values in the model's own order: W1 row-major [D, H], then w2 [H].</param>
    /// <param name="identityHigh">First word of the model's identity.</param>
    /// <param name="identityLow">Second word.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="std">Standard deviation.</param>
    public static void Kernel(
        Index1D item, ArrayView<int> table, ArrayView<float> output, uint identityHigh, uint identityLow, uint seed, float std)
    {
        PhiloxBlock bits = Philox.Draw(new PhiloxBlock((uint)item.X, identityHigh, identityLow, 0), seed, RandomStreams.Weights);
        int first = item.X * 4;
        output[first] = std * Normal(bits.X, table);
        if (first + 1 < output.IntLength)
            output[first + 1] = std * Normal(bits.Y, table);
        if (first + 2 < output.IntLength)
            output[first + 2] = std * Normal(bits.Z, table);
        if (first + 3 < output.IntLength)
            output[first + 3] = std * Normal(bits.W, table);
    }

    /// <summary>A standard normal number from 32 random bits, by table and integer arithmetic.</summary>
    public static float Normal(uint bits, ArrayView<int> table) => NormalFixed(bits, table) * (1f / GaussianTable.One);

    /// <summary>The same in fixed point: one standard deviation is <see cref="GaussianTable.One"/>.</summary>
    public static int NormalFixed(uint bits, ArrayView<int> table)
    {
        NormalPlace place = NormalPlace.Of(bits, LeadingZeros(NormalPlace.Tail(bits)));
        return place.Between(table[place.Knot], table[place.End]);
    }

    // Written out because the portable intrinsic is not on every ILGPU back end; tail is never 0.
    private static int LeadingZeros(uint tail)
    {
        int zeros = 0;
        for (uint probe = 0x80000000; (tail & probe) == 0; probe >>= 1)
            zeros++;
        return zeros;
    }
}
