using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Layout;
using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>
/// Copies of views, each inside a larger allocation. The guards before and after hold a bit pattern that is NaN as a
/// float and far out of range as an index: a write there is found, and a read from there spoils the result.
/// </summary>
internal sealed class Guarded(ComputeDevice device) : IDisposable
{
    // More than the widest store, sixteen floats.
    private const int Guard = 64;

    private const byte Canary = 0x7F;

    private readonly List<MemoryBuffer> _buffers = [];
    private readonly List<Action<string>> _checks = [];

    /// <summary>A guarded copy of a view, of just its length.</summary>
    public ArrayView<T> Copy<T>(ArrayView<T> view, string name)
        where T : unmanaged
    {
        // What an operation does not use is unset.
        if (!view.IsValid)
            return view;
        long length = view.Length;
        MemoryBuffer1D<T, Stride1D.Dense> buffer = device.Accelerator.Allocate1D<T>(length + (2 * Guard));
        _buffers.Add(buffer);
        buffer.MemSet(device.Stream, Canary);

        // All bits of the quiet NaN are needed: 0x7F7F7F7F would be a large number.
        if (typeof(T) == typeof(float) || typeof(T) == typeof(double))
            buffer.MemSet(device.Stream, 0xFF);
        T[] guards = device.Download<T>(buffer.View);
        ArrayView<T> inside = buffer.View.SubView(Guard, length);
        device.Write(inside, device.Download(view));
        _checks.Add(kernel =>
        {
            T[] now = device.Download<T>(buffer.View);
            var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(now.AsSpan());
            var before = System.Runtime.InteropServices.MemoryMarshal.AsBytes(guards.AsSpan());
            int guardBytes = Guard * (bytes.Length / now.Length);
            Assert.True(bytes[..guardBytes].SequenceEqual(before[..guardBytes]), $"{kernel} wrote before {name}");
            Assert.True(bytes[^guardBytes..].SequenceEqual(before[^guardBytes..]), $"{kernel} wrote behind {name}");
        });
        return inside;
    }

    /// <summary>Guarded copies of everything that a kernel is given.</summary>
    public BlockArguments Copy(BlockArguments a)
    {
        a.Cohort.W1 = Copy(a.Cohort.W1, "W1");
        a.Cohort.B1 = Copy(a.Cohort.B1, "b1");
        a.Cohort.W2 = Copy(a.Cohort.W2, "w2");
        a.Cohort.ColumnRates = Copy(a.Cohort.ColumnRates, "column rates");
        a.Cohort.B2 = Copy(a.Cohort.B2, "b2");
        a.Cohort.SlotRates = Copy(a.Cohort.SlotRates, "slot rates");
        a.Cohort.Blocks = Copy(a.Cohort.Blocks, "blocks");
        a.Cohort.Slots = Copy(a.Cohort.Slots, "slots");
        a.Cohort.Vectors = Copy(a.Cohort.Vectors, "vectors");
        a.Cohort.SlotBlocks = Copy(a.Cohort.SlotBlocks, "blocks of slots");
        a.Cohort.ColumnSlots = Copy(a.Cohort.ColumnSlots, "slots of columns");
        a.Cohort.Units = Copy(a.Cohort.Units, "units");
        a.Images.Chunks = Copy(a.Images.Chunks, "chunks");
        a.Images.Tiles = Copy(a.Images.Tiles, "tiles of numbers");
        CopyPairs(ref a.Images.Pairs);
        a.Images.Bytes = Copy(a.Images.Bytes, "bytes");
        a.Images.Labels = Copy(a.Images.Labels, "labels");
        a.Images.TileBytes = Copy(a.Images.TileBytes, "tiles");
        a.Images.ImageStarts = Copy(a.Images.ImageStarts, "starts of images");
        a.Images.ImageIndex = Copy(a.Images.ImageIndex, "index of images");
        a.Images.ImageValue = Copy(a.Images.ImageValue, "values of images");
        a.Images.PixelStarts = Copy(a.Images.PixelStarts, "starts of pixels");
        a.Images.PixelIndex = Copy(a.Images.PixelIndex, "index of pixels");
        a.Images.PixelValue = Copy(a.Images.PixelValue, "values of pixels");
        a.Scratch.Activations = Copy(a.Scratch.Activations, "activations");
        a.Scratch.Logits = Copy(a.Scratch.Logits, "logits");
        a.Scratch.GradW1 = Copy(a.Scratch.GradW1, "dW1");
        a.Scratch.GradB1 = Copy(a.Scratch.GradB1, "db1");
        a.Scratch.GradW2 = Copy(a.Scratch.GradW2, "dw2");
        a.Scratch.GradB2 = Copy(a.Scratch.GradB2, "db2");
        a.Scratch.Loss = Copy(a.Scratch.Loss, "loss");
        a.Scratch.GradSums = Copy(a.Scratch.GradSums, "gradient sums");
        a.Scratch.DeltaSums = Copy(a.Scratch.DeltaSums, "delta sums");
        a.Scratch.Failed = Copy(a.Scratch.Failed, "flags");
        a.Scratch.Counts = Copy(a.Scratch.Counts, "counts");
        a.Output.Values = Copy(a.Output.Values, "values");
        a.Output.Sums = Copy(a.Output.Sums, "gradient sums of entries");
        a.Output.Active = Copy(a.Output.Active, "active");
        a.Cohort.MaskW1 = Copy(a.Cohort.MaskW1, "mask of W1");
        a.Cohort.MaskW2 = Copy(a.Cohort.MaskW2, "mask of w2");
        a.Images.TileRows = Copy(a.Images.TileRows, "tile rows");
        CopyPrune(ref a.Prune);
        CopySparse(ref a.Sparse);
        return a;
    }

    private void CopyPairs(ref PairViews pairs)
    {
        pairs.Order = Copy(pairs.Order, "order of pixels");
        pairs.Dropped = Copy(pairs.Dropped, "dropped pixels");
        pairs.Chunks = Copy(pairs.Chunks, "chunks of pairs");
        pairs.ForwardStarts = Copy(pairs.ForwardStarts, "forward starts");
        pairs.BackwardStarts = Copy(pairs.BackwardStarts, "backward starts");
        pairs.ForwardIndex = Copy(pairs.ForwardIndex, "forward index");
        pairs.BackwardIndex = Copy(pairs.BackwardIndex, "backward index");
        pairs.Turns = Copy(pairs.Turns, "turns");
        pairs.Partners = Copy(pairs.Partners, "partners");
        pairs.ForwardValue = Copy(pairs.ForwardValue, "forward value");
        pairs.BackwardValue = Copy(pairs.BackwardValue, "backward value");
    }

    private void CopyPrune(ref PruneViews prune)
    {
        prune.RanksW1 = Copy(prune.RanksW1, "ranks of W1");
        prune.RanksW2 = Copy(prune.RanksW2, "ranks of w2");
        prune.Counts = Copy(prune.Counts, "counts of ranks");
        prune.Identities = Copy(prune.Identities, "identities");
        prune.Target.W1 = Copy(prune.Target.W1, "target W1");
        prune.Target.B1 = Copy(prune.Target.B1, "target b1");
        prune.Target.W2 = Copy(prune.Target.W2, "target w2");
        prune.Target.B2 = Copy(prune.Target.B2, "target b2");
    }

    private void CopySparse(ref SparseViews sparse)
    {
        sparse.Starts = Copy(sparse.Starts, "starts of columns");
        sparse.Counts = Copy(sparse.Counts, "counts of columns");
        sparse.Thresholds = Copy(sparse.Thresholds, "thresholds");
        sparse.Index = Copy(sparse.Index, "entries' index");
        sparse.Value = Copy(sparse.Value, "entries' value");
        sparse.B1 = Copy(sparse.B1, "compressed b1");
        sparse.W2 = Copy(sparse.W2, "compressed w2");
        sparse.B2 = Copy(sparse.B2, "compressed b2");
    }

    /// <summary>Fails when any guard has changed.</summary>
    public void CheckGuards(string kernel)
    {
        foreach (Action<string> check in _checks)
            check(kernel);
    }

    public void Dispose()
    {
        foreach (MemoryBuffer buffer in _buffers)
            buffer.Dispose();
    }
}
