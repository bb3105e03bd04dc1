using GpuMlp.Kernels.Devices;
using ILGPU;

namespace GpuMlp.Kernels.Tests;

/// <summary>
/// Puts patterns before and behind every array of a device, and into those that may hold anything: NaN as a float, far out of
/// range as an index. A write to a guard is found when the array goes, and a read from one spoils the result.
/// </summary>
internal sealed class MemoryGuards(ComputeDevice device) : IMemoryGuards
{
    // All bits of the quiet NaN are needed: 0x7F7F7F7F would be a large number.
    private const byte NaN = 0xFF, Far = 0x7F;

    private readonly Dictionary<object, (Type Element, byte Pattern, ArrayView<byte> Before, ArrayView<byte> Behind)> _guards = [];

    /// <summary>What was written outside of arrays.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Arrays that have been looked at.</summary>
    public int Looked { get; private set; }

    /// <summary>Runs a check on guarded memory; what it takes meanwhile must be gone at its end.</summary>
    public static void Use(ComputeDevice device, Action check)
    {
        var guards = new MemoryGuards(device);
        (device as GpuDevice)?.Workspace.Dispose();
        device.Guards = guards;
        try
        {
            check();
            (device as GpuDevice)?.Workspace.Dispose();
        }
        finally
        {
            device.Guards = null;
        }
        Check.True(guards.Faults.Count == 0, string.Join("; ", guards.Faults.Take(3)));
        Check.True(guards.Looked > 0 && guards._guards.Count == 0, $"{guards.Looked} arrays looked at, {guards._guards.Count} left");
    }

    public void Add(object array, Type element, ArrayView<byte> before, ArrayView<byte> inside, ArrayView<byte> behind)
    {
        byte pattern = element == typeof(float) || element == typeof(double) ? NaN : Far;
        _guards.Add(array, (element, pattern, before, behind));
        foreach (ArrayView<byte> part in new[] { before, inside, behind }.Where(part => part.IsValid))
            device.Write(part, [.. Enumerable.Repeat(pattern, part.IntLength)]);
    }

    public void Remove(object array)
    {
        if (!_guards.Remove(array, out var guard))
            return;
        Looked++;
        Look("before", guard.Before);
        Look("behind", guard.Behind);

        void Look(string where, ArrayView<byte> part)
        {
            if (device.Download(part).AsSpan().ContainsAnyExcept(guard.Pattern))
                Faults.Add($"something was written {where} an array of {guard.Element.Name}");
        }
    }
}
