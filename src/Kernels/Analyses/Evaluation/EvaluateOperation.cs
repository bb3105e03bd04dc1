using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Analyses.Evaluation;

/// <summary>Logits of all images, [slot, O, N], and for each column whether the hidden unit is above 0 on some image.</summary>
public sealed class EvaluateOperation : Operation<EvaluateJob>
{
    public static EvaluateOperation Instance { get; } = new();

    public override string Name => "Evaluate";

    public override IReadOnlyList<KernelForm> Forms(AcceleratorType accelerator) => OperationForms.OfPixels(accelerator);

    internal override ComputeDevice? DeviceOf(EvaluateJob job) => job.Cohort.Device;

    internal override void Check(EvaluateJob job)
    {
        Fit.Check(job.Cohort.Layout, job.Images);
        job.Output.Check(job.Cohort.Layout, job.Images.Images);
    }

    internal override void OnCpu(DeviceKernels kernels, EvaluateJob job) => kernels.Launch(new EvaluateCpu
    {
        Cohort = job.Cohort.Cohort,
        Images = job.Images.Views,
        Logits = job.Output.Logits,
        Active = job.Output.Active,
    });

    // As many images at once as there is memory for.
    internal override void OnGpu(GpuDevice device, EvaluateJob job)
    {
        CohortViews cohort = job.Cohort.Cohort;
        int images = job.Images.Images, atOnce = Math.Min(images, GpuProducts.RowsAtOnce(device, cohort));
        GpuWeights weights = GpuQuantise.Now(device, cohort);
        GpuActivations activations = GpuProducts.Activations(device, cohort, atOnce);
        for (int first = 0; first < images; first += atOnce)
        {
            GpuImages run = GpuImages.Of(job.Images, first, Math.Min(atOnce, images - first), GpuImages.NoChunk);
            GpuProducts.Of(device, job.Images).Forward(cohort, weights, run, activations);
            GpuProducts.Logits(device, cohort, weights.Failed, activations, run.Rows, job.Output.Logits, images, first);
            var active = new ActiveGpu
            {
                Cohort = cohort,
                Activations = activations,
                Rows = run.Rows,
                Active = job.Output.Active,
                GoesOn = first > 0 ? 1 : 0,
            };
            device.Launch(ActiveGpu.Kernel, ActiveGpu.Threads, cohort.VectorCount, active);
        }
    }
}

/// <summary>What it is given.</summary>
public readonly record struct EvaluateJob(DeviceCohort Cohort, DeviceImages Images, EvaluationBuffer Output);

/// <summary>How it is called.</summary>
public static class EvaluateKernels
{
    /// <summary>Logits and active hidden units of each model, in the caller's order of models.</summary>
    public static ModelEvaluation[] Evaluate(this DeviceKernels kernels, DeviceCohort cohort, DeviceImages images)
    {
        using var buffer = new EvaluationBuffer(kernels.Device, cohort.Layout, images.Images);
        kernels.Evaluate(cohort, images, buffer);
        return buffer.Download();
    }

    /// <summary>Starts the same into a buffer.</summary>
    /// <exception cref="ArgumentException">The buffer is of another layout or number of images.</exception>
    public static void Evaluate(this DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, EvaluationBuffer buffer) =>
        kernels.Run(EvaluateOperation.Instance, new EvaluateJob(cohort, images, buffer));
}

/// <summary>A block of columns an item.</summary>
internal unsafe struct EvaluateCpu : ICpuJob
{
    public CohortViews Cohort;

    public ImageViews Images;

    public ArrayView<float> Logits;

    public ArrayView<int> Active;

    public readonly int Items => Cohort.BlockCount;

    public readonly void Run<T>(int item)
        where T : unmanaged, ILanes<T>
    {
        var block = new BlockPointers(Cohort, item);
        MaskBody.Weights<T>(block);
        int images = Images.Images;
        float* logits = BlockPointers.Pointer(Logits) + ((long)block.FirstSlot * block.Outputs * images);
        int* active = BlockPointers.Pointer(Active) + block.FirstColumn;
        var pairs = new PairPointers(Images.Pairs);
        var work = new BlockWork(block, pairs.Places, withBackward: false);
        QuantiseBody.All<T>(block, work, pairs);
        float* largest = stackalloc float[block.Stride];
        new Span<float>(largest, block.Stride).Clear();
        for (int index = 0; index < Images.ChunkCount; index++)
        {
            var chunk = new ChunkPointers(Images, index);
            HiddenForwardBody.Run<T>(block, work, pairs, chunk);
            OutputForwardBody.Logits<T>(block, work, chunk.Rows);
            for (int output = 0; output < block.Slots * block.Outputs; output++)
            {
                var source = new ReadOnlySpan<float>(work.Logits + ((long)output * ChunkSchedule.ChunkRows), chunk.Rows);
                source.CopyTo(new Span<float>(logits + ((long)output * images) + chunk.FirstRow, chunk.Rows));
            }
            KeepLargest<T>(block, work.Z, chunk.Rows, largest);
        }
        for (int column = 0; column < block.Stride; column++)
            active[column] = largest[column] > 0 ? 1 : 0;
    }

    private static void KeepLargest<T>(in BlockPointers block, float* activations, int rows, float* largest)
        where T : unmanaged, ILanes<T>
    {
        for (int column = 0; column < block.Stride; column += LaneMask.Lanes)
        {
            T most = T.Load(largest + column);
            float* z = activations + column;
            for (int n = 0; n < rows; n++, z += block.Stride)
            {
                T value = T.Load(z);
                most = T.Select(T.Greater(value, most), value, most);
            }
            T.Store(most, largest + column);
        }
    }
}
