using System.Runtime.InteropServices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>
/// Gradient maps [slot, N, D] over compressed weights: dlogit/dx[d] = sum over the entries of pixel d whose unit has Z &gt; 0 of
/// w2 * weight, units ascending, one fused multiply-add each; dp/dx is that times p (1 - p). The bits are those of
/// <see cref="SaliencyOperation"/> on the pruned model (the sign of a zero apart).
/// </summary>
/// <remarks>
/// An item is a tile of images and a block of columns. For each model a forward pass leaves Z of the tile; w2 [Z &gt; 0] takes
/// its place; the entries are sorted by pixel; <see cref="SparseMaps"/> adds them up.
/// </remarks>
internal readonly unsafe struct SparseSaliencyOperation : IBlockOperation
{
    private const int Row = PixelTiles.TileImages;

    [IntrinsicImplementation]
    public static void Run(BlockArguments arguments, int item)
    {
        switch ((SimdWidth)arguments.Width)
        {
            case SimdWidth.V512: Run<Lanes512>(arguments, item); break;
            case SimdWidth.V256: Run<Lanes256>(arguments, item); break;
            default: Run<Lanes128>(arguments, item); break;
        }
    }

    private static void Run<T>(in BlockArguments arguments, int item)
        where T : unmanaged, ILanes<T>
    {
        SparseViews sparse = arguments.Sparse;
        int blocks = arguments.Cohort.Blocks.IntLength / 4, block = item % blocks, tile = item / blocks;
        int images = arguments.Images.Images, inputs = arguments.Cohort.Inputs;
        int* fields = BlockPointers.Pointer(arguments.Cohort.Blocks) + (4 * block), shapes = BlockPointers.Pointer(arguments.Cohort.Slots);
        int* starts = BlockPointers.Pointer(sparse.Starts);
        double* pixels = BlockPointers.Pointer(arguments.Images.Tiles);
        float* w2 = BlockPointers.Pointer(sparse.W2);
        int* rows = BlockPointers.Pointer(arguments.Images.TileRows) + ((long)tile * inputs);
        int first = tile * Row, count = Math.Min(Row, images - first), widest = 0, most = 0;
        for (int slot = fields[2]; slot < fields[2] + fields[3]; slot++)
        {
            int column = shapes[2 * slot], hidden = shapes[(2 * slot) + 1];
            (widest, most) = (Math.Max(widest, hidden), Math.Max(most, starts[column + hidden] - starts[column]));
        }
        float* logits = stackalloc float[Row];
        double* slopes = stackalloc double[Row];
        float* units = (float*)NativeMemory.AlignedAlloc((nuint)widest * Row * sizeof(float), 64);
        using var entries = new PixelEntries(inputs, most);
        using var kept = new TileEntries(sparse, fields[0], fields[0] + fields[1], new ReadOnlySpan<int>(rows, inputs), inputs, default);
        fixed (int* keptStarts = &kept.Starts, exponents = &kept.Exponents)
        fixed (ushort* index = &kept.Index)
        fixed (float* value = &kept.Value)
        {
            try
            {
                EntryColumns columns = new EntryColumns(keptStarts, index, value, exponents).From(-fields[0]);
                for (int slot = fields[2]; slot < fields[2] + fields[3]; slot++)
                {
                    int column = shapes[2 * slot], hidden = shapes[(2 * slot) + 1];
                    new SparseColumns(sparse, columns.From(column), column, hidden, slot, inputs, active: null, kept: units).Logits<T>(pixels, rows, count, logits);
                    Gate<T>(units, w2 + column, hidden, count);
                    for (int n = 0; n < count; n++)
                        slopes[n] = arguments.Mode == (int)SaliencyMethod.ProbabilityGradient ? SaliencyOperation.Slope(logits[n]) : 1;
                    entries.Sort(sparse, column, hidden);
                    float* maps = BlockPointers.Pointer(arguments.Output.Values) + (((long)slot * images) + first) * inputs;
                    new SparseMaps(entries, units, slopes, count).Write<T>(maps);
                }
            }
            finally
            {
                NativeMemory.AlignedFree(units);
            }
        }
    }

    // w2 [Z > 0] in place of Z.
    private static void Gate<T>(float* z, float* w2, int hidden, int count)
        where T : unmanaged, ILanes<T>
    {
        for (int h = 0; h < hidden; h++, z += Row)
        {
            T weight = T.Broadcast(w2[h]);
            for (int n = 0; n < count; n += LaneMask.Lanes)
                T.Store(T.Select(T.Greater(T.Load(z + n), T.Zero), weight, T.Zero), z + n);
        }
    }
}
