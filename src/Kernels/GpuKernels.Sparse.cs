using GpuMlp.Kernels.Compress;
using GpuMlp.Kernels.Gpu;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
using GpuMlp.Kernels.Mask;
using GpuMlp.Kernels.SparseEvaluate;
using ILGPU;

namespace GpuMlp.Kernels;

/// <summary>Compressed weights and weights under a mask.</summary>
internal sealed partial class GpuKernels
{
    private readonly GpuLauncher<CompressGpu> _compress;
    private readonly GpuLauncher<SparseEvaluateGpu> _sparseEvaluate;
    private readonly GpuLauncher<MaskGpu> _mask;

    private static bool ReadsWeights(KernelOperation operation) =>
        operation is KernelOperation.HiddenForward or KernelOperation.TrainEpoch or KernelOperation.Evaluate or KernelOperation.Saliency;

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
        var job = new SparseEvaluateGpu
        {
            Sparse = arguments.Sparse,
            Slots = arguments.Cohort.Slots,
            TileRows = arguments.Images.TileRows,
            Pixels = arguments.Images.Pixels,
            Output = arguments.Output,
            Images = arguments.Images.Images,
            Inputs = arguments.Cohort.Inputs,
        };
        _sparseEvaluate.Launch(job.Groups, job);
    }

    private void MaskWeights(in BlockArguments arguments)
    {
        if (arguments.Cohort.HasMask != 0)
            Mask(arguments.Cohort, arguments.Cohort.W1, arguments.Cohort.W2);
    }

    private void MaskGradients(in BlockArguments arguments, DeviceImages images)
    {
        if (arguments.Cohort.HasMask != 0 && images.Schedule.Chunks[arguments.Chunk].IsLast)
            Mask(arguments.Cohort, arguments.Scratch.GradW1, arguments.Scratch.GradW2);
    }

    private void Mask(in CohortViews cohort, ArrayView<float> first, ArrayView<float> second)
    {
        var job = new MaskGpu { Cohort = cohort, First = first, Second = second };
        _mask.Launch(job.Groups, job);
    }
}
