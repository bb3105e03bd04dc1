using GpuMlp.Kernels.Compress;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Evaluate;
using GpuMlp.Kernels.HiddenBackward;
using GpuMlp.Kernels.HiddenForward;
using GpuMlp.Kernels.Images;
using GpuMlp.Kernels.Layout;
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
using ILGPU.Runtime;

namespace GpuMlp.Kernels;

/// <summary>The operations on a CPU: one launch each, a thread takes a block of columns through all of it. Launches block.</summary>
internal class CpuKernels : CohortKernels
{
    private readonly Dictionary<KernelOperation, BlockLaunch> _launchers;

    public CpuKernels(CpuDevice device, SimdWidth width)
        : base(device, width)
    {
        _launchers = new()
        {
            [KernelOperation.HiddenForward] = new BlockKernel<HiddenForwardOperation>(device).Launch,
            [KernelOperation.OutputForward] = new BlockKernel<OutputForwardOperation>(device).Launch,
            [KernelOperation.OutputBackward] = new BlockKernel<OutputBackwardOperation>(device).Launch,
            [KernelOperation.HiddenBackward] = new BlockKernel<HiddenBackwardOperation>(device).Launch,
            [KernelOperation.Update] = new BlockKernel<UpdateOperation>(device).Launch,
            [KernelOperation.TrainEpoch] = new BlockKernel<TrainEpochOperation>(device).Launch,
            [KernelOperation.Evaluate] = new BlockKernel<EvaluateOperation>(device).Launch,
            [KernelOperation.Saliency] = new BlockKernel<SaliencyOperation>(device).Launch,
            [KernelOperation.PruneRank] = new BlockKernel<PruneRankOperation>(device).Launch,
            [KernelOperation.Prune] = new BlockKernel<PruneOperation>(device).Launch,
            [KernelOperation.Compress] = new BlockKernel<CompressOperation>(device).Launch,
            [KernelOperation.SparseEvaluate] = new BlockKernel<SparseEvaluateOperation>(device).Launch,
            [KernelOperation.SparseBackward] = new BlockKernel<SparseBackwardOperation>(device).Launch,
            [KernelOperation.SparseSaliency] = new BlockKernel<SparseSaliencyOperation>(device).Launch,
        };
    }

    private delegate void BlockLaunch(in BlockArguments arguments);

    private protected override void Launch(KernelOperation operation, in BlockArguments arguments, DeviceImages? images)
    {
        // This operation's kernel only ever sets flags.
        if (operation == KernelOperation.SparseEvaluate)
            arguments.Output.Active.MemSetToZero(Device.Stream);
        _launchers[operation](arguments);
    }
}
