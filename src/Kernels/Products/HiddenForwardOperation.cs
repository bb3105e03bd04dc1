using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Products;

/// <summary>Z = X W1 + b1 of one chunk, on its own; training fuses it.</summary>
public sealed class HiddenForwardOperation : ChunkOperation
{
    public static HiddenForwardOperation Instance { get; } = new();

    public override string Name => "HiddenForward";

    public override IReadOnlyList<KernelForm> Forms(AcceleratorType accelerator) => OperationForms.OfPixels(accelerator);

    internal override void OnCpu(DeviceKernels kernels, ChunkJob job) => kernels.Launch(
        new HiddenForwardCpu { Cohort = job.Cohort.Cohort, Scratch = job.Cohort.Scratch, Images = job.Images.Views, Chunk = job.Chunk });

    internal override void OnGpu(GpuDevice device, ChunkJob job) => GpuProducts.Of(device, job.Images)
        .Forward(job.Cohort.Cohort, GpuQuantise.Now(device, job.Cohort.Cohort), job.Run, job.Activations);
}

/// <summary>How it is called.</summary>
public static class HiddenForwardKernels
{
    /// <summary>Z of one chunk, into the cohort's scratch.</summary>
    public static void HiddenForward(this DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, int chunk) =>
        kernels.Run(HiddenForwardOperation.Instance, new ChunkJob(cohort, images, chunk));

    /// <summary>relu(Z) [N, H] of one model, row-major.</summary>
    /// <param name="model">Position in the caller's order of models.</param>
    public static float[] HiddenActivations(this DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, int model)
    {
        ColumnLayout layout = cohort.Layout;
        ModelSlot slot = layout.Slots.Single(slot => slot.Model == model);
        ColumnBlock block = layout.Blocks[slot.Block];
        var activations = new float[images.Images * slot.Hidden];
        for (int chunk = 0; chunk < images.Chunks; chunk++)
        {
            kernels.HiddenForward(cohort, images, chunk);
            float[] z = kernels.Device.Download(
                cohort.Scratch.Activations.SubView(ChunkSchedule.ChunkRows * block.FirstColumn, ChunkSchedule.ChunkRows * block.Stride));
            Chunk place = images.Schedule.Chunks[chunk];
            for (int n = 0; n < place.Rows; n++)
            {
                int row = (n * block.Stride) + slot.Column - block.FirstColumn;
                for (int h = 0; h < slot.Hidden; h++)
                    activations[((place.FirstRow + n) * slot.Hidden) + h] = Math.Max(z[row + h], 0);
            }
        }
        return activations;
    }
}

/// <summary>A block of columns an item.</summary>
internal struct HiddenForwardCpu : ICpuJob
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
        MaskBody.Weights<T>(block);
        var images = new PairPointers(Images.Pairs);
        BlockWork work = new BlockWork(block, images.Places, withBackward: false).In(block);
        QuantiseBody.All<T>(block, work, images);
        HiddenForwardBody.Run<T>(block, work, images, new ChunkPointers(Images, Chunk));
    }
}
