using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Memory;

/// <summary>
/// Integers of 24 bits as three signed digits of base 256, v = 65536 d2 + 256 d1 + d0: what tensor cores multiply. Up to
/// <see cref="ExactSums.Largest"/> the top digit is at most 127.
/// </summary>
internal static class DigitPlanes
{
    /// <summary>Rows of a tile: operands can be read to whole tiles.</summary>
    public const int TileRows = 128;

    /// <summary>k of a stage; pitches are multiples of it.</summary>
    public const int Stage = 64;

    /// <summary>A sum of so many stages stays within 255 * 128 * 64,960 &lt; 2^31.</summary>
    public const int MostStages = 65_000 / Stage;

    /// <summary>What is left of a number without its lowest digit: (v - d0) / 256.</summary>
    public static int Next(int value) => (value + 128) >> 8;

    public static Int4 Next(Int4 values) => new(Next(values.X), Next(values.Y), Next(values.Z), Next(values.W));

    /// <summary>The lowest digits of four numbers as four bytes, the first in the lowest.</summary>
    public static int Pack(Int4 values) => (values.X & 255) | ((values.Y & 255) << 8) | ((values.Z & 255) << 16) | (values.W << 24);
}
