using GpuMlp.Kernels.Devices;

namespace GpuMlp.Kernels.Memory;

/// <summary>The memory of <see cref="PairImages"/> on a CPU device.</summary>
internal sealed class DevicePairs : IDisposable
{
    private readonly DeviceArray<int> _order, _dropped, _chunks, _forwardStarts, _backwardStarts;
    private readonly DeviceArray<ushort> _forwardIndex, _backwardIndex, _partners, _turns;
    private readonly DeviceArray<uint> _forwardValue, _backwardValue;
    private readonly int _droppedCount;

    public DevicePairs(ComputeDevice device, PairImages images, int inputs)
    {
        var chunks = new int[3 * images.ForwardStarts.Length];
        int forward = 0, backward = 0, partners = 0;
        for (int chunk = 0; chunk < images.ForwardStarts.Length; chunk++)
        {
            (chunks[3 * chunk], chunks[(3 * chunk) + 1], chunks[(3 * chunk) + 2]) = (forward, backward, partners);
            forward = checked(forward + images.ForwardStarts[chunk].Length);
            backward = checked(backward + images.BackwardStarts[chunk].Length);
            partners = checked(partners + images.Partners[chunk].Length);
        }
        _order = device.Upload(images.Order);
        int[] dropped = [.. Enumerable.Range(0, inputs).Except(images.Order)];
        _dropped = device.Upload(dropped);
        _droppedCount = dropped.Length;
        _chunks = device.Upload(chunks);
        _forwardStarts = device.Upload(Shifted(images.ForwardStarts));
        _backwardStarts = device.Upload(Shifted(images.BackwardStarts));
        _forwardIndex = device.Upload(Joined(images.ForwardIndex));
        _backwardIndex = device.Upload(Joined(images.BackwardIndex));
        _partners = device.Upload(Joined(images.Partners));
        _turns = device.Upload(Joined(images.Turns));
        _forwardValue = device.Upload(Joined(images.ForwardValue));
        _backwardValue = device.Upload(Joined(images.BackwardValue));
    }

    public PairViews Views => new()
    {
        Order = _order.View,
        Dropped = _dropped.View,
        DroppedCount = _droppedCount,
        Chunks = _chunks.View,
        ForwardStarts = _forwardStarts.View,
        BackwardStarts = _backwardStarts.View,
        ForwardIndex = _forwardIndex.View,
        BackwardIndex = _backwardIndex.View,
        Partners = _partners.View,
        Turns = _turns.View,
        ForwardValue = _forwardValue.View,
        BackwardValue = _backwardValue.View,
    };

    public void Dispose()
    {
        foreach (IDisposable buffer in new IDisposable[]
        {
            _order, _dropped, _chunks, _forwardStarts, _backwardStarts, _forwardIndex, _backwardIndex, _partners, _turns,
            _forwardValue, _backwardValue,
        })
        {
            buffer.Dispose();
        }
    }

    // Starts count from the first entry of all chunks.
    private static int[] Shifted(int[][] starts)
    {
        int first = 0;
        var all = new List<int>(starts.Sum(chunk => chunk.Length));
        foreach (int[] chunk in starts)
        {
            foreach (int start in chunk)
                all.Add(checked(first + start));
            first = chunk.Length == 0 ? first : all[^1];
        }
        return [.. all];
    }

    private static T[] Joined<T>(T[][] parts)
    {
        T[] all = GC.AllocateUninitializedArray<T>(parts.Sum(part => part.Length));
        int at = 0;
        foreach (T[] part in parts)
        {
            part.CopyTo(all, at);
            at += part.Length;
        }
        return all;
    }
}
