using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// How GPU kernels sum over a row of pairs: sixteen threads a row, thread l the columns l, l + 16, ... in ascending order,
/// then the tree 16, 8, 4, 2, 1. That is what <see cref="ILanes{TSelf}"/> does on a CPU, so the bits are the same.
/// </summary>
internal static class TsneLanes
{
    public const int Lanes = 16, Rows = 8, Threads = Lanes * Rows;

    /// <summary>Groups of a launch over N rows.</summary>
    public static int Groups(int points) => (points + Rows - 1) / Rows;

    /// <summary>
    /// The sum of sixteen lanes that lie one after the other from <paramref name="first"/>; all have been written before a barrier.
    /// </summary>
    public static float Sum(ArrayView<float> values, int first)
    {
        float a = Four(values, first), b = Four(values, first + 2), c = Four(values, first + 1), d = Four(values, first + 3);
        return GpuGroup.Keep((a + b) + (c + d));
    }

    // Lanes l, l + 8, l + 4 and l + 12.
    private static float Four(ArrayView<float> values, int lane)
        => (values[lane] + values[lane + 8]) + (values[lane + 4] + values[lane + 12]);
}
