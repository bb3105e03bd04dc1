using GpuMlp.Kernels.Memory;
using ILGPU;

namespace GpuMlp.Kernels.Products.Digits;

/// <summary>A product of unsigned bytes with a 24-bit operand in three planes of signed bytes; k lies contiguous in both.</summary>
internal interface IDigitJob
{
    /// <summary>
    /// Whether element k of the right operand's column counts only where bit k of its gates is set, see <see cref="Gates"/>.
    /// A constant of the type, so that what is not needed is not compiled.
    /// </summary>
    static abstract bool IsGated { get; }

    /// <summary>
    /// [rows, LeftPitch] bytes; whole tiles of <see cref="DigitTile.Rows"/> rows can be read. The pitch is a multiple of a stage.
    /// </summary>
    ArrayView<byte> Left { get; }

    int LeftPitch { get; }

    /// <summary>The digits, each [right rows, RightPitch]: of 1, 256 and 65536. The pitch is a multiple of a stage.</summary>
    ArrayView<byte> Right0 { get; }

    ArrayView<byte> Right1 { get; }

    ArrayView<byte> Right2 { get; }

    int RightPitch { get; }

    /// <summary>
    /// [column, GateWords]: word w has k = 32 w .. 32 w + 31, of which i lies at bit 8 (i % 4) + i / 4. GateWords is even.
    /// </summary>
    ArrayView<uint> Gates { get; }

    int GateWords { get; }

    /// <summary>C; a tile that goes on behind it takes the last column again and again.</summary>
    int ColumnCount { get; }

    /// <summary>Row of the right operand that a column takes.</summary>
    int RightRow(int column);
}

/// <summary>
/// The tile of all digit products: 128 rows x 64 columns x 3 planes a group of four warps, each 64 x 32 x 3, which is 192 sums
/// a thread. 64 bytes of k a stage go through shared memory.
/// </summary>
/// <remarks>
/// A buffer holds a stage: the left operand [128, 64], the planes of the right one [3, 64, 64], and of gated products two
/// words of gates a column [64, 2]. Rows of 64 bytes fall on the same banks every two rows; so the 16-byte chunk c of row r
/// lies at place c ^ (r / 2 % 4) of it: the eight rows that ldmatrix reads at once, the four rows that eight lanes copy
/// chunk by chunk, and the words of rows 0, 2, 4 and 6 each meet every bank once.
/// </remarks>
internal static class DigitTile
{
    public const int Rows = DigitPlanes.TileRows, Columns = 64, Threads = 128;

    /// <inheritdoc cref="DigitPlanes.Stage"/>
    public const int Stage = DigitPlanes.Stage;

    /// <inheritdoc cref="DigitPlanes.MostStages"/>
    public const int MostStages = DigitPlanes.MostStages;

    /// <summary>Bytes of a plane of the right operand, and of gates of a column, in a buffer.</summary>
    public const int PlaneBytes = Columns * Stage, GateBytes = Stage / 8;

    /// <summary>Where the right operand and the gates begin in a buffer.</summary>
    public const int RightAt = Rows * Stage, GatesAt = RightAt + (3 * PlaneBytes);

    /// <summary>Bytes of a buffer, a multiple of 16.</summary>
    public const int BufferBytes = GatesAt + (Columns * GateBytes);

    /// <summary>Bytes of shared memory of a group: two buffers, and epilogues want as much.</summary>
    public const int SharedBytes = 2 * BufferBytes;

    /// <summary>Rows of an operand that the group's threads copy at once, four chunks of 16 bytes a row.</summary>
    public const int CopyRows = Threads / 4;

    /// <summary>Tiles that so many columns fill.</summary>
    public static int ColumnTiles(int columns) => (columns + Columns - 1) / Columns;

    /// <summary>Byte offset of a 16-byte chunk in its row of shared memory. Rows a multiple of 8 further have the same.</summary>
    public static int Place(int row, int chunk) => (chunk ^ ((row / 2) % 4)) * 16;
}
