using GpuMlp.Kernels.Devices;

namespace GpuMlp.Kernels.Memory;

/// <summary>The memory of one cohort on a device: parameters, gradients and scratch, allocated once.</summary>
public sealed class DeviceCohort : IDisposable
{
    private readonly ComputeDevice _device;
    private readonly DeviceArray<float> _w1, _gradW1, _activations, _logits;
    private readonly DeviceArray<float> _b1, _w2, _columnRates,
            _gradB1, _gradW2, _b2, _slotRates, _gradB2;
    private readonly DeviceArray<int> _blocks, _slots, _vectors,
            _slotBlocks, _columnSlots, _units, _counts, _failed;
    private readonly DeviceArray<long> _loss, _gradSums, _deltaSums, _outputSums;
    private readonly CohortMask _mask;
    private readonly CohortLearning _learning;
    private readonly IReadOnlyList<StepSettings> _settings;
    private readonly StepMemory _steps;

    /// <param name="device">Where.</param>
    /// <param name="layout">Which columns lie where.</param>
    /// <param name="learningRates">One a model, in the caller's order.</param>
    /// <param name="withMask">Takes room for a mask, under which weights stay 0; at first it keeps everything.</param>
    /// <param name="settings">How each takes its steps; null takes no room for what optimisers remember.</param>
    /// <exception cref="ArgumentException">
    /// Rates or settings do not fit the models, or W1 has more than 2^31 elements.
    /// </exception>
    public DeviceCohort(
        ComputeDevice device, ColumnLayout layout, IReadOnlyList<float> learningRates, bool withMask = false,
        IReadOnlyList<StepSettings>? settings = null)
    {
        if (settings is not null && layout.Ranges.Any(range => layout.Slots.Skip(range.FirstSlot).Take(range.Slots)
            .Any(slot => settings[slot.Model].Optimiser != range.Optimiser)))
        {
            throw new ArgumentException("the layout is for other optimisers", nameof(settings));
        }
        if (learningRates.Count != layout.Slots.Count)
            throw new ArgumentException($"{learningRates.Count} rates for {layout.Slots.Count} models", nameof(learningRates));
        long weights = (long)layout.Inputs * layout.PaddedColumns, sums = weights + layout.PaddedColumns;
        long parameters = StepMemory.Length(layout);
        if (parameters > int.MaxValue)
            throw new ArgumentException($"{parameters} weights and biases in one cohort; 2^31 - 1 are the most", nameof(layout));
        if ((long)layout.Outputs * Math.Max(layout.PaddedColumns, (long)ChunkSchedule.ChunkRows * layout.Slots.Count) > int.MaxValue)
            throw new ArgumentException($"{layout.Slots.Count} models of {layout.Outputs} logits are too many in a cohort", nameof(layout));

        _device = device;
        Layout = layout;
        int columns = layout.PaddedColumns, slots = layout.Slots.Count, outputs = layout.Outputs;
        DeviceArray<float> Floats(long length) => device.Zeroed<float>(length);
        _w1 = Floats(weights);
        _gradW1 = Floats(weights);
        _activations = Floats((long)ChunkSchedule.ChunkRows * columns);
        _logits = Floats((long)ChunkSchedule.ChunkRows * slots * outputs);
        (_b1, _columnRates, _gradB1) = (Floats(columns), Floats(columns), Floats(columns));
        (_w2, _gradW2) = (Floats((long)outputs * columns), Floats((long)outputs * columns));
        (_b2, _slotRates, _gradB2) = (Floats((long)outputs * slots), Floats(slots), Floats((long)outputs * slots));
        _loss = device.Zeroed<long>(2 * slots);
        _gradSums = device.Zeroed<long>(sums);
        _deltaSums = device.Zeroed<long>((long)outputs * slots);
        _outputSums = device.Zeroed<long>(outputs == 1 ? 1 : (long)outputs * columns);
        _failed = device.Zeroed<int>(slots);
        _mask = new CohortMask(device, layout, withMask);
        _learning = new CohortLearning(device, layout, Math.Max(2, outputs));
        _settings = settings ?? [.. layout.Slots.Select(_ => default(StepSettings))];
        _steps = new StepMemory(device, layout, _settings);
        _counts = device.Zeroed<int>(ClassCounts.Fields(outputs) * slots);
        _blocks = device.Upload(layout.BlockTable());
        _slots = device.Upload(layout.SlotTable());
        _vectors = device.Upload(layout.Blocks.SelectMany(Vectors).ToArray());
        _slotBlocks = device.Upload(
            layout.Slots.Select(s => layout.Blocks[s.Block]).SelectMany(b => new[] { b.FirstColumn, b.Stride }).ToArray());
        _columnSlots = device.Upload(ColumnSlots(layout));
        _units = device.Upload(layout.UnitTable());
        SetRates(learningRates);
    }

    public ColumnLayout Layout { get; }

    /// <summary>O, see <see cref="ColumnLayout.Outputs"/>.</summary>
    public int Outputs => Layout.Outputs;

    /// <summary>Where its memory lies.</summary>
    internal ComputeDevice Device => _device;

    /// <summary>
    /// L2 on W1 and w2 of all models: an update takes gradient + decay * weight for the gradient; biases are spared. 0, the
    /// default, is no decay, bit by bit.
    /// </summary>
    public float WeightDecay { get; init; }

    /// <summary>
    /// Whether weights lie under a mask: then every product takes W o mask, gradients of masked weights are 0 and an update
    /// leaves them at exactly 0.
    /// </summary>
    public bool HasMask => _mask.IsUsed;

    /// <summary>Whether any model drops hidden units in training.</summary>
    public bool Drops => _learning.Drops;

    internal CohortViews Cohort => new()
    {
        W1 = _w1.View,
        B1 = _b1.View,
        W2 = _w2.View,
        ColumnRates = _columnRates.View,
        B2 = _b2.View,
        SlotRates = _slotRates.View,
        Blocks = _blocks.View,
        Slots = _slots.View,
        Vectors = _vectors.View,
        SlotBlocks = _slotBlocks.View,
        ColumnSlots = _columnSlots.View,
        Units = _units.View,
        Inputs = Layout.Inputs,
        Outputs = Layout.Outputs,
        WeightDecay = WeightDecay,
        MaskW1 = _mask.W1,
        MaskW2 = _mask.W2,
        HasMask = HasMask ? 1 : 0,
        Learning = _learning.Views,
    };

    internal ScratchViews Scratch => new()
    {
        Activations = _activations.View,
        Logits = _logits.View,
        GradW1 = _gradW1.View,
        GradB1 = _gradB1.View,
        GradW2 = _gradW2.View,
        GradB2 = _gradB2.View,
        GradSums = _gradSums.View,
        DeltaSums = _deltaSums.View,
        OutputSums = _outputSums.View,
        Loss = _loss.View,
        Failed = _failed.View,
        Counts = _counts.View,
        Steps = _steps.Views,
    };

    /// <summary>Bytes that a cohort of this layout takes on the device.</summary>
    /// <param name="states">See <see cref="States"/>.</param>
    public static long Bytes(ColumnLayout layout, int states = 0)
    {
        long columns = layout.PaddedColumns, slots = layout.Slots.Count, outputs = layout.Outputs;
        return (sizeof(float) * states * StepMemory.Length(layout))
            + (sizeof(float) * ((2 * layout.Inputs * columns) + (ChunkSchedule.ChunkRows * (columns + (outputs * slots)))
                + ((7 + (3 * outputs)) * columns) + ((5 + (5 * outputs)) * slots)))
            + (sizeof(long) * (((layout.Inputs + 1 + (outputs == 1 ? 0 : outputs)) * columns) + ((2 + outputs) * slots)));
    }

    /// <summary>The most numbers that it has room for of what optimisers remember of a parameter.</summary>
    public int States => _steps.States;

    /// <summary>Steps that follow, an epoch of them; kernels find what depends on their number.</summary>
    internal void BeginSteps(int steps) => _steps.Begin(steps);

    /// <summary>Optimisers forget everything; their next step is the first.</summary>
    public void ResetSteps() => _steps.Reset();

    /// <summary>Optimisers remember what those of another cohort of the same models do.</summary>
    public void CopySteps(DeviceCohort other) => _steps.CopyFrom(other._steps);

    /// <summary>
    /// What optimisers remember of each model in the caller's order, state after state: W1 [D, H], b1 [H], w2 [O, H], b2 [O]; empty for
    /// one that remembers nothing.
    /// </summary>
    public float[][] DownloadStates() => _steps.Download([.. _settings.Select(one => one.States)]);

    /// <summary>Puts what <see cref="DownloadStates"/> gave in place.</summary>
    /// <param name="steps">That were taken before.</param>
    public void UploadStates(IReadOnlyList<float[]> models, long steps) => _steps.Upload(models, steps);

    /// <summary>Puts parameters of all models in place, in the caller's order.</summary>
    /// <exception cref="ArgumentException">A shape does not fit.</exception>
    public void Upload(IReadOnlyList<ModelParameters> models)
    {
        if (models.Count != Layout.Slots.Count)
            throw new ArgumentException($"parameters of {models.Count} models for {Layout.Slots.Count}", nameof(models));

        int inputs = Layout.Inputs, outputs = Layout.Outputs;
        float[] w1 = new float[_w1.Length], b1 = new float[_b1.Length], w2 = new float[_w2.Length], b2 = new float[_b2.Length];
        for (int s = 0; s < Layout.Slots.Count; s++)
        {
            ModelSlot slot = Layout.Slots[s];
            ModelParameters model = models[slot.Model];
            int hidden = slot.Hidden;
            if (model.W1.Length != inputs * hidden || model.B1.Length != hidden || model.W2.Length != outputs * hidden
                || model.B2.Length != outputs)
            {
                throw new ArgumentException($"model {slot.Model} is not [{inputs}, {hidden}, {outputs}]", nameof(models));
            }

            for (int d = 0; d < inputs; d++)
                model.W1.AsSpan(d * hidden, hidden).CopyTo(w1.AsSpan(Layout.Weight(slot, d), hidden));
            model.B1.CopyTo(b1, slot.Column);
            for (int k = 0; k < outputs; k++)
                model.W2.AsSpan(k * hidden, hidden).CopyTo(w2.AsSpan(Layout.OutputWeight(slot, k), hidden));
            model.B2.CopyTo(b2, s * outputs);
        }
        _w1.CopyFrom(w1);
        _b1.CopyFrom(b1);
        _w2.CopyFrom(w2);
        _b2.CopyFrom(b2);
    }

    /// <summary>Sets which weights are kept, in the caller's order; the others become 0 with the next kernel that works on them.</summary>
    /// <exception cref="InvalidOperationException">The cohort was made without a mask.</exception>
    /// <exception cref="ArgumentException">A mask of the wrong shape, or not one a model.</exception>
    public void SetMask(IReadOnlyList<ModelMask> masks) => _mask.Set(masks);

    /// <summary>Which weights are kept, in the caller's order.</summary>
    /// <exception cref="InvalidOperationException">The cohort was made without a mask.</exception>
    public ModelMask[] DownloadMask() => _mask.Get();

    /// <summary>Sets how the models learn, in the caller's order; at first all are <see cref="ModelLearning.Usual"/>.</summary>
    /// <param name="origin">What draws for dropped units belong to, with the images' numbers, the epoch and the unit; may be null where no
    /// model drops any.</param>
    /// <exception cref="ArgumentException">
    /// Settings out of range or not one a model, or an origin that is missing or does not fit.
    /// </exception>
    public void SetLearning(IReadOnlyList<ModelLearning> models, ModelOrigin? origin) => _learning.Set(models, origin);

    /// <summary>Parameters of all models, in the caller's order.</summary>
    public ModelParameters[] Download() => Gather(_w1, _b1, _w2, _b2);

    /// <summary>Gradients of the batch that the backward kernels last worked on, in the caller's order.</summary>
    public ModelParameters[] DownloadGradients() => Gather(_gradW1, _gradB1, _gradW2, _gradB2);

    /// <summary>Loss sums and counts of the last epoch, in the caller's order.</summary>
    public EpochTotals[] DownloadTotals()
    {
        long[] loss = _device.Download<long>(_loss.View);
        int[] counts = _device.Download<int>(_counts.View), failed = _device.Download<int>(_failed.View);
        var totals = new EpochTotals[Layout.Slots.Count];
        int fields = ClassCounts.Fields(Outputs);
        for (int s = 0; s < totals.Length; s++)
        {
            ReadOnlySpan<int> own = counts.AsSpan(s * fields, fields);
            var classes = new ClassCounts[Outputs];
            for (int k = 0; k < classes.Length; k++)
                classes[k] = new ClassCounts(own[3 * k], own[(3 * k) + 1], own[(3 * k) + 2]);
            totals[Layout.Slots[s].Model] = new ExactTotals(loss[2 * s], loss[(2 * s) + 1], classes).ToEpoch(own[^1], failed[s] != 0);
        }
        return totals;
    }

    public void SetRates(IReadOnlyList<float> learningRates)
    {
        float[] columns = new float[_columnRates.Length], slots = new float[_slotRates.Length];
        for (int s = 0; s < slots.Length; s++)
        {
            ModelSlot slot = Layout.Slots[s];
            slots[s] = learningRates[slot.Model];
            columns.AsSpan(slot.Column, slot.Hidden).Fill(slots[s]);
        }
        _columnRates.CopyFrom(columns);
        _slotRates.CopyFrom(slots);
    }

    public void Dispose()
    {
        foreach (IDisposable buffer in new IDisposable[]
        {
            _w1, _gradW1, _activations, _logits, _b1, _w2, _columnRates,
            _gradB1, _gradW2, _b2, _slotRates, _gradB2, _blocks, _slots, _vectors,
            _slotBlocks, _columnSlots, _units, _counts, _failed,
            _loss, _gradSums, _deltaSums, _steps, _outputSums, _mask, _learning,
        })
        {
            buffer.Dispose();
        }
    }

    private static int[] ColumnSlots(ColumnLayout layout)
    {
        var owners = new int[layout.PaddedColumns];
        Array.Fill(owners, -1);
        for (int s = 0; s < layout.Slots.Count; s++)
            owners.AsSpan(layout.Slots[s].Column, layout.Slots[s].Hidden).Fill(s);
        return owners;
    }

    private static IEnumerable<int> Vectors(ColumnBlock block)
    {
        for (int column = block.FirstColumn; column < block.FirstColumn + block.Stride; column += ColumnLayout.Vector)
        {
            yield return block.FirstColumn;
            yield return block.Stride;
            yield return column;
            yield return 0;
        }
    }

    private ModelParameters[] Gather(
        DeviceArray<float> w1Buffer,
        DeviceArray<float> b1Buffer,
        DeviceArray<float> w2Buffer,
        DeviceArray<float> b2Buffer)
    {
        float[] w1 = w1Buffer.ToArray(), b1 = b1Buffer.ToArray(), w2 = w2Buffer.ToArray(), b2 = b2Buffer.ToArray();
        var models = new ModelParameters[Layout.Slots.Count];
        for (int s = 0; s < models.Length; s++)
        {
            ModelSlot slot = Layout.Slots[s];
            int hidden = slot.Hidden;
            float[] weights = new float[Layout.Inputs * hidden], outputs = new float[Outputs * hidden];
            for (int d = 0; d < Layout.Inputs; d++)
                w1.AsSpan(Layout.Weight(slot, d), hidden).CopyTo(weights.AsSpan(d * hidden, hidden));
            for (int k = 0; k < Outputs; k++)
                w2.AsSpan(Layout.OutputWeight(slot, k), hidden).CopyTo(outputs.AsSpan(k * hidden));
            models[slot.Model] = new ModelParameters(
                weights, b1.AsSpan(slot.Column, hidden).ToArray(), outputs, b2.AsSpan(s * Outputs, Outputs).ToArray());
        }
        return models;
    }
}
