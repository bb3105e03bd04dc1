using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Evaluate;
using GpuMlp.Kernels.HiddenBackward;
using GpuMlp.Kernels.HiddenForward;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Initialize;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.OutputBackward;
using GpuMlp.Kernels.OutputForward;
using GpuMlp.Kernels.Prune;
using GpuMlp.Kernels.Saliency;
using GpuMlp.Kernels.Simd;
using GpuMlp.Kernels.TrainEpoch;
using GpuMlp.Kernels.Update;
using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels;

/// <summary>The launchers of a CPU device, each loaded once. Every call returns when its kernel is done.</summary>
public sealed class CohortKernels
{
    private readonly CpuDevice _device;
    private readonly BlockKernel<HiddenForwardOperation> _hiddenForward;
    private readonly BlockKernel<OutputForwardOperation> _outputForward;
    private readonly BlockKernel<OutputBackwardOperation> _outputBackward;
    private readonly BlockKernel<HiddenBackwardOperation> _hiddenBackward;
    private readonly BlockKernel<UpdateOperation> _update;
    private readonly BlockKernel<TrainEpochOperation> _trainEpoch;
    private readonly BlockKernel<EvaluateOperation> _evaluate;
    private readonly BlockKernel<SaliencyOperation> _saliency;
    private readonly BlockKernel<PruneRankOperation> _pruneRank;
    private readonly BlockKernel<PruneOperation> _prune;
    private readonly Action<AcceleratorStream, Index1D, ArrayView<int>, ArrayView<float>, uint, uint, uint, float> _initialize;
    private readonly int[] _gaussianTable = GaussianTable.Create();

    /// <param name="device">The device that all arguments must lie on.</param>
    /// <param name="width">Registers to use; the best of the machine when null.</param>
    public CohortKernels(CpuDevice device, SimdWidth? width = null)
    {
        _device = device;
        Width = width ?? SimdSupport.Best;
        _hiddenForward = new(device);
        _outputForward = new(device);
        _outputBackward = new(device);
        _hiddenBackward = new(device);
        _update = new(device);
        _trainEpoch = new(device);
        _evaluate = new(device);
        _saliency = new(device);
        _pruneRank = new(device);
        _prune = new(device);
        _initialize = device.Accelerator.LoadImplicitlyGroupedKernel<Index1D, ArrayView<int>, ArrayView<float>, uint, uint, uint, float>(
            InitializeKernel.Kernel, 1);
    }

    /// <summary>Where the kernels run.</summary>
    public CpuDevice Device => _device;

    public SimdWidth Width { get; }

    /// <summary>Z = X W1 + b1 of one chunk.</summary>
    public void HiddenForward(DeviceCohort cohort, DeviceImages images, int chunk) => _hiddenForward.Launch(Arguments(cohort, images, chunk));

    /// <summary>Logits of one chunk from Z.</summary>
    public void OutputForward(DeviceCohort cohort, DeviceImages images, int chunk) => _outputForward.Launch(Arguments(cohort, images, chunk));

    /// <summary>Logits, loss, counts and d2 of one chunk from Z.</summary>
    public void OutputForwardWithLoss(DeviceCohort cohort, DeviceImages images, int chunk) =>
        _outputForward.Launch(Arguments(cohort, images, chunk, mode: 1));

    /// <summary>dw2, d1 (over Z) and db1 of one chunk from d2 and Z.</summary>
    public void OutputBackward(DeviceCohort cohort, DeviceImages images, int chunk) => _outputBackward.Launch(Arguments(cohort, images, chunk));

    /// <summary>dW1 of one chunk from d1.</summary>
    public void HiddenBackward(DeviceCohort cohort, DeviceImages images, int chunk) => _hiddenBackward.Launch(Arguments(cohort, Trainable(images), chunk));

    /// <summary>All parameters from their gradients.</summary>
    public void Update(DeviceCohort cohort, DeviceImages images) => _update.Launch(Arguments(cohort, images, 0));

    /// <summary>One epoch over the images' schedule; totals of loss and counts are left in the cohort.</summary>
    public void TrainEpoch(DeviceCohort cohort, DeviceImages images) => _trainEpoch.Launch(Arguments(cohort, Trainable(images), 0));

    /// <summary>Logits [M, N] and active hidden units of each model, in the caller's order of models.</summary>
    public ModelEvaluation[] Evaluate(DeviceCohort cohort, DeviceImages images)
    {
        ColumnLayout layout = cohort.Layout;
        Accelerator accelerator = _device.Accelerator;
        using var logits = accelerator.Allocate1D<float>((long)layout.Slots.Count * images.Images);
        using var active = accelerator.Allocate1D<int>(layout.PaddedColumns);
        BlockArguments arguments = Arguments(cohort, images, 0);
        arguments.Output = new OutputViews { Values = logits.View, Active = active.View };
        _evaluate.Launch(arguments);

        float[] values = logits.GetAsArray1D();
        int[] flags = active.GetAsArray1D();
        var evaluations = new ModelEvaluation[layout.Slots.Count];
        for (int s = 0; s < evaluations.Length; s++)
        {
            ModelSlot slot = layout.Slots[s];
            evaluations[slot.Model] = new ModelEvaluation(
                values.AsMemory(s * images.Images, images.Images), flags.AsSpan(slot.Column, slot.Hidden).ToArray());
        }
        return evaluations;
    }

    /// <summary>Saliency maps [N, D] of each model, in the caller's order of models.</summary>
    public ReadOnlyMemory<float>[] Saliency(DeviceCohort cohort, DeviceImages images, SaliencyMethod method)
    {
        ColumnLayout layout = cohort.Layout;
        int size = checked(images.Images * layout.Inputs);
        using var maps = _device.Accelerator.Allocate1D<float>((long)layout.Slots.Count * size);
        using var unused = _device.Accelerator.Allocate1D<int>(1);
        BlockArguments arguments = Arguments(cohort, images, 0, (int)method);
        arguments.Output = new OutputViews { Values = maps.View, Active = unused.View };
        _saliency.Launch(arguments);

        float[] values = maps.GetAsArray1D();
        var result = new ReadOnlyMemory<float>[layout.Slots.Count];
        for (int s = 0; s < result.Length; s++)
            result[layout.Slots[s].Model] = values.AsMemory(s * size, size);
        return result;
    }

    /// <summary>Ranks the weights of all models; the ranks serve every level of <see cref="Prune"/>.</summary>
    /// <exception cref="ArgumentException">The ranks are of another layout.</exception>
    public void PruneRank(DeviceCohort cohort, PruneRanks ranks, PruneMethod method)
    {
        _pruneRank.Launch(PruneArguments(cohort, ranks, cohort, method));
        ranks.Method = method;
    }

    /// <summary>Writes the parameters of all models, without the share <paramref name="sparsity"/> of their weights, into another cohort.</summary>
    /// <param name="cohort">Not changed.</param>
    /// <param name="ranks">Made of this cohort by <see cref="PruneRank"/>.</param>
    /// <param name="sparsity">0..1; 0 copies.</param>
    /// <param name="target">Of the same layout; its gradients and scratch are not touched.</param>
    /// <exception cref="ArgumentException">Another layout, nothing ranked yet, or the target is the cohort itself.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Sparsity outside 0..1.</exception>
    public void Prune(DeviceCohort cohort, PruneRanks ranks, double sparsity, DeviceCohort target)
    {
        if (!(sparsity is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(sparsity), sparsity, "0..1 is right");
        if (ReferenceEquals(cohort, target))
            throw new ArgumentException("a cohort cannot be pruned into itself: its next level needs the weights", nameof(target));
        PruneMethod method = ranks.Method ?? throw new ArgumentException("nothing has been ranked yet", nameof(ranks));
        BlockArguments arguments = PruneArguments(cohort, ranks, target, method);
        ranks.SetLevel(method, sparsity);
        _prune.Launch(arguments);
    }

    /// <summary>Initial W1 [D, H] and w2 [H] of a model, normal with standard deviation <paramref name="std"/>; biases are 0.</summary>
    public ModelParameters Initialize(int inputs, int hidden, ulong identity, uint seed, float std)
    {
        int count = checked((inputs + 1) * hidden);
        using var table = _device.Accelerator.Allocate1D(_gaussianTable);
        using var output = _device.Accelerator.Allocate1D<float>(count);
        _initialize(_device.Accelerator.DefaultStream, (count + 3) / 4, table.View, output.View, (uint)(identity >> 32), (uint)identity, seed, std);
        float[] values = output.GetAsArray1D();
        return new ModelParameters(values[..(inputs * hidden)], new float[hidden], values[(inputs * hidden)..], 0f);
    }

    internal BlockArguments Arguments(DeviceCohort cohort, DeviceImages images, int chunk, int mode = 0)
    {
        // Kernel bodies take pointers and check nothing: what does not fit together would read other memory.
        if (images.Inputs != cohort.Layout.Inputs)
            throw new ArgumentException($"images of {images.Inputs} pixels for models of {cohort.Layout.Inputs} inputs", nameof(images));
        ArgumentOutOfRangeException.ThrowIfNegative(chunk);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(chunk, images.Chunks);
        return new BlockArguments
        {
            Cohort = cohort.Cohort,
            Images = images.Views,
            Scratch = cohort.Scratch,
            Output = new OutputViews { Values = cohort.Scratch.Logits, Active = cohort.Scratch.Counts },
            Chunk = chunk,
            Form = (int)images.Form,
            Width = (int)Width,
            Mode = mode,
        };
    }

    internal BlockArguments PruneArguments(DeviceCohort cohort, PruneRanks ranks, DeviceCohort target, PruneMethod method)
    {
        if (!ranks.Layout.IsSameAs(cohort.Layout))
            throw new ArgumentException("ranks of another layout", nameof(ranks));
        if (!target.Layout.IsSameAs(cohort.Layout))
            throw new ArgumentException("a target of another layout", nameof(target));
        PruneViews views = ranks.Views;
        views.Target = target.Cohort;
        return new BlockArguments { Cohort = cohort.Cohort, Scratch = cohort.Scratch, Prune = views, Width = (int)Width, Mode = (int)method };
    }

    private static DeviceImages Trainable(DeviceImages images) => images.HasBackward
        ? images
        : throw new ArgumentException("images made without their backward form cannot be trained on", nameof(images));
}

/// <summary>One model on one set of images: logit of each image, and 1 for each hidden unit above 0 on some image.</summary>
public sealed record ModelEvaluation(ReadOnlyMemory<float> Logits, int[] Active);
