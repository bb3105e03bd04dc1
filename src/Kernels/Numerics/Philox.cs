
namespace GpuMlp.Kernels.Numerics;

/// <summary>
/// Philox 4x32-10: ten rounds of multiply-and-xor turn a 128-bit counter and a 64-bit key into 128 random bits.
/// Pure 32-bit integer arithmetic, legal inside ILGPU kernels, the same bits on every device.
/// </summary>
/// <remarks>
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11. The tests hold the known
/// answers published with it. The four words of a counter carry meaning (index, identity, ...), never a position in a
/// stream, so any order and any sharding of the work draws the same numbers.
/// </remarks>
public static class Philox
{
    private const uint Multiplier0 = 0xD2511F53, Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9, Weyl1 = 0xBB67AE85;

    /// <summary>The 128 random bits that belong to <paramref name="counter"/> under (key0, key1).</summary>
    public static PhiloxBlock Draw(PhiloxBlock counter, uint key0, uint key1)
    {
        uint x = counter.X, y = counter.Y, z = counter.Z, w = counter.W;
        for (int round = 0; round < 10; round++)
        {
            ulong product0 = (ulong)Multiplier0 * x;
            ulong product1 = (ulong)Multiplier1 * z;
            x = (uint)(product1 >> 32) ^ y ^ key0;
            y = (uint)product1;
            z = (uint)(product0 >> 32) ^ w ^ key1;
            w = (uint)product0;
            key0 += Weyl0;
            key1 += Weyl1;
        }
        return new PhiloxBlock(x, y, z, w);
    }

    /// <summary>
    /// An unbiased integer in 0 .. <paramref name="range"/> - 1, from the draw at (index, a, b, attempt) under (seed, stream).
    /// Multiply-shift with rejection (Lemire, "Fast random integer generation in an interval", 2019).
    /// </summary>
    public static uint Below(uint range, uint index, uint a, uint b, uint seed, uint stream)
    {
        uint threshold = (0u - range) % range;
        for (uint attempt = 0; ; attempt++)
        {
            PhiloxBlock bits = Draw(new PhiloxBlock(index, a, b, attempt), seed, stream);
            ulong product = (ulong)bits.X * range;
            if ((uint)product >= threshold)
                return (uint)(product >> 32);
        }
    }
}

/// <summary>Four 32-bit words: a counter, or the bits drawn for it.</summary>
public readonly struct PhiloxBlock
{
    public readonly uint X, Y, Z, W;

    public PhiloxBlock(uint x, uint y, uint z, uint w)
    {
        X = x;
        Y = y;
        Z = z;
        W = w;
    }
}

/// <summary>The second key word of every draw: what the number is for. Values are part of the file format; never reuse one.</summary>
public static class RandomStreams
{
    public const uint Weights = 1;
    public const uint Split = 2;
    public const uint Pruning = 3;
    public const uint Corruption = 4;
    public const uint Labels = 5;
    public const uint Dropout = 6;
    public const uint Embedding = 16;
    public const uint MadeData = 32;
}
