using GpuMlp.Kernels.Memory;

namespace GpuMlp.Kernels.Products;

/// <summary>Images in pairs as a CPU kernel body sees them.</summary>
internal readonly unsafe struct PairPointers
{
    /// <summary>Pixel number at each place, and those that no image sets.</summary>
    public readonly int* Order, Dropped;

    public readonly int Places, DroppedCount;

    private readonly int* _chunks, _forwardStarts, _backwardStarts;
    private readonly ushort* _forwardIndex, _backwardIndex, _partners, _turns;
    private readonly uint* _forwardValue, _backwardValue;

    public PairPointers(in PairViews pairs)
    {
        Order = BlockPointers.Pointer(pairs.Order);
        Dropped = BlockPointers.Pointer(pairs.Dropped);
        (Places, DroppedCount) = (pairs.Order.IntLength, pairs.DroppedCount);
        _chunks = BlockPointers.Pointer(pairs.Chunks);
        _forwardStarts = BlockPointers.Pointer(pairs.ForwardStarts);
        _backwardStarts = BlockPointers.Pointer(pairs.BackwardStarts);
        _forwardIndex = BlockPointers.Pointer(pairs.ForwardIndex);
        _backwardIndex = BlockPointers.Pointer(pairs.BackwardIndex);
        _partners = BlockPointers.Pointer(pairs.Partners);
        _turns = BlockPointers.Pointer(pairs.Turns);
        _forwardValue = BlockPointers.Pointer(pairs.ForwardValue);
        _backwardValue = BlockPointers.Pointer(pairs.BackwardValue);
    }

    /// <summary>A row an image of the chunk, its entries pairs of places.</summary>
    public PairRows.Panel Forward(int chunk, int rows) => new(rows, _forwardStarts + _chunks[3 * chunk], _forwardIndex, _forwardValue);

    /// <summary>A row a place, in the order of <see cref="Turns"/>; its entries are pairs of images of the chunk.</summary>
    public PairRows.Panel Backward(int chunk) => new(Places, _backwardStarts + _chunks[(3 * chunk) + 1], _backwardIndex, _backwardValue);

    /// <summary>Pairs of places in the order of backward rows.</summary>
    public ushort* Turns(int chunk) => _turns + ((long)chunk * (Places / 2));

    /// <summary>Rows of the chunk two by two.</summary>
    public ushort* Partners(int chunk) => _partners + _chunks[(3 * chunk) + 2];
}
