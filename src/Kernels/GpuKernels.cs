using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Products.Digits;
using GpuMlp.Kernels.Training;
using ILGPU;

namespace GpuMlp.Kernels;

/// <summary>
/// The operations on a GPU: each is one launch or a few on the device's stream, and returns before they are done. Operations
/// on one chunk work in the cohort's scratch; those on all images in the device's workspace, in runs as long as fill the device.
/// </summary>
internal sealed partial class GpuKernels : CohortKernels
{
    private readonly GpuDevice _device;
    private readonly GpuProductParts _parts;
    private readonly GpuTileProducts _tiles;
    private readonly GpuListProducts _lists;
    private readonly DigitProducts _digits;
    private readonly GpuLauncher<OutputForwardGpu> _logits;
    private readonly GpuLauncher<OutputBackwardGpu> _outputBackward;
    private readonly GpuLauncher<ActiveGpu> _active;
    private readonly GpuLauncher<SaliencyGpu> _saliency;
    private readonly GpuLauncher<SmoothScaleGpu> _smoothScale;
    private readonly GpuLauncher<PruneRankGpu> _pruneRank;
    private readonly GpuLauncher<PruneGpu> _prune;

    public GpuKernels(GpuDevice device)
        : base(device, SimdWidth.V128)
    {
        _device = device;
        _parts = new(device);
        _tiles = new(device, _parts);
        _lists = new(device, _parts);
        _digits = new(device);
        _quantise = new(device, QuantiseGpu.Kernel, QuantiseGpu.Threads);
        _logits = new(device, OutputForwardGpu.Kernel, OutputForwardGpu.Threads);
        _outputBackward = new(device, OutputBackwardGpu.Kernel, OutputBackwardGpu.Threads);
        _outputPass = new(device, OutputPassGpu.Kernel, OutputPassGpu.Threads);
        _totals = new(device, TotalsGpu.Kernel, TotalsGpu.Threads);
        _gradient = new(device, GradientGpu.Kernel, GradientGpu.Threads);
        _update = new(device, UpdateGpu.Kernel, UpdateGpu.Threads);
        _active = new(device, ActiveGpu.Kernel, ActiveGpu.Threads);
        _saliency = new(device, SaliencyGpu.Kernel, SaliencyGpu.Threads);
        _smoothScale = new(device, SmoothScaleGpu.Kernel, SmoothScaleGpu.Threads);
        _pruneRank = new(device, PruneRankGpu.Kernel, PruneRankGpu.Threads);
        _prune = new(device, PruneGpu.Kernel, PruneGpu.Threads);
        _compress = new(device, CompressGpu.Kernel, CompressGpu.Threads);
        _sparseQuantise = new(device, SparseQuantiseGpu.Kernel, SparseQuantiseGpu.Threads);
        _sparseEvaluate = new(device, SparseEvaluateGpu.Kernel, SparseEvaluateGpu.Threads);
        _sparseBackward = new(device, SparseBackwardGpu.Kernel, SparseBackwardGpu.Threads);
        _sparseSaliency = new(device, SparseSaliencyGpu.Kernel, SparseSaliencyGpu.Threads);
        _clear = new(device, ClearGpu.Kernel, ClearGpu.Threads);
        _mask = new(device, MaskGpu.Kernel, MaskGpu.Threads);
    }

    /// <summary>A bound on the parts in which images are dealt out, and on the chunks of a run, 1 or more; no bit depends on it.</summary>
    internal int MostSegments
    {
        get => _parts.Most;
        set => _parts.Most = value;
    }

    /// <summary>Its products in bytes.</summary>
    internal DigitProducts Digits => _digits;

    /// <summary>False computes small batches in large tiles; no bit depends on it.</summary>
    internal bool SplitsSmall
    {
        get => _tiles.SplitsSmall;
        set => _tiles.SplitsSmall = value;
    }

    private protected override void Launch(KernelOperation operation, in BlockArguments arguments, DeviceImages? images)
    {
        switch (operation)
        {
            case KernelOperation.HiddenForward: HiddenForward(arguments, images!); break;
            case KernelOperation.OutputForward: OutputForward(arguments, images!); break;
            case KernelOperation.OutputBackward: OutputBackward(arguments, images!); break;
            case KernelOperation.HiddenBackward: HiddenBackward(arguments, images!); break;
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

    private IGpuProducts Products(in BlockArguments arguments) => arguments.Form == (int)KernelForm.InputSparse ? _lists : _tiles;

    private static GpuImages Run(in BlockArguments arguments, int first, int rows, int chunk) => new()
    {
        Pixels = arguments.Images.Bytes,
        Labels = arguments.Images.Labels,
        Pitch = DeviceImages.Pitch(arguments.Cohort.Inputs),
        First = first,
        Rows = rows,
        Chunk = chunk,
    };

    private static GpuImages OfChunk(in BlockArguments arguments, DeviceImages images)
    {
        Chunk chunk = images.Schedule.Chunks[arguments.Chunk];
        return Run(arguments, chunk.FirstRow, chunk.Rows, arguments.Chunk);
    }

    private void HiddenForward(in BlockArguments arguments, DeviceImages images) =>
        Products(arguments).Forward(arguments, Quantised(arguments), OfChunk(arguments, images), ScratchActivations(arguments));

    private void OutputForward(in BlockArguments arguments, DeviceImages images)
    {
        GpuImages run = OfChunk(arguments, images);
        ArrayView<int> failed = Quantised(arguments).Failed;
        if (arguments.Mode != 1)
        {
            Logits(arguments.Cohort, failed, ScratchActivations(arguments), run.Rows, arguments.Scratch.Logits, ChunkSchedule.ChunkRows, 0);
            return;
        }
        var pass = new OutputPassGpu
        {
            Cohort = arguments.Cohort,
            Images = run,
            Activations = ScratchActivations(arguments),
            Failed = failed,
            Totals = ScratchTotals(arguments),
            Parts = GpuParts.Of(run.Rows, 1),
            Values = arguments.Scratch.Logits,
            ValueStride = ChunkSchedule.ChunkRows,
            OpensBatch = images.Schedule.Chunks[arguments.Chunk].IsFirst ? 1 : 0,
        };
        _outputPass.Launch(pass.Groups, pass);
    }

    private void Logits(
        in CohortViews cohort, ArrayView<int> failed, in GpuActivations activations, int rows, ArrayView<float> values, int stride, int offset)
    {
        var job = new OutputForwardGpu
        {
            Cohort = cohort,
            Activations = activations,
            Failed = failed,
            Values = values,
            ValueStride = stride,
            ValueOffset = offset,
            Rows = rows,
        };
        _logits.Launch(job.Groups, job);
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
        });

    private GpuActivations Activations(in CohortViews cohort, int rows) =>
        new() { Values = _device.Workspace.Take<float>("activations", rows * cohort.B1.Length), Capacity = rows };

    // Images of a run: whole chunks, as many as there is memory for. No bit depends on it.
    private int RowsAtOnce(in CohortViews cohort) =>
        ChunkSchedule.ChunkRows * (int)Math.Clamp(GpuWorkspace.MostFloats / (ChunkSchedule.ChunkRows * cohort.B1.Length), 1, Math.Min(MostSegments, 1 << 22));
}
