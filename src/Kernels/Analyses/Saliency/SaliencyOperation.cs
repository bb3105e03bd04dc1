using System.Runtime.InteropServices;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>
/// Saliency maps of all models of the cohort for all images, [slot, N, D].
/// dlogit/dx[i] = sum over hidden units with Z &gt; 0 of w2 W1[i, :], units in ascending order; dp/dx is that times p (1 - p).
/// SmoothGrad and integrated gradients weigh the units in another way: see <see cref="SaliencyCoefficients"/>.
/// </summary>
/// <remarks>
/// The gradient is a sparse product: an image's row holds w2 of its active units, the dense operand is W1 transposed.
/// Perturbation moves one pixel by 0.1 and takes the change of the logit from the units that change, so nothing cancels:
/// p' - p = p (1 - p) (e^t - 1) / (1 + p (e^t - 1)) with t the change of the logit.
/// </remarks>
public sealed class SaliencyOperation : Operation<SaliencyJob>
{
    public static SaliencyOperation Instance { get; } = new();

    public override string Name => "Saliency";

    public override IReadOnlyList<KernelForm> Forms(AcceleratorType accelerator) => OperationForms.OfPixels(accelerator);

    internal override ComputeDevice? DeviceOf(SaliencyJob job) => job.Cohort.Device;

    internal override void Check(SaliencyJob job)
    {
        Fit.Check(job.Cohort.Layout, job.Images);
        job.Output.Check(job.Cohort.Layout, job.Images.Images);
    }

    internal override void OnCpu(DeviceKernels kernels, SaliencyJob job) => kernels.Launch(
        new SaliencyCpu { Cohort = job.Cohort.Cohort, Images = job.Images.Views, Maps = job.Output.Maps, Method = job.Method });

    // As many images at once as there is memory for.
    internal override void OnGpu(GpuDevice device, SaliencyJob job)
    {
        CohortViews cohort = job.Cohort.Cohort;
        int images = job.Images.Images, atOnce = Math.Min(images, GpuProducts.RowsAtOnce(device, cohort)), slots = cohort.SlotCount;
        GpuWeights weights = GpuQuantise.Now(device, cohort);
        GpuActivations activations = GpuProducts.Activations(device, cohort, atOnce);
        ArrayView<float> logits = device.Workspace.Take<float>("logits", (long)slots * atOnce);
        ArrayView<float> scales = device.Workspace.Take<float>("smooth scales", cohort.B1.Length);
        if (job.Method == SaliencyMethod.SmoothGradient)
        {
            device.Launch(
                SmoothScaleGpu.Kernel,
                SmoothScaleGpu.Threads,
                cohort.VectorCount,
                new SmoothScaleGpu { Cohort = cohort, Scales = scales });
        }

        for (int first = 0; first < images; first += atOnce)
        {
            GpuImages run = GpuImages.Of(job.Images, first, Math.Min(atOnce, images - first), GpuImages.NoChunk);
            GpuProducts.Of(device, job.Images).Forward(cohort, weights, run, activations);
            GpuProducts.Logits(device, cohort, weights.Failed, activations, run.Rows, logits, run.Rows, 0);
            var maps = new SaliencyGpu
            {
                Cohort = cohort,
                Activations = activations,
                Logits = logits,
                Maps = job.Output.Maps,
                Pixels = run,
                Scales = scales,
                First = first,
                Rows = run.Rows,
                AllImages = images,
                Method = (int)job.Method,
            };
            device.Launch(SaliencyGpu.Kernel, SaliencyGpu.Threads, SaliencyGpu.Groups(slots, run.Rows, cohort.Inputs), maps);
        }
    }
}

/// <summary>What it is given.</summary>
public readonly record struct SaliencyJob(DeviceCohort Cohort, DeviceImages Images, SaliencyMethod Method, SaliencyBuffer Output);

/// <summary>How it is called.</summary>
public static class SaliencyKernels
{
    /// <summary>Saliency maps [N, D] of each model, in the caller's order of models.</summary>
    public static ReadOnlyMemory<float>[] Saliency(
        this DeviceKernels kernels,
        DeviceCohort cohort,
        DeviceImages images,
        SaliencyMethod method)
    {
        using var buffer = new SaliencyBuffer(kernels.Device, cohort.Layout, images.Images);
        kernels.Saliency(cohort, images, method, buffer);
        return buffer.Download();
    }

    /// <summary>Starts the same into a buffer.</summary>
    /// <exception cref="ArgumentException">The buffer is of another layout or number of images.</exception>
    public static void Saliency(
        this DeviceKernels kernels,
        DeviceCohort cohort,
        DeviceImages images,
        SaliencyMethod method,
        SaliencyBuffer buffer) =>
        kernels.Run(SaliencyOperation.Instance, new SaliencyJob(cohort, images, method, buffer));
}

/// <summary>A block of columns an item.</summary>
internal unsafe struct SaliencyCpu : ICpuJob
{
    private const float PerturbationStep = 0.1f;

    public CohortViews Cohort;

    public ImageViews Images;

    /// <summary>[slot, N, D].</summary>
    public ArrayView<float> Maps;

    public SaliencyMethod Method;

    public readonly int Items => Cohort.BlockCount;

    public readonly void Run<T>(int item)
        where T : unmanaged, ILanes<T>
    {
        var block = new BlockPointers(Cohort, item);
        MaskBody.Weights<T>(block);
        SaliencyMethod method = Method;
        int inputs = block.Inputs, vectors = (inputs + LaneMask.Lanes - 1) / LaneMask.Lanes, padded = vectors * LaneMask.Lanes;
        int widest = 0;
        for (int slot = 0; slot < block.Slots; slot++)
            widest = Math.Max(widest, block.Hidden(slot));

        // W1 of one model transposed [H, D padded], then one padded row of output and a row of zeros.
        float* transposed = (float*)NativeMemory.AllocZeroed((nuint)((widest + 2L) * padded), sizeof(float));
        try
        {
            float* maps = BlockPointers.Pointer(Maps);
            float* zeros = transposed + ((long)widest * padded), row = zeros + padded;
            float* scales = stackalloc float[block.Stride + LaneMask.Lanes];
            new Span<float>(scales, block.Stride + LaneMask.Lanes).Clear();
            if (method == SaliencyMethod.SmoothGradient)
                SaliencyCoefficients.SmoothScales<T>(block, scales);
            var pairs = new PairPointers(Images.Pairs);
            var work = new BlockWork(block, pairs.Places, withBackward: false);
            QuantiseBody.All<T>(block, work, pairs);
            int chunks = Images.ChunkCount;
            for (int index = 0; index < chunks; index++)
            {
                var chunk = new ChunkPointers(Images, index);
                HiddenForwardBody.Run<T>(block, work, pairs, chunk);
                OutputForwardBody.Logits<T>(block, work, chunk.Rows);
                for (int slot = 0; slot < block.Slots; slot++)
                {
                    Transpose(block, slot, transposed, padded);
                    for (int n = 0; n < chunk.Rows; n++)
                    {
                        long image = ((long)(block.FirstSlot + slot) * Images.Images) + chunk.FirstRow + n;
                        float logit = work.Logits[(slot * ChunkSchedule.ChunkRows) + n];
                        float* z = work.Z + ((long)n * block.Stride) + block.Column(slot);
                        if (method == SaliencyMethod.Perturbation)
                            Perturb<T>(block, slot, z, transposed, padded, row);
                        else
                            Gradient<T>(method, block, slot, z, scales, transposed, vectors, zeros, row);
                        Scale(method, logit, new Span<float>(row, inputs));
                        var map = new Span<float>(maps + (image * inputs), inputs);
                        if (method is SaliencyMethod.InputGradient or SaliencyMethod.IntegratedGradient)
                            TimesPixels(pairs.Forward(index, chunk.Rows), pairs.Order, n, row, map);
                        else
                            new ReadOnlySpan<float>(row, inputs).CopyTo(map);
                    }
                }
            }
        }
        finally
        {
            NativeMemory.Free(transposed);
        }
    }

    private static void Transpose(in BlockPointers block, int slot, float* transposed, int padded)
    {
        int hidden = block.Hidden(slot);
        float* weights = block.W1 + block.Column(slot);
        for (int d = 0; d < block.Inputs; d++, weights += block.Stride)
        {
            for (int h = 0; h < hidden; h++)
                transposed[((long)h * padded) + d] = weights[h];
        }
    }

    // The units that count make one sparse row, W1 transposed is the dense operand.
    private static void Gradient<T>(
        SaliencyMethod method,
        in BlockPointers block,
        int slot,
        float* z,
        float* scales,
        float* transposed,
        int vectors,
        float* zeros,
        float* row)
        where T : unmanaged, ILanes<T>
    {
        int hidden = block.Hidden(slot), column = block.Column(slot), count = 0;
        ushort* units = stackalloc ushort[hidden];
        float* weights = stackalloc float[hidden + LaneMask.Lanes];
        SaliencyCoefficients.Of<T>(method, hidden, z, block.B1 + column, block.W2 + column, scales + column, weights);
        for (int h = 0; h < hidden; h++)
        {
            if (weights[h] != 0)
            {
                units[count] = (ushort)h;
                weights[count++] = weights[h];
            }
        }
        int* starts = stackalloc int[2] { 0, count };
        var panel = new SparseRows.Panel(1, starts, units, weights);
        int padded = vectors * LaneMask.Lanes;
        SparseRows.Multiply<T>(vectors, panel, new Matrix(transposed, padded), new Matrix(zeros, 0), new Matrix(row, 0), skipEmpty: false);
    }

    // map * x of one image; the constant pixel is none.
    private static void TimesPixels(in PairRows.Panel images, int* order, int n, float* row, Span<float> map)
    {
        map.Clear();
        for (int entry = images.Starts[n]; entry < images.Starts[n + 1]; entry++)
        {
            int first = order[2 * images.Index[entry]], second = order[(2 * images.Index[entry]) + 1];
            uint value = images.Value[entry];
            if (first < map.Length)
                map[first] = row[first] * ((value & 0xFFFF) / 255f);
            if (second >= 0 && second < map.Length)
                map[second] = row[second] * ((value >> 16) / 255f);
        }
    }

    // The change of the logit when one pixel grows by the step, for sixteen pixels at a time.
    private static void Perturb<T>(in BlockPointers block, int slot, float* z, float* transposed, int padded, float* row)
        where T : unmanaged, ILanes<T>
    {
        int hidden = block.Hidden(slot), column = block.Column(slot);
        T step = T.Broadcast(PerturbationStep);
        for (int d = 0; d < padded; d += LaneMask.Lanes)
        {
            T change = T.Zero;
            for (int h = 0; h < hidden; h++)
            {
                T w = T.Load(transposed + ((long)h * padded) + d);

                // relu(z + 0.1 w) - relu(z) without the cancellation: an active unit moves by 0.1 w, down to -z at most.
                T moved = z[h] > 0
                    ? T.Max(T.Multiply(step, w), T.Broadcast(-z[h]))
                    : T.Relu(T.Fma(step, w, T.Broadcast(z[h])));
                change = T.Fma(moved, T.Broadcast(block.W2[column + h]), change);
            }
            T.Store(change, row + d);
        }
    }

    /// <summary>p (1 - p) of a logit. In double: it is one number an image, and 1 - p must not lose its digits where p is near 1.</summary>
    public static double Slope(float logit)
    {
        double e = Math.Exp(-Math.Abs((double)logit));
        return e / ((1 + e) * (1 + e));
    }

    private static void Scale(SaliencyMethod method, float logit, Span<float> row)
    {
        double e = Math.Exp(-Math.Abs((double)logit));
        double slope = Slope(logit), p = logit >= 0 ? 1 / (1 + e) : e / (1 + e);
        for (int d = 0; d < row.Length; d++)
        {
            if (method == SaliencyMethod.ProbabilityGradient)
            {
                row[d] = (float)(row[d] * slope);
            }
            else if (method == SaliencyMethod.Perturbation)
            {
                double growth = ExpMinusOne(row[d]);
                row[d] = (float)Math.Abs(slope * growth / (1 + (p * growth)));
            }
        }
    }

    // e^t - 1: the series where subtraction would cancel (|t| < 0.01: the first term left out, t^4/120, is below 1e-10 of it).
    private static double ExpMinusOne(double t) =>
        Math.Abs(t) < 0.01 ? t * (1 + (t / 2 * (1 + (t / 3 * (1 + (t / 4)))))) : Math.Exp(t) - 1;
}
