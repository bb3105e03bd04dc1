using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Products.Digits;

/// <summary>
/// What one thread holds of a warp's sums over 64 rows, 32 columns and three planes: 192 registers. A sum of a 24-bit
/// operand is that of its three digits, 65536 D2 + 256 D1 + D0, and all three lie in the same thread.
/// </summary>
internal struct DigitSums
{
    public PlaneSums D0, D1, D2;
}

/// <summary>64 rows x 32 columns of one plane: four times 16 rows.</summary>
internal struct PlaneSums
{
    public RowSums M0, M1, M2, M3;

    /// <summary>this + A B for sixteen of the columns, the left or the right ones.</summary>
    /// <param name="a0">A, 32 bytes of k, of rows 0 to 15; the others of the rows behind.</param>
    /// <param name="b">B of eight columns, low and high half of k, and of eight more.</param>
    public readonly PlaneSums Left(Int4 a0, Int4 a1, Int4 a2, Int4 a3, Int4 b) =>
        new() { M0 = M0.Left(a0, b), M1 = M1.Left(a1, b), M2 = M2.Left(a2, b), M3 = M3.Left(a3, b) };

    /// <inheritdoc cref="Left"/>
    public readonly PlaneSums Right(Int4 a0, Int4 a1, Int4 a2, Int4 a3, Int4 b) =>
        new() { M0 = M0.Right(a0, b), M1 = M1.Right(a1, b), M2 = M2.Right(a2, b), M3 = M3.Right(a3, b) };
}

/// <summary>16 rows x 32 columns of one plane: four times eight columns, each as <see cref="MmaWarp.MultiplyAdd"/> has it.</summary>
internal struct RowSums
{
    public Int4 N0, N1, N2, N3;

    public readonly RowSums Left(Int4 a, Int4 b) =>
        new() { N0 = MmaWarp.MultiplyAdd(N0, a, b.X, b.Y), N1 = MmaWarp.MultiplyAdd(N1, a, b.Z, b.W), N2 = N2, N3 = N3 };

    public readonly RowSums Right(Int4 a, Int4 b) =>
        new() { N0 = N0, N1 = N1, N2 = MmaWarp.MultiplyAdd(N2, a, b.X, b.Y), N3 = MmaWarp.MultiplyAdd(N3, a, b.Z, b.W) };
}
