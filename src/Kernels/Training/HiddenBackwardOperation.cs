using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Training.Optimisers;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Training;

/// <summary>G of one chunk from gate q, on its own; with the last chunk of a batch the gradients of all parameters.</summary>
public sealed class HiddenBackwardOperation : ChunkOperation
{
    public static HiddenBackwardOperation Instance { get; } = new();

    public override string Name => "HiddenBackward";

    public override IReadOnlyList<KernelForm> Forms(AcceleratorType accelerator) => OperationForms.OfPixels(accelerator);

    internal override void Check(ChunkJob job)
    {
        base.Check(job);
        Fit.CheckTrainable(job.Images);
    }

    internal override void OnCpu(DeviceKernels kernels, ChunkJob job) => kernels.Launch(
        new HiddenBackwardCpu { Cohort = job.Cohort.Cohort, Scratch = job.Cohort.Scratch, Images = job.Images.Views, Chunk = job.Chunk });

    internal override void OnGpu(GpuDevice device, ChunkJob job)
    {
        CohortViews cohort = job.Cohort.Cohort;
        ScratchViews scratch = job.Cohort.Scratch;
        GpuProducts.Of(device, job.Images).Backward(cohort, job.Run, job.Activations, scratch.GradSums, goesOn: !job.Place.IsFirst);
        if (!job.Place.IsLast)
            return;

        // Gradients are kept, so that any optimiser's kernel does.
        var gradient = GradientGpu<GradientDescent>.Of(cohort, scratch, GpuQuantise.Now(device, cohort), job.Place.BatchRows);
        gradient.Deltas = scratch.DeltaSums;
        gradient.DeltaParts = 1;
        device.Launch(GradientGpu<GradientDescent>.Kernel, GradientGpu<GradientDescent>.Threads, gradient.Groups, gradient);
    }
}

/// <summary>How it is called.</summary>
public static class HiddenBackwardKernels
{
    /// <summary>G of one chunk from gate q; with the last chunk of a batch all gradients, into the cohort's scratch.</summary>
    public static void HiddenBackward(this DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, int chunk) =>
        kernels.Run(HiddenBackwardOperation.Instance, new ChunkJob(cohort, images, chunk));
}

/// <summary>A block of columns an item.</summary>
internal unsafe struct HiddenBackwardCpu : ICpuJob
{
    public CohortViews Cohort;

    public ScratchViews Scratch;

    public ImageViews Images;

    public int Chunk;

    public readonly int Items => Cohort.BlockCount;

    public readonly void Run<T>(int item)
        where T : unmanaged, ILanes<T>
    {
        var block = new BlockPointers(Cohort, Scratch, item);
        var images = new PairPointers(Images.Pairs);
        var chunk = new ChunkPointers(Images, Chunk);
        BlockWork work = new BlockWork(block, images.Places, withBackward: true).In(block);
        QuantiseBody.Exponents<T>(block, work);
        if (block.Outputs == 1)
            OutputBackwardBody.Digits<T>(block, work, images.Partners(chunk.Index), chunk.Rows, gated: true);
        else
            ClassOutputBody.Digits<T>(block, work, images.Partners(chunk.Index), chunk.Rows);
        if (!chunk.IsLast)
        {
            HiddenBackwardBody.Accumulate<T>(block, work, images, chunk);
            return;
        }
        for (int i = 0; i < images.DroppedCount; i++)
            new Span<float>(block.GradW1 + ((long)images.Dropped[i] * block.Stride), block.Stride).Clear();
        HiddenBackwardBody.Finish<T, Keep>(block, work, images, chunk);
        for (int slot = 0; slot < block.Slots; slot++)
        {
            bool failed = work.Failed[slot] != 0;
            for (int k = 0; k < block.Outputs; k++)
            {
                int output = (slot * block.Outputs) + k;
                block.GradB2[output] = failed ? 0f
                    : block.DeltaSums[output] * ExactSums.BiasScale(chunk.BatchRows) * block.SlotFactors[slot];
                float* gradient = block.GradW2 + ((long)k * block.OutputPitch);
                for (int column = block.Column(slot); column < block.Column(slot) + block.Hidden(slot); column++)
                    gradient[column] = failed ? 0f : OutputBackwardBody.GradientW2(block, work, chunk, slot, k, column);
            }
        }
        MaskBody.GradientW1<T>(block);
        MaskBody.GradientW2<T>(block);
    }

    private readonly struct Keep : HiddenBackwardBody.IGradientRow
    {
        public static bool IsUpdate => false;

        public static bool KeepsUnset => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Take<T>(in BlockPointers block, int* order, int row, int column, T open, T down, T weights, T gradient)
            where T : unmanaged, ILanes<T>
        {
            int pixel = order[row];
            if (pixel >= 0)
                T.Store(gradient, (pixel == block.Inputs ? block.GradB1 : block.GradW1 + ((long)pixel * block.Stride)) + column);
            return weights;
        }
    }
}
