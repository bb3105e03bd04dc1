using System.Runtime.CompilerServices;
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
/// Saliency maps of all models of the cohort for all images, [slot, N, D]: the sums of an <see cref="ISaliencyFormula"/>.
/// </summary>
/// <remarks>
/// A sum of products is a sparse one: an image's row holds what its units count, the dense operand is W1 transposed. With a logit a class a
/// map is of one class k, given or said by the model for the image: w2_k stands for w2; and in the place of the slope of one logit's
/// probability, p_k times the map of sum over j but k of p_j (w2_k - w2_j), in the order of j, which is the slope of p_k. How p_k changes
/// is summed over the other classes, <see cref="ISaliencyFormula.Change"/>.
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
        int outputs = job.Cohort.Outputs;
        if (job.Class is { } wanted && (outputs == 1 || wanted < 0 || wanted >= outputs))
            throw new ArgumentException($"maps of class {wanted} of models with {outputs} logits; must be one of several", nameof(job));
        job.Output.Check(job.Cohort.Layout, job.Images.Images);
    }

    internal override void OnCpu(DeviceKernels kernels, SaliencyJob job) => job.Method.OnCpu(kernels, job);

    // As many images at once as there is memory for.
    internal override void OnGpu(GpuDevice device, SaliencyJob job)
    {
        CohortViews cohort = job.Cohort.Cohort;
        int images = job.Images.Images, atOnce = Math.Min(images, GpuProducts.RowsAtOnce(device, cohort)), slots = cohort.SlotCount;
        GpuWeights weights = GpuQuantise.Now(device, cohort);
        GpuActivations activations = GpuProducts.Activations(device, cohort, atOnce);
        ArrayView<float> logits = device.Workspace.Take<float>("logits", (long)slots * cohort.Outputs * atOnce);
        ArrayView<int> classes = device.Workspace.Take<int>("classes of maps", cohort.Outputs == 1 ? 1 : (long)slots * atOnce);
        ArrayView<float> scales = device.Workspace.Take<float>("smooth scales", cohort.B1.Length);
        for (int first = 0; first < images; first += atOnce)
        {
            GpuImages run = GpuImages.Of(job.Images, first, Math.Min(atOnce, images - first), GpuImages.NoChunk);
            GpuProducts.Of(device, job.Images).Forward(cohort, weights, run, activations);
            GpuProducts.Logits(device, cohort, weights.Failed, activations, run.Rows, logits, run.Rows, 0);
            if (cohort.Outputs > 1)
            {
                var choice = new ClassChoiceGpu
                {
                    Logits = logits,
                    Classes = classes,
                    Slots = slots,
                    Outputs = cohort.Outputs,
                    Rows = run.Rows,
                    Wanted = job.Class ?? -1,
                };
                device.Launch(ClassChoiceGpu.Kernel, ClassChoiceGpu.Threads, choice.Groups, choice);
            }
            job.Method.OnGpu(device, new SaliencyRun
            {
                Cohort = cohort,
                Activations = activations,
                Logits = logits,
                Classes = classes,
                Maps = job.Output.Maps,
                Pixels = run,
                Scales = scales,
                First = first,
                Rows = run.Rows,
                AllImages = images,
            });
        }
    }
}

/// <summary>What it is given.</summary>
/// <param name="Class">With a logit a class that of all maps; null for the one that the model says for the image.</param>
public readonly record struct SaliencyJob(
    DeviceCohort Cohort, DeviceImages Images, SaliencyMethod Method, SaliencyBuffer Output, int? Class = null);

/// <summary>How it is called.</summary>
public static class SaliencyKernels
{
    /// <summary>Saliency maps [N, D] of each model, in the caller's order of models.</summary>
    /// <inheritdoc cref="Saliency(DeviceKernels, DeviceCohort, DeviceImages, SaliencyMethod, SaliencyBuffer, int?)"/>
    public static ReadOnlyMemory<float>[] Saliency(
        this DeviceKernels kernels,
        DeviceCohort cohort,
        DeviceImages images,
        SaliencyMethod method,
        int? ofClass = null)
    {
        using var buffer = new SaliencyBuffer(kernels.Device, cohort.Layout, images.Images);
        kernels.Saliency(cohort, images, method, buffer, ofClass);
        return buffer.Download();
    }

    /// <summary>Starts the same into a buffer.</summary>
    /// <param name="ofClass">With a logit a class that of all maps; null for the one that the model says for the image.</param>
    /// <exception cref="ArgumentException">The buffer is of another layout or number of images, or there is no such class.</exception>
    public static void Saliency(
        this DeviceKernels kernels,
        DeviceCohort cohort,
        DeviceImages images,
        SaliencyMethod method,
        SaliencyBuffer buffer,
        int? ofClass = null) =>
        kernels.Run(SaliencyOperation.Instance, new SaliencyJob(cohort, images, method, buffer, ofClass));
}

/// <summary>A block of columns an item.</summary>
internal unsafe struct SaliencyCpu<TFormula> : ICpuJob
    where TFormula : struct, ISaliencyFormula
{
    public CohortViews Cohort;

    public ImageViews Images;

    /// <summary>[slot, N, D].</summary>
    public ArrayView<float> Maps;

    /// <summary>The class that maps are of; -1 for the one that the model says.</summary>
    public int Wanted;

    public readonly int Items => Cohort.BlockCount;

    public readonly void Run<T>(int item)
        where T : unmanaged, ILanes<T>
    {
        var block = new BlockPointers(Cohort, item);
        MaskBody.Weights<T>(block);
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
            float* scales = stackalloc float[block.Stride + LaneMask.Lanes], weights = stackalloc float[widest + LaneMask.Lanes];
            new Span<float>(scales, block.Stride + LaneMask.Lanes).Clear();
            if (TFormula.UsesScales)
                SmoothScales.OfBlock<T>(block, scales);
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
                        float* logits = work.Logits + ((long)slot * block.Outputs * ChunkSchedule.ChunkRows) + n;
                        float factor = Weights(block, slot, logits, weights);
                        float* z = work.Z + ((long)n * block.Stride) + block.Column(slot);
                        if (block.Outputs > 1 && TFormula.UsesLogit && !TFormula.IsGradient)
                            Changes<T>(block, slot, z, logits, transposed, padded, row);
                        else
                            Sum<T>(block, slot, z, weights, scales, transposed, vectors, zeros, row);
                        if (TFormula.UsesLogit && block.Outputs == 1)
                            Finish<T>(*logits, row, padded);
                        else if (TFormula.UsesLogit && TFormula.IsGradient)
                            Times<T>(factor, row, padded);
                        var map = new Span<float>(maps + (image * inputs), inputs);
                        if (TFormula.TimesPixels)
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

    // w2, or what stands for it with a logit a class; what the map is then multiplied by, p_k of the class of the map.
    private readonly float Weights(in BlockPointers block, int slot, float* logits, float* weights)
    {
        int outputs = block.Outputs, hidden = block.Hidden(slot), wanted = ClassOf(block, logits);
        float* own = block.W2 + ((long)wanted * block.OutputPitch) + block.Column(slot);
        if (outputs == 1 || !TFormula.UsesLogit)
        {
            new ReadOnlySpan<float>(own, hidden).CopyTo(new Span<float>(weights, hidden));
            return 1f;
        }
        float* probabilities = stackalloc float[outputs];
        Probabilities(block, logits, probabilities);
        new Span<float>(weights, hidden).Clear();
        for (int k = 0; k < outputs; k++)
        {
            float* other = block.W2 + ((long)k * block.OutputPitch) + block.Column(slot);
            for (int h = 0; h < hidden && k != wanted; h++)
                weights[h] = MathF.FusedMultiplyAdd(probabilities[k], own[h] - other[h], weights[h]);
        }
        return probabilities[wanted];
    }

    // The class that an image's map is of; its logits lie 256 apart.
    private readonly int ClassOf(in BlockPointers block, float* logits) => Wanted >= 0 ? Wanted : Largest(block, logits);

    private static int Largest(in BlockPointers block, float* logits)
    {
        int best = 0;
        for (int k = 1; k < block.Outputs; k++)
            best = logits[k * ChunkSchedule.ChunkRows] > logits[best * ChunkSchedule.ChunkRows] ? k : best;
        return best;
    }

    private static void Probabilities(in BlockPointers block, float* logits, float* probabilities)
    {
        int best = Largest(block, logits);
        float largest = logits[best * ChunkSchedule.ChunkRows], others = 0f;
        for (int k = 0; k < block.Outputs; k++)
        {
            probabilities[k] = Softmax.Share<Scalar>(logits[k * ChunkSchedule.ChunkRows], largest).Value;
            others += k == best ? 0f : probabilities[k];
        }
        for (int k = 0; k < block.Outputs; k++)
            probabilities[k] = Softmax.Probability<Scalar>(probabilities[k], others).Value;
    }

    // How the probability of the map's class changes: one sum over the units for each other class.
    private readonly void Changes<T>(in BlockPointers block, int slot, float* z, float* logits, float* transposed, int padded, float* row)
        where T : unmanaged, ILanes<T>
    {
        int hidden = block.Hidden(slot), wanted = ClassOf(block, logits);
        float* probabilities = stackalloc float[block.Outputs], own = block.W2 + ((long)wanted * block.OutputPitch) + block.Column(slot);
        Probabilities(block, logits, probabilities);
        for (int d = 0; d < padded; d += LaneMask.Lanes)
        {
            T change = T.Zero;
            for (int k = 0; k < block.Outputs; k++)
            {
                if (k == wanted)
                    continue;
                T sum = T.Zero;
                float* other = block.W2 + ((long)k * block.OutputPitch) + block.Column(slot);
                for (int h = 0; h < hidden; h++)
                {
                    T w1 = T.Load(transposed + ((long)h * padded) + d);
                    sum = TFormula.Add(sum, T.Broadcast(z[h]), w1, T.Broadcast(other[h] - own[h]));
                }
                change = TFormula.Grow(change, sum, T.Broadcast(probabilities[k]));
            }
            T.Store(TFormula.Change(change, T.Broadcast(probabilities[wanted])), row + d);
        }
    }

    private static void Times<T>(float factor, float* row, int padded)
        where T : unmanaged, ILanes<T>
    {
        for (int d = 0; d < padded; d += LaneMask.Lanes)
            T.Store(T.Multiply(T.Load(row + d), T.Broadcast(factor)), row + d);
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

    // In a sum of products the units that count make one sparse row, and W1 transposed is the dense operand.
    private static void Sum<T>(
        in BlockPointers block, int slot, float* z, float* w2, float* scales, float* transposed, int vectors, float* zeros, float* row)
        where T : unmanaged, ILanes<T>
    {
        int hidden = block.Hidden(slot), column = block.Column(slot), padded = vectors * LaneMask.Lanes;
        float* values = stackalloc float[hidden + LaneMask.Lanes];
        Units<T>(hidden, z, block.B1 + column, w2, scales + column, values);
        if (!TFormula.IsSumOfProducts)
        {
            All<T>(hidden, values, w2, transposed, padded, row);
            return;
        }
        int count = 0;
        ushort* units = stackalloc ushort[hidden];
        for (int h = 0; h < hidden; h++)
        {
            if (values[h] != 0)
            {
                units[count] = (ushort)h;
                values[count++] = values[h];
            }
        }
        int* starts = stackalloc int[2] { 0, count };
        var panel = new SparseRows.Panel(1, starts, units, values);
        SparseRows.Multiply<T>(vectors, panel, new Matrix(transposed, padded), new Matrix(zeros, 0), new Matrix(row, 0), skipEmpty: false);
    }

    // Lanes behind the last unit belong to a neighbour; nobody looks at them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Units<T>(int hidden, float* z, float* b1, float* w2, float* scales, float* values)
        where T : unmanaged, ILanes<T>
    {
        for (int h = 0; h < hidden; h += LaneMask.Lanes)
            T.Store(TFormula.Unit(T.Load(z + h), T.Load(w2 + h), T.Load(b1 + h), T.Load(scales + h)), values + h);
    }

    // All units, for sixteen pixels at a time.
    private static void All<T>(int hidden, float* values, float* w2, float* transposed, int padded, float* row)
        where T : unmanaged, ILanes<T>
    {
        for (int d = 0; d < padded; d += LaneMask.Lanes)
        {
            T sum = T.Zero;
            for (int h = 0; h < hidden; h++)
                sum = TFormula.Add(sum, T.Broadcast(values[h]), T.Load(transposed + ((long)h * padded) + d), T.Broadcast(w2[h]));
            T.Store(sum, row + d);
        }
    }

    private static void Finish<T>(float logit, float* row, int padded)
        where T : unmanaged, ILanes<T>
    {
        for (int d = 0; d < padded; d += LaneMask.Lanes)
            T.Store(TFormula.Finish(T.Load(row + d), T.Broadcast(logit)), row + d);
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
                map[first] = GpuMath.Product(row[first], GpuMath.Pixel(value & 0xFFFF));
            if (second >= 0 && second < map.Length)
                map[second] = GpuMath.Product(row[second], GpuMath.Pixel(value >> 16));
        }
    }
}
