using GpuMlp.Kernels.Compress;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Evaluate;
using GpuMlp.Kernels.Gpu;
using GpuMlp.Kernels.HiddenBackward;
using GpuMlp.Kernels.HiddenForward;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Mask;
using GpuMlp.Kernels.OutputBackward;
using GpuMlp.Kernels.OutputForward;
using GpuMlp.Kernels.Prune;
using GpuMlp.Kernels.Saliency;
using GpuMlp.Kernels.Simd;
using GpuMlp.Kernels.SparseBackward;
using GpuMlp.Kernels.SparseEvaluate;
using GpuMlp.Kernels.SparseSaliency;
using GpuMlp.Kernels.TrainEpoch;
using GpuMlp.Kernels.Update;
using ILGPU;

namespace GpuMlp.Kernels;

/// <summary>
/// The operations on a GPU: each is one launch or a few on the device's stream, and returns before they are done. Operations
/// on one chunk work in the cohort's scratch; those on all images in the device's workspace, in runs as long as fill the device.
/// </summary>
internal sealed partial class GpuKernels : CohortKernels
{
    // Groups that keep the largest GPU of today busy: 132 processors with four groups of 128 threads each, twice over.
    private const int EnoughGroups = 1056;

    // Floats of activations, and of partial sums, that a run may take: 256 MiB each.
    private const long MostFloats = GpuWorkspace.MostFloats;

    // A forward product of at most so many images and so few tiles leaves processors idle, and is cut finer.
    private const int SmallRows = 128, FewGroups = EnoughGroups / 8;

    private readonly GpuDevice _device;
    private readonly GpuLauncher<HiddenForwardGpu> _hiddenForward;
    private readonly GpuLauncher<HiddenForwardSmallGpu> _hiddenForwardSmall;
    private readonly GpuLauncher<HiddenBackwardGpu> _hiddenBackward, _hiddenBackwardUpdate;
    private readonly GpuLauncher<OutputForwardGpu> _logits, _loss;
    private readonly GpuLauncher<OutputBackwardGpu> _outputBackward;
    private readonly GpuLauncher<OutputPassGpu> _outputPass;
    private readonly GpuLauncher<UpdateGpu> _update;
    private readonly GpuLauncher<ActiveGpu> _active;
    private readonly GpuLauncher<SaliencyGpu> _saliency;
    private readonly GpuLauncher<SmoothScaleGpu> _smoothScale;
    private readonly GpuLauncher<PruneRankGpu> _pruneRank;
    private readonly GpuLauncher<PruneGpu> _prune;

    public GpuKernels(GpuDevice device)
        : base(device, SimdWidth.V128)
    {
        _device = device;
        _hiddenForward = new(device, HiddenForwardGpu.Kernel, TileProduct.Threads);
        _hiddenForwardSmall = new(device, HiddenForwardSmallGpu.Kernel, HiddenForwardSmallGpu.Threads);
        _hiddenBackward = new(device, HiddenBackwardGpu.Kernel, TileProduct.Threads);
        _hiddenBackwardUpdate = new(device, HiddenBackwardGpu.Update, TileProduct.Threads);
        _hiddenForwardSparse = new(device, HiddenForwardSparseGpu.Kernel, HiddenForwardSparseGpu.Threads);
        _hiddenBackwardSparse = new(device, HiddenBackwardSparseGpu.Kernel, HiddenBackwardSparseGpu.Threads);
        _logits = new(device, OutputForwardGpu.Logits, OutputForwardGpu.LogitThreads);
        _loss = new(device, OutputForwardGpu.Loss, OutputForwardGpu.Threads);
        _outputBackward = new(device, OutputBackwardGpu.Kernel, OutputBackwardGpu.Threads);
        _outputPass = new(device, OutputPassGpu.Kernel, OutputPassGpu.Threads);
        _update = new(device, UpdateGpu.Kernel, UpdateGpu.Threads);
        _active = new(device, ActiveGpu.Kernel, ActiveGpu.Threads);
        _saliency = new(device, SaliencyGpu.Kernel, SaliencyGpu.Threads);
        _smoothScale = new(device, SmoothScaleGpu.Kernel, SmoothScaleGpu.Threads);
        _pruneRank = new(device, PruneRankGpu.Kernel, PruneRankGpu.Threads);
        _prune = new(device, PruneGpu.Kernel, PruneGpu.Threads);
        _compress = new(device, CompressGpu.Kernel, CompressGpu.Threads);
        _sparseEvaluate = new(device, SparseEvaluateGpu.Kernel, SparseEvaluateGpu.Threads);
        _sparseBackward = new(device, SparseBackwardGpu.Kernel, SparseBackwardGpu.Threads);
        _sparseSaliency = new(device, SparseSaliencyGpu.Kernel, SparseSaliencyGpu.Threads);
        _clear = new(device, ClearGpu.Kernel, ClearGpu.Threads);
        _mask = new(device, MaskGpu.Kernel, MaskGpu.Threads);
    }

    /// <summary>A bound on the segments of images that go at once, 1 or more; no bit depends on it.</summary>
    internal int MostSegments { get; set; } = int.MaxValue;

    /// <summary>False computes small batches in large tiles; no bit depends on it.</summary>
    internal bool SplitsSmall { get; set; } = true;

    private protected override void Launch(KernelOperation operation, in BlockArguments arguments, DeviceImages? images)
    {
        if (ReadsWeights(operation))
            MaskWeights(arguments);
        switch (operation)
        {
            case KernelOperation.HiddenForward: HiddenForward(arguments, OfChunk(arguments, images!), ScratchActivations(arguments)); break;
            case KernelOperation.OutputForward: OutputForward(arguments, images!); break;
            case KernelOperation.OutputBackward: OutputBackward(arguments, images!); MaskGradients(arguments, images!); break;
            case KernelOperation.HiddenBackward: HiddenBackward(arguments, images!); MaskGradients(arguments, images!); break;
            case KernelOperation.Update: Update(arguments); MaskWeights(arguments); break;
            case KernelOperation.TrainEpoch: TrainEpoch(arguments, images!); break;
            case KernelOperation.Evaluate: Evaluate(arguments, images!); break;
            case KernelOperation.Saliency: Saliency(arguments, images!); break;
            case KernelOperation.PruneRank: PruneRank(arguments); break;
            case KernelOperation.Prune: Prune(arguments); break;
            case KernelOperation.Compress: Compress(arguments); break;
            case KernelOperation.SparseEvaluate: SparseEvaluate(arguments); break;
            case KernelOperation.SparseBackward: SparseBackward(arguments, images!); break;
            case KernelOperation.SparseSaliency: SparseSaliency(arguments); break;
            default: throw new ArgumentOutOfRangeException(nameof(operation), operation, "not an operation on cohorts");
        }
    }

    private static int Slots(in CohortViews cohort) => cohort.Slots.IntLength / 2;

    private static int Vectors(in CohortViews cohort) => cohort.Vectors.IntLength / ColumnLayout.VectorFields;

    private static GpuActivations ScratchActivations(in BlockArguments arguments) =>
        new() { Values = arguments.Scratch.Activations, Capacity = ChunkSchedule.ChunkRows };

    private static GpuImages Run(in BlockArguments arguments, int first, int rows, int batchRows, int chunk) => new()
    {
        Pixels = arguments.Images.Bytes,
        Labels = arguments.Images.Labels,
        Pitch = DeviceImages.Pitch(arguments.Cohort.Inputs),
        First = first,
        Rows = rows,
        BatchRows = batchRows,
        Chunk = chunk,
    };

    private static GpuImages OfChunk(in BlockArguments arguments, DeviceImages images)
    {
        Chunk chunk = images.Schedule.Chunks[arguments.Chunk];
        return Run(arguments, chunk.FirstRow, chunk.Rows, chunk.BatchRows, arguments.Chunk);
    }

    private static int IsFirst(in BlockArguments arguments, DeviceImages images) => images.Schedule.Chunks[arguments.Chunk].IsFirst ? 1 : 0;

    private static GpuTotals Totals(in BlockArguments arguments) =>
        new() { Loss = arguments.Scratch.Loss.Cast<float>(), Counts = arguments.Scratch.Counts };

    private static GpuGradients Gradients(in BlockArguments arguments) => new()
    {
        W1 = arguments.Scratch.GradW1,
        B1 = arguments.Scratch.GradB1,
        W2 = arguments.Scratch.GradW2,
        B2 = arguments.Scratch.GradB2,
    };

    private void HiddenForward(in BlockArguments arguments, GpuImages run, GpuActivations activations)
    {
        if (IsSparse(arguments, run))
        {
            HiddenForwardSparse(arguments, run, activations);
            return;
        }
        int groups = TileProduct.Groups(run.Rows, Vectors(arguments.Cohort), parts: 1);
        if (run.Rows <= SmallRows && groups < FewGroups && SplitsSmall)
        {
            _hiddenForwardSmall.Launch(
                HiddenForwardSmallGpu.Groups(run.Rows, Vectors(arguments.Cohort)),
                new HiddenForwardSmallGpu { Cohort = arguments.Cohort, Images = run, Activations = activations });
            return;
        }
        _hiddenForward.Launch(
            groups,
            new HiddenForwardGpu { Cohort = arguments.Cohort, Images = run, Activations = activations });
    }

    private void OutputForward(in BlockArguments arguments, DeviceImages images)
    {
        GpuImages run = OfChunk(arguments, images);
        var job = new OutputForwardGpu
        {
            Cohort = arguments.Cohort,
            Images = run,
            Activations = ScratchActivations(arguments),
            Values = arguments.Scratch.Logits,
            ValueStride = ChunkSchedule.ChunkRows,
            Totals = Totals(arguments),
            GradB2 = arguments.Scratch.GradB2,
            IsFirst = IsFirst(arguments, images),
        };
        if (arguments.Mode == 1)
            _loss.Launch(Slots(arguments.Cohort), job);
        else
            Logits(job);
    }

    private void Logits(in OutputForwardGpu job)
    {
        int runs = (job.Images.Rows + OutputForwardGpu.LogitThreads - 1) / OutputForwardGpu.LogitThreads;
        _logits.Launch(checked(Slots(job.Cohort) * runs), job);
    }

    private void OutputBackward(in BlockArguments arguments, DeviceImages images) => _outputBackward.Launch(
        Slots(arguments.Cohort),
        new OutputBackwardGpu
        {
            Cohort = arguments.Cohort,
            Activations = ScratchActivations(arguments),
            Deltas = arguments.Scratch.Logits,
            ValueStride = ChunkSchedule.ChunkRows,
            Rows = OfChunk(arguments, images).Rows,
            GradW2 = arguments.Scratch.GradW2,
            GradB1 = arguments.Scratch.GradB1,
            IsFirst = IsFirst(arguments, images),
        });

    private void HiddenBackward(in BlockArguments arguments, DeviceImages images) => HiddenBackward(
        arguments, OfChunk(arguments, images), ScratchActivations(arguments), arguments.Scratch.GradW1, goesOn: IsFirst(arguments, images) == 0, updates: false);

    private void HiddenBackward(in BlockArguments arguments, GpuImages run, GpuActivations activations, ArrayView<float> gradient, bool goesOn, bool updates)
    {
        if (IsSparse(arguments, run))
        {
            HiddenBackwardSparse(arguments, run, activations, gradient, goesOn, updates);
            return;
        }
        (updates ? _hiddenBackwardUpdate : _hiddenBackward).Launch(
            TileProduct.Groups(arguments.Cohort.Inputs, Vectors(arguments.Cohort), Segments(run.Rows)),
            new HiddenBackwardGpu { Cohort = arguments.Cohort, Images = run, Activations = activations, Gradient = gradient, GoesOn = goesOn ? 1 : 0 });
    }

    private GpuActivations Activations(in CohortViews cohort, int rows) =>
        new() { Values = _device.Workspace.Take<float>("activations", rows * cohort.B1.Length), Capacity = rows };

    // Segments that are worked on at once: as many as fill the device, within memory. No bit depends on it.
    private int SegmentsAtOnce(in CohortViews cohort)
    {
        int filled = (EnoughGroups + TileProduct.Groups(cohort.Inputs, Vectors(cohort), 1) - 1) / TileProduct.Groups(cohort.Inputs, Vectors(cohort), 1);
        long fit = Math.Min(MostFloats / cohort.W1.Length, MostFloats / (HiddenBackwardGpu.Segment * cohort.B1.Length));
        return (int)Math.Clamp(Math.Min(filled, MostSegments), 1, Math.Max(1, fit));
    }

    // Images of a run through the forward pass alone.
    private int RowsAtOnce(in CohortViews cohort, int images) => Math.Min(images, HiddenBackwardGpu.Segment * SegmentsAtOnce(cohort));
}
