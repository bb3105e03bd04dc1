using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Training;
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
