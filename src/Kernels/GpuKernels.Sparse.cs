using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using ILGPU;

namespace GpuMlp.Kernels;

/// <summary>Compressed weights and weights under a mask.</summary>
internal sealed partial class GpuKernels
{
    private readonly GpuLauncher<CompressGpu> _compress;
    private readonly GpuLauncher<SparseQuantiseGpu> _sparseQuantise;
    private readonly GpuLauncher<SparseEvaluateGpu> _sparseEvaluate;
    private readonly GpuLauncher<SparseBackwardGpu> _sparseBackward;
    private readonly GpuLauncher<SparseSaliencyGpu> _sparseSaliency;
    private readonly GpuLauncher<ClearGpu> _clear;
    private readonly GpuLauncher<MaskGpu> _mask;

    private void Compress(in BlockArguments arguments)
    {
        // Views that a launch does not use must be valid all the same.
        bool hasRanks = arguments.Prune.RanksW1.IsValid;
        _compress.Launch(checked(Slots(arguments.Cohort) * arguments.Sparse.Levels), new CompressGpu
        {
            Cohort = arguments.Cohort,
            Sparse = arguments.Sparse,
            RanksW1 = hasRanks ? arguments.Prune.RanksW1 : arguments.Sparse.Starts,
            RanksW2 = hasRanks ? arguments.Prune.RanksW2 : arguments.Sparse.Starts,
            HasRanks = hasRanks ? 1 : 0,
            Pass = arguments.Mode,
        });
    }

    private void SparseEvaluate(in BlockArguments arguments)
    {
        // A view that a launch does not use must be valid all the same.
        SparseEvaluateGpu job = SparseEvaluateJob(arguments, arguments.Output, z: arguments.Output.Values);
        job.Tiles = PixelTiles.Tiles(job.Images);

        // The kernel only ever sets flags.
        Clear(arguments.Output.Active);
        _sparseEvaluate.Launch(job.Groups, job);
    }

    private SparseEvaluateGpu SparseEvaluateJob(in BlockArguments arguments, OutputViews output, ArrayView<float> z) => new()
    {
        Sparse = arguments.Sparse,
        Weights = SparseQuantise(arguments),
        Slots = arguments.Cohort.Slots,
        TileRows = arguments.Images.TileRows,
        Pixels = arguments.Images.TileBytes,
        Output = output,
        Z = z,
        Images = arguments.Images.Images,
        Inputs = arguments.Cohort.Inputs,
    };

    private GpuSparseWeights SparseQuantise(in BlockArguments arguments)
    {
        var job = new SparseQuantiseGpu
        {
            Sparse = arguments.Sparse,
            Weights = new GpuSparseWeights
            {
                Values = _device.Workspace.Take<int>("quantised entries", arguments.Sparse.Value.Length),
                Exponents = _device.Workspace.Take<int>("exponents", arguments.Sparse.B1.Length),
                Biases = _device.Workspace.Take<int>("quantised biases", arguments.Sparse.B1.Length),
                Failed = _device.Workspace.Take<int>("failed", arguments.Sparse.B2.Length),
            },
            Slots = arguments.Cohort.Slots,
            Inputs = arguments.Cohort.Inputs,
        };
        _sparseQuantise.Launch(job.Groups, job);
        return job.Weights;
    }

    private void SparseBackward(in BlockArguments arguments, DeviceImages images)
    {
        Chunk chunk = images.Schedule.Chunks[arguments.Chunk];
        var job = new SparseBackwardGpu
        {
            Sparse = arguments.Sparse,
            Cohort = arguments.Cohort,
            Failed = chunk.IsLast ? Quantised(arguments).Failed : arguments.Scratch.Failed,
            Scale = ExactSums.GradientScale(chunk.BatchRows),
            Activations = ScratchActivations(arguments),
            TileRows = arguments.Images.TileRows,
            Pixels = arguments.Images.TileBytes,
            Sums = arguments.Output.Sums,
            Gradient = arguments.Output.Values,
            FirstTile = chunk.FirstRow / PixelTiles.TileImages,
            Rows = chunk.Rows,
            Inputs = arguments.Cohort.Inputs,
            IsFirst = chunk.IsFirst ? 1 : 0,
            IsLast = chunk.IsLast ? 1 : 0,
        };
        _sparseBackward.Launch(job.Groups, job);
    }

    // A forward pass that keeps Z, then the maps, for as many tiles of images at once as there is room for.
    private void SparseSaliency(in BlockArguments arguments)
    {
        int images = arguments.Images.Images, tiles = PixelTiles.Tiles(images), columns = arguments.Sparse.B1.IntLength;
        int atOnce = (int)Math.Clamp(GpuWorkspace.MostFloats / ((long)columns * PixelTiles.TileImages), 1, tiles);
        ArrayView<float> z = _device.Workspace.Take<float>("activations", (long)columns * atOnce * PixelTiles.TileImages);
        var output = new OutputViews
        {
            Values = _device.Workspace.Take<float>("logits", (long)Slots(arguments.Cohort) * images),
            Active = _device.Workspace.Take<int>("active", columns),
        };
        SparseEvaluateGpu forward = SparseEvaluateJob(arguments, output, z);
        forward.KeepsZ = 1;
        for (int tile = 0; tile < tiles; tile += atOnce)
        {
            forward.FirstTile = tile;
            forward.Tiles = Math.Min(atOnce, tiles - tile);
            _sparseEvaluate.Launch(forward.Groups, forward);
            var maps = new SparseSaliencyGpu
            {
                Sparse = arguments.Sparse,
                Slots = arguments.Cohort.Slots,
                Z = z,
                Logits = output.Values,
                Maps = arguments.Output.Values,
                FirstTile = tile,
                Tiles = forward.Tiles,
                Images = images,
                Inputs = arguments.Cohort.Inputs,
                Method = arguments.Mode,
            };
            _sparseSaliency.Launch(maps.Groups, maps);
        }
    }

    private void MaskWeights(in BlockArguments arguments)
    {
        if (arguments.Cohort.HasMask != 0)
            Mask(arguments.Cohort, arguments.Cohort.W1, arguments.Cohort.W2);
    }

    private void Mask(in CohortViews cohort, ArrayView<float> first, ArrayView<float> second)
    {
        var job = new MaskGpu { Cohort = cohort, First = first, Second = second };
        _mask.Launch(job.Groups, job);
    }
}
