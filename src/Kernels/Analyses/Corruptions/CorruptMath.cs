using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Corruptions;

/// <summary>The arithmetic of one pixel or image, in integers: legal in ILGPU kernels, the same on every device.</summary>
internal static class CorruptMath
{
    /// <summary>Places between pixels are known to 2^-12 pixel.</summary>
    public const int FractionBits = 12;

    // A place is held in twice its value (centres of even sides lie between pixels), in the fraction bits of the angle.
    private const int PlaceBits = CorruptTables.AngleBits + 1;

    /// <summary>pixel + sigma * z in grey levels, rounded once, clipped.</summary>
    /// <param name="z">Normal number in the fixed point of <see cref="GaussianTable.One"/>, 27 bits.</param>
    /// <param name="sigma">In grey levels, <see cref="CorruptTables.SigmaBits"/>.</param>
    public static byte AddNoise(int pixel, int z, int sigma)
    {
        const int Bits = CorruptTables.SigmaBits + 27;
        int noisy = pixel + (int)((((long)sigma * z) + (1L << (Bits - 1))) >> Bits);
        return (byte)(noisy < 0 ? 0 : noisy > 255 ? 255 : noisy);
    }

    /// <summary>0 for the lower half of the words below the threshold, 255 for the upper, else the pixel.</summary>
    public static byte SaltPepper(byte pixel, uint word, long threshold) =>
        word >= threshold ? pixel : word < threshold >> 1 ? (byte)0 : (byte)255;

    /// <summary>A number below <paramref name="range"/> that belongs to kind, severity, image and <paramref name="which"/>.</summary>
    public static int Lot(int range, uint which, int number, in CorruptArguments arguments) =>
        (int)Philox.Below((uint)range, which, (uint)number, arguments.SeverityBits, (uint)arguments.Kind, RandomStreams.Corruption);

    /// <summary>Four random words: pixels 4 group .. 4 group + 3 of an image.</summary>
    public static PhiloxBlock Words(int group, int number, in CorruptArguments arguments) =>
        Philox.Draw(new PhiloxBlock((uint)group, (uint)number, arguments.SeverityBits, 0), (uint)arguments.Kind, RandomStreams.Corruption);

    public static uint Word(PhiloxBlock block, int index) => index == 0 ? block.X : index == 1 ? block.Y : index == 2 ? block.Z : block.W;

    /// <summary>How far the pixel at a row and column came: (rows, columns) to go back by.</summary>
    public static (int Rows, int Columns) Shift(int direction, int distance) =>
        direction == 0 ? (-distance, 0) : direction == 1 ? (distance, 0) : direction == 2 ? (0, -distance) : (0, distance);

    /// <summary>Where a pixel of a turned image comes from: whole row and column, and fractions of <see cref="FractionBits"/>.</summary>
    public static (int Row, int Column, int RowFraction, int ColumnFraction) Turned(
        int row,
        int column,
        int rows,
        int columns,
        int sine,
        int cosine)
    {
        int v = (2 * row) - (rows - 1), u = (2 * column) - (columns - 1);
        int y = (cosine * v) - (sine * u) + ((rows - 1) << CorruptTables.AngleBits);
        int x = (cosine * u) + (sine * v) + ((columns - 1) << CorruptTables.AngleBits);
        const int Mask = (1 << FractionBits) - 1;
        return (y >> PlaceBits, x >> PlaceBits, (y >> (PlaceBits - FractionBits)) & Mask, (x >> (PlaceBits - FractionBits)) & Mask);
    }

    /// <summary>Bilinear mean of four pixels, rounded once.</summary>
    public static byte Between(int p00, int p01, int p10, int p11, int rowFraction, int columnFraction)
    {
        const int One = 1 << FractionBits;
        uint upper = (uint)((p00 * (One - columnFraction)) + (p01 * columnFraction));
        uint lower = (uint)((p10 * (One - columnFraction)) + (p11 * columnFraction));
        return Round((upper * (uint)(One - rowFraction)) + (lower * (uint)rowFraction));
    }

    /// <summary>A sum of weights of 24 bits, as a grey level.</summary>
    public static byte Round(uint sum) => (byte)((sum + (1u << 23)) >> 24);

    /// <summary>A pixel of an image, or 0 outside of it.</summary>
    public static byte At(in CorruptArguments a, int first, int row, int column) =>
        row >= 0 && row < a.Rows && column >= 0 && column < a.Columns ? a.Source[first + (row * a.Columns) + column] : (byte)0;

    /// <inheritdoc cref="At(in CorruptArguments, int, int, int)"/>
    public static byte At(in CorruptArguments a, ReadOnlySpan<byte> source, int row, int column) =>
        (uint)row < (uint)a.Rows && (uint)column < (uint)a.Columns ? source[(row * a.Columns) + column] : (byte)0;
}
