using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Training;
using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels;

/// <summary>
/// The operations on cohorts of one device. This class checks what fits together and gathers the arguments; what runs is the
/// device's own. Work is started in order on the device's stream; whatever downloads waits for it.
/// </summary>
public abstract partial class CohortKernels
{
    private readonly Action<AcceleratorStream, Index1D, ArrayView<int>, ArrayView<float>, uint, uint, uint, float> _initialize;
    private readonly Lazy<CorruptLauncher> _corrupt;
    private readonly int[] _gaussianTable = GaussianTable.Create();

    private protected CohortKernels(ComputeDevice device, SimdWidth width)
    {
        Device = device;
        Width = width;
        _corrupt = new(() => new CorruptLauncher(device));
        _initialize = device.Accelerator.LoadImplicitlyGroupedKernel<Index1D, ArrayView<int>, ArrayView<float>, uint, uint, uint, float>(
            InitializeKernel.Kernel, device.ElementGroup);
    }

    /// <summary>Loads the kernels of a device; they live as long as the object.</summary>
    /// <param name="device">The device that all arguments must lie on.</param>
    /// <param name="width">Registers of a CPU to use; the best of the machine when null.</param>
    /// <exception cref="ArgumentException">There are no kernels for such a device.</exception>
    public static CohortKernels Create(ComputeDevice device, SimdWidth? width = null) => device switch
    {
        CpuDevice cpu => new CpuKernels(cpu, width ?? SimdSupport.Best),
        GpuDevice gpu => gpu.Kernels,
        _ => throw new ArgumentException($"no kernels for a device of kind {device.Kind}", nameof(device)),
    };

    /// <summary>Where the kernels run.</summary>
    public ComputeDevice Device { get; }

    /// <summary>Registers that CPU kernels use.</summary>
    public SimdWidth Width { get; }

    /// <summary>Starts an operation; its arguments have been checked.</summary>
    /// <param name="images">The images that the arguments are of; null for operations without images.</param>
    private protected abstract void Launch(KernelOperation operation, in BlockArguments arguments, DeviceImages? images);

    /// <summary>Starts an operation on arguments that the caller has made, unchecked: for tests.</summary>
    internal void Start(KernelOperation operation, in BlockArguments arguments, DeviceImages? images) => Launch(operation, arguments, images);

    /// <summary>Z = X W1 + b1 of one chunk.</summary>
    public void HiddenForward(DeviceCohort cohort, DeviceImages images, int chunk) => Launch(KernelOperation.HiddenForward, Arguments(cohort, images, chunk), images);

    /// <summary>Logits of one chunk from Z.</summary>
    public void OutputForward(DeviceCohort cohort, DeviceImages images, int chunk) => Launch(KernelOperation.OutputForward, Arguments(cohort, images, chunk), images);

    /// <summary>Logits, loss, counts and d2 of one chunk from Z.</summary>
    public void OutputForwardWithLoss(DeviceCohort cohort, DeviceImages images, int chunk) =>
        Launch(KernelOperation.OutputForward, Arguments(cohort, images, chunk, mode: 1), images);

    /// <summary>dw2, d1 (over Z) and db1 of one chunk from d2 and Z.</summary>
    public void OutputBackward(DeviceCohort cohort, DeviceImages images, int chunk) => Launch(KernelOperation.OutputBackward, Arguments(cohort, images, chunk), images);

    /// <summary>dW1 of one chunk from d1.</summary>
    public void HiddenBackward(DeviceCohort cohort, DeviceImages images, int chunk) => Launch(KernelOperation.HiddenBackward, Arguments(cohort, Trainable(images), chunk), images);

    /// <summary>All parameters from their gradients.</summary>
    public void Update(DeviceCohort cohort, DeviceImages images) => Launch(KernelOperation.Update, Arguments(cohort, images, 0), images);

    /// <summary>One epoch over the images' schedule; totals of loss and counts are left in the cohort.</summary>
    public void TrainEpoch(DeviceCohort cohort, DeviceImages images) => Launch(KernelOperation.TrainEpoch, Arguments(cohort, Trainable(images), 0), images);

    /// <summary>Logits [M, N] and active hidden units of each model, in the caller's order of models.</summary>
    public ModelEvaluation[] Evaluate(DeviceCohort cohort, DeviceImages images)
    {
        using var buffer = new EvaluationBuffer(Device, cohort.Layout, images.Images);
        Evaluate(cohort, images, buffer);
        return buffer.Download();
    }

    /// <summary>Starts the same into a buffer.</summary>
    /// <exception cref="ArgumentException">The buffer is of another layout or number of images.</exception>
    public void Evaluate(DeviceCohort cohort, DeviceImages images, EvaluationBuffer buffer)
    {
        BlockArguments arguments = Arguments(cohort, images, 0);
        arguments.Output = buffer.ViewsFor(cohort.Layout, images.Images);
        Launch(KernelOperation.Evaluate, arguments, images);
    }

    /// <summary>Saliency maps [N, D] of each model, in the caller's order of models.</summary>
    public ReadOnlyMemory<float>[] Saliency(DeviceCohort cohort, DeviceImages images, SaliencyMethod method)
    {
        using var buffer = new SaliencyBuffer(Device, cohort.Layout, images.Images);
        Saliency(cohort, images, method, buffer);
        return buffer.Download();
    }

    /// <summary>Starts the same into a buffer.</summary>
    /// <exception cref="ArgumentException">The buffer is of another layout or number of images.</exception>
    public void Saliency(DeviceCohort cohort, DeviceImages images, SaliencyMethod method, SaliencyBuffer buffer)
    {
        BlockArguments arguments = Arguments(cohort, images, 0, (int)method);
        arguments.Output = buffer.ViewsFor(cohort.Layout, images.Images);
        Launch(KernelOperation.Saliency, arguments, images);
    }

    /// <summary>Ranks the weights of all models; the ranks serve every level of <see cref="Prune"/>.</summary>
    /// <exception cref="ArgumentException">The ranks are of another layout.</exception>
    public void PruneRank(DeviceCohort cohort, PruneRanks ranks, PruneMethod method)
    {
        Launch(KernelOperation.PruneRank, PruneArguments(cohort, ranks, cohort, method), images: null);
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
        CheckLevel(sparsity);
        if (ReferenceEquals(cohort, target))
            throw new ArgumentException("a cohort cannot be pruned into itself: its next level needs the weights", nameof(target));
        PruneMethod method = ranks.Method ?? throw new ArgumentException("nothing has been ranked yet", nameof(ranks));
        BlockArguments arguments = PruneArguments(cohort, ranks, target, method);
        ranks.SetLevel(method, sparsity);
        Launch(KernelOperation.Prune, arguments, images: null);
    }

    /// <summary>Corrupted images, unsigned bytes [N, rows * columns]: the same bytes on every device.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A severity that the kind does not have; see <see cref="CorruptionRules"/>.</exception>
    public byte[] Corrupt(CorruptionSource source, Corruption corruption) => _corrupt.Value.Run(source, corruption);

    /// <summary>relu(Z) [N, H] of one model, row-major.</summary>
    /// <param name="model">Position in the caller's order of models.</param>
    public float[] HiddenActivations(DeviceCohort cohort, DeviceImages images, int model)
    {
        ColumnLayout layout = cohort.Layout;
        ModelSlot slot = layout.Slots.Single(slot => slot.Model == model);
        ColumnBlock block = layout.Blocks[slot.Block];
        var activations = new float[images.Images * slot.Hidden];
        for (int chunk = 0; chunk < images.Chunks; chunk++)
        {
            HiddenForward(cohort, images, chunk);
            ArrayView<float> all = cohort.Scratch.Activations;
            float[] z = Device.Download(all.SubView(ChunkSchedule.ChunkRows * block.FirstColumn, ChunkSchedule.ChunkRows * block.Stride));
            Chunk place = images.Schedule.Chunks[chunk];
            for (int n = 0; n < place.Rows; n++)
            {
                for (int h = 0; h < slot.Hidden; h++)
                    activations[((place.FirstRow + n) * slot.Hidden) + h] = Math.Max(z[(n * block.Stride) + slot.Column - block.FirstColumn + h], 0);
            }
        }
        return activations;
    }

    /// <summary>Initial W1 [D, H] and w2 [H] of a model, normal with standard deviation <paramref name="std"/>; biases are 0.</summary>
    public ModelParameters Initialize(int inputs, int hidden, ulong identity, uint seed, float std)
    {
        int count = checked((inputs + 1) * hidden);
        using var table = Device.Upload(_gaussianTable);
        using var output = Device.Accelerator.Allocate1D<float>(count);
        _initialize(Device.Stream, (count + 3) / 4, table.View, output.View, (uint)(identity >> 32), (uint)identity, seed, std);
        float[] values = Device.Download<float>(output.View);
        return new ModelParameters(values[..(inputs * hidden)], new float[hidden], values[(inputs * hidden)..], 0f);
    }

    internal BlockArguments Arguments(DeviceCohort cohort, DeviceImages images, int chunk, int mode = 0)
    {
        // Kernel bodies take pointers and check nothing: what does not fit together would read other memory.
        if (images.Inputs != cohort.Layout.Inputs)
            throw new ArgumentException($"images of {images.Inputs} pixels for models of {cohort.Layout.Inputs} inputs", nameof(images));
        if (images.Form == KernelForm.WeightSparse)
            throw new ArgumentException($"images in the form {images.Form} are for compressed cohorts", nameof(images));
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
