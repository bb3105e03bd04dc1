using GpuMlp.Kernels.Devices;
using ILGPU;

namespace GpuMlp.Kernels.Memory;

/// <summary>What optimisers remember of a cohort's parameters, and the factors of their steps.</summary>
public struct StepViews
{
    /// <summary>As the parameters lie: W1, b1, w2, b2, one behind the other; one unused value without such a state.</summary>
    public ArrayView<float> State1, State2;

    /// <summary>[slot, 4]: <see cref="StepSettings"/> from Keep1 to New2.</summary>
    public ArrayView<float> Settings;

    /// <summary>[step of the epoch, <see cref="Kinds"/>, 2]: 1 / (1 - Keep1^t) and 1 / sqrt(1 - Keep2^t) of the t-th step.</summary>
    public ArrayView<float> Corrections;

    /// <summary>One a slot: its place among the kinds of settings.</summary>
    public ArrayView<int> SlotKinds;

    /// <summary>[6, padded columns]: settings, and room for the corrections of a step; for CPUs.</summary>
    public ArrayView<float> Columns;

    /// <summary>Different settings.</summary>
    public int Kinds;
}

/// <summary>The memory behind <see cref="StepViews"/>, and the count of steps; next to none where no optimiser has a state.</summary>
internal sealed class StepMemory : IDisposable
{
    /// <summary>Rows of <see cref="StepViews.Columns"/>.</summary>
    public const int ColumnRows = 6;

    private const int PerSlot = 4, PerStep = 2;

    private readonly ComputeDevice _device;
    private readonly ColumnLayout _layout;
    private readonly DeviceArray<float> _state1, _state2, _settings, _columns;
    private readonly DeviceArray<int> _slotKinds;
    private readonly (double Keep1, double Keep2)[] _kinds;
    private DeviceArray<float> _corrections;
    private long _steps;

    public StepMemory(ComputeDevice device, ColumnLayout layout, IReadOnlyList<StepSettings> settings)
    {
        (_device, _layout) = (device, layout);
        States = settings.Max(one => one.States);
        _state1 = device.Zeroed<float>(States > 0 ? Length(layout) : 1);
        _state2 = device.Zeroed<float>(States > 1 ? Length(layout) : 1);
        StepSettings[] slots = [.. layout.Slots.Select(slot => settings[slot.Model])];
        _kinds = [.. slots.Select(slot => (slot.Keep1, slot.Keep2)).Distinct()];
        float[][] rows = [.. slots.Select(slot => new[] { (float)slot.Keep1, (float)slot.New1, (float)slot.Keep2, (float)slot.New2 })];
        _settings = device.Upload(rows.SelectMany(row => row).ToArray());
        _slotKinds = device.Upload(slots.Select(slot => Array.IndexOf(_kinds, (slot.Keep1, slot.Keep2))).ToArray());
        float[] columns = new float[States > 0 ? ColumnRows * layout.PaddedColumns : 1];
        for (int s = 0; s < slots.Length && States > 0; s++)
        {
            for (int row = 0; row < PerSlot; row++)
                columns.AsSpan((row * layout.PaddedColumns) + layout.Slots[s].Column, layout.Slots[s].Hidden).Fill(rows[s][row]);
        }
        _columns = device.Upload(columns);
        _corrections = device.Zeroed<float>(1);
    }

    /// <summary>The most numbers that an optimiser of the cohort remembers of a parameter.</summary>
    public int States { get; }

    public StepViews Views => new()
    {
        State1 = _state1.View,
        State2 = _state2.View,
        Settings = _settings.View,
        Corrections = _corrections.View,
        SlotKinds = _slotKinds.View,
        Columns = _columns.View,
        Kinds = _kinds.Length,
    };

    /// <summary>Floats of a state: as many as there are parameters, padding included.</summary>
    public static long Length(ColumnLayout layout) =>
        ((layout.Inputs + 1L + layout.Outputs) * layout.PaddedColumns) + ((long)layout.Outputs * layout.Slots.Count);

    /// <summary>Makes the corrections of the next steps, which count as taken.</summary>
    public void Begin(int steps)
    {
        if (States == 0)
            return;
        var table = new float[steps * _kinds.Length * PerStep];
        for (int kind = 0; kind < _kinds.Length; kind++)
        {
            // By multiplication: a library's power differs between platforms in the last bit.
            (double power1, double power2) = (Power(_kinds[kind].Keep1), Power(_kinds[kind].Keep2));
            for (int step = 0; step < steps; step++)
            {
                (power1, power2) = (power1 * _kinds[kind].Keep1, power2 * _kinds[kind].Keep2);
                int place = ((step * _kinds.Length) + kind) * PerStep;
                table[place] = (float)(1 / (1 - power1));
                table[place + 1] = (float)(1 / Math.Sqrt(1 - power2));
            }
        }
        if (_corrections.Length != table.Length)
        {
            _device.Stream.Synchronize();
            _corrections.Dispose();
            _corrections = _device.Zeroed<float>(table.Length);
        }
        _corrections.CopyFrom(table);
        _steps += steps;
    }

    /// <summary>Forgets everything: the next step is the first.</summary>
    public void Reset() => Set(0, new float[_state1.Length], new float[_state2.Length]);

    /// <summary>Remembers what another cohort of the same layout does.</summary>
    public void CopyFrom(StepMemory other) => Set(other._steps, other._state1.ToArray(), other._state2.ToArray());

    /// <summary>Of each model in the caller's order, state after state, W1 [D, H], b1 [H], w2 [O, H], b2 [O]; or empty.</summary>
    /// <param name="states">How many each model has, in the caller's order.</param>
    public float[][] Download(IReadOnlyList<int> states)
    {
        var models = new float[_layout.Slots.Count][];
        float[][] all = States == 0 ? [] : [_state1.ToArray(), _state2.ToArray()];
        for (int s = 0; s < models.Length; s++)
        {
            int model = _layout.Slots[s].Model;
            int[] places = states[model] == 0 ? [] : Places(s);
            models[model] = [.. all.Take(states[model]).SelectMany(state => places.Select(place => state[place]))];
        }
        return models;
    }

    /// <summary>What <see cref="Download"/> gave, after so many steps.</summary>
    public void Upload(IReadOnlyList<float[]> models, long steps)
    {
        float[][] all = [new float[_state1.Length], new float[_state2.Length]];
        for (int s = 0; s < models.Count; s++)
        {
            float[] values = models[_layout.Slots[s].Model];
            if (values.Length == 0)
                continue;
            int[] places = Places(s);
            for (int i = 0; i < values.Length; i++)
                all[i / places.Length][places[i % places.Length]] = values[i];
        }
        Set(steps, all[0], all[1]);
    }

    public void Dispose()
    {
        foreach (IDisposable buffer in new IDisposable[] { _state1, _state2, _settings, _columns, _slotKinds, _corrections })
            buffer.Dispose();
    }

    private void Set(long steps, float[] state1, float[] state2)
    {
        _steps = steps;
        _state1.CopyFrom(state1);
        _state2.CopyFrom(state2);
    }

    private double Power(double keep)
    {
        double power = 1;
        for (long step = 0; step < _steps && power > 0; step++)
            power *= keep;
        return power;
    }

    private int[] Places(int s)
    {
        ModelSlot slot = _layout.Slots[s];
        int columns = _layout.PaddedColumns, weights = _layout.Inputs * columns, outputs = _layout.Outputs;
        return
        [
            .. Enumerable.Range(0, _layout.Inputs).SelectMany(d => Enumerable.Range(_layout.Weight(slot, d), slot.Hidden)),
            .. Enumerable.Range(weights + slot.Column, slot.Hidden),
            .. Enumerable.Range(0, outputs)
                .SelectMany(k => Enumerable.Range(weights + columns + _layout.OutputWeight(slot, k), slot.Hidden)),
            .. Enumerable.Range(weights + columns + (outputs * columns) + (s * outputs), outputs),
        ];
    }
}
