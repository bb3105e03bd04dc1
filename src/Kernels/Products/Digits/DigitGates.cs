using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products.Digits;

/// <summary>
/// The gates of a warp's 32 columns and 32 bytes of k, as masks of the bytes that a thread holds of the right operand: of
/// sixteen columns each, in the order of <see cref="MmaWarp.LoadMatrix"/>.
/// </summary>
/// <remarks>
/// A thread holds bytes k = 4 t + j and 16 + 4 t + j of a column, j = 0..3, t = lane % 4. In the column's word k lies at bit
/// 8 (k % 4) + k / 4, so bits 8 j + t and 8 j + 4 + t: moved up by 7 - t and 3 - t they are the signs of the four bytes.
/// </remarks>
internal struct DigitGates
{
    public Int4 Left, Right;

    /// <param name="address">Shared address of the word of column lane / 4.</param>
    /// <param name="pitch">Bytes from a column's word to the next column's.</param>
    /// <param name="lane">The thread's number in its warp.</param>
    public DigitGates(int address, int pitch, int lane)
    {
        int t = lane % 4;
        int w0 = MmaWarp.LoadWord(address), w1 = MmaWarp.LoadWord(address + (8 * pitch));
        int w2 = MmaWarp.LoadWord(address + (16 * pitch)), w3 = MmaWarp.LoadWord(address + (24 * pitch));
        Left = new Int4(Low(w0, t), High(w0, t), Low(w1, t), High(w1, t));
        Right = new Int4(Low(w2, t), High(w2, t), Low(w3, t), High(w3, t));
    }

    /// <summary>Masks of bytes 4 t .. 4 t + 3 of a word's k, t = 0..7.</summary>
    public static int Low(int word, int t) => MmaWarp.SpreadSigns(word << (7 - t));

    private static int High(int word, int t) => Low(word, t + 4);

    public static Int4 And(Int4 a, Int4 b) => new(a.X & b.X, a.Y & b.Y, a.Z & b.Z, a.W & b.W);
}
