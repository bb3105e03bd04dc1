using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Training.Optimisers;
using ILGPU;

namespace GpuMlp.Kernels.Training;

/// <summary>
/// A whole epoch of small batches in one launch: a group owns a model and takes it through all batches alone, since models need nothing
/// of each other. Launched batch by batch, a narrow cohort would wait for its launches ten times longer than it works.
/// </summary>
/// <remarks>
/// The integers are those of the kernels that take a batch in several launches: e of each column, V over an image's pixels that are not 0,
/// the output, G over a pixel's images, the step. Nothing of a batch leaves the group but parameters: Wq is made where it is used. A thread
/// has column <c>within</c> and every <c>shares</c>-th image or row of W1; neighbours in a row are neighbours in memory.
/// </remarks>
internal struct SmallBatchGpu<TLoss, TOptimiser>
    where TLoss : struct, ILoss
    where TOptimiser : struct, IOptimiser
{
    public const int Threads = 256;

    // Entries of a list.
    private const int AtOnce = 4;

    public CohortViews Cohort;

    /// <summary>What the optimiser remembers.</summary>
    public StepViews States;

    /// <summary>Of the launch.</summary>
    public int FirstSlot;

    /// <summary>As in <see cref="ImageViews"/>; a chunk is a batch.</summary>
    public ArrayView<int> Chunks, ImageStarts, PixelStarts;

    public ArrayView<ushort> ImageIndex, PixelIndex;

    public ArrayView<byte> ImageValue, PixelValue;

    public ArrayView<float> Labels;

    public ArrayView<uint> Numbers;

    /// <summary>From 0; draws for dropped units belong to it.</summary>
    public int Epoch;

    /// <summary>e of each column, and one flag a slot; there are no values.</summary>
    public GpuWeights Weights;

    /// <summary>Z, then gate q, of one batch.</summary>
    public GpuActivations Activations;

    public GpuTotals Totals;

    /// <summary>Of all batches but the last, which may be shorter.</summary>
    public BatchFactors Whole, Last;

    /// <summary>The ILGPU kernel; a group a slot. All its threads meet at every barrier.</summary>
    public static void Kernel(SmallBatchGpu<TLoss, TOptimiser> job)
    {
        ArrayView<long> sums = SharedMemory.Allocate<long>(3 * Threads);
        ArrayView<int> ints = SharedMemory.Allocate<int>(3 * Threads);
        int index = job.FirstSlot + Grid.IdxX, thread = Group.IdxX;
        var slot = new GpuSlot(job.Cohort, index);
        var place = new Place(thread, slot.Hidden);
        int chunks = job.Chunks.IntLength / ChunkSchedule.ChunkFields, images = 0;
        var totals = default(OutputSums);
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            int first = job.Chunks[chunk * ChunkSchedule.ChunkFields], rows = job.Chunks[(chunk * ChunkSchedule.ChunkFields) + 1];
            Quantise(job, slot, index, place, ints);
            int failed = GpuGroup.Keep(job.Weights.Failed[index]);
            Forward(job, slot, index, place, failed, first, rows);
            GpuGroup.Barrier();
            if (thread < rows)
            {
                float logit = OutputForwardGpu.Logit(job.Cohort, job.Activations, slot, index, failed, thread);
                float label = job.Labels[first + thread];
                OutputSums own = OutputSums.Of<TLoss>(logit, label, job.Cohort.Learning.ClassScale(index, label), failed != 0);
                ints[thread] = (int)own.Delta;
                totals = totals.Add(own);
            }
            GpuGroup.Barrier();
            for (int row = place.Share; row < rows; row += place.Shares)
            {
                for (int unit = place.Within; unit < slot.Hidden; unit += place.Lanes)
                    OutputBackwardGpu.Gate(job.Activations, slot, row, unit, ints[row]);
            }
            GpuGroup.Barrier();
            Step(job, slot, index, place, failed, chunk, rows, chunk + 1 < chunks ? job.Whole : job.Last, sums, ints);
            images += rows;
        }
        totals = OutputSums.OfGroup(sums, ints, thread, Threads, totals);
        if (thread == 0)
            job.Totals.Add(index, totals, images, opensEpoch: true, opensBatch: true);
    }

    // e of each column, and whether the model has left the range.
    private static void Quantise(SmallBatchGpu<TLoss, TOptimiser> job, GpuSlot slot, int index, Place place, ArrayView<int> largest)
    {
        int inputs = job.Cohort.Inputs;
        for (int start = 0; start < slot.Hidden; start += place.Lanes)
        {
            int unit = start + place.Within, most = 0;
            for (int d = place.Share; unit < slot.Hidden && d <= inputs; d += place.Shares)
                most = Math.Max(most, (int)GpuMath.Bits(Weight(job, slot, d, unit)) & 0x7FFFFFFF);
            largest[place.Thread] = most;
            GpuGroup.Barrier();
            if (place.Share == 0 && unit < slot.Hidden)
            {
                for (int other = place.Thread; other < Threads; other += place.Lanes)
                    most = Math.Max(most, largest[other]);
                int exponent = ExactSums.Exponent(Interop.IntAsFloat((uint)most)), column = slot.Column + unit;
                bool isOut = exponent == ExactSums.OutOfRange;
                job.Weights.Exponents[column] = isOut ? ExactSums.LeastExponent : exponent;
                float weight = job.Cohort.W2[column] * job.Cohort.Learning.DropoutScales[index];
                if (isOut || !ExactSums.IsInRange(exponent, weight, inputs, slot.Hidden)
                    || !ExactSums.IsInRange(job.Cohort.B2[index]))
                {
                    job.Weights.Failed[index] = 1;
                }
            }
            GpuGroup.Barrier();
        }
    }

    private static void Forward(
        SmallBatchGpu<TLoss, TOptimiser> job, GpuSlot slot, int index, Place place, int failed, int first, int rows)
    {
        for (int unit = place.Within; unit < slot.Hidden; unit += place.Lanes)
        {
            int exponent = job.Weights.Exponents[slot.Column + unit];
            float scale = failed != 0 ? 0f : ExactSums.ActivationScale(exponent), weightScale = ExactSums.WeightScale(exponent);
            for (int row = place.Share; row < rows; row += place.Shares)
            {
                // The constant pixel, which is in no list of an image.
                long sum = GpuMath.MultiplyAdd(0, ExactSums.ConstantPixel, Quantised(job, slot, job.Cohort.Inputs, unit, weightScale));
                int entry = job.ImageStarts[first + row], end = job.ImageStarts[first + row + 1];
                for (; entry + AtOnce <= end; entry += AtOnce)
                {
                    // Loads that do not wait for each other: few groups share a processor, so nothing else hides their latency.
                    int w0 = Quantised(job, slot, job.ImageIndex[entry], unit, weightScale),
                        w1 = Quantised(job, slot, job.ImageIndex[entry + 1], unit, weightScale);
                    int w2 = Quantised(job, slot, job.ImageIndex[entry
                        + 2], unit, weightScale), w3 = Quantised(job, slot, job.ImageIndex[entry + 3], unit, weightScale);
                    sum = GpuMath.MultiplyAdd(sum, job.ImageValue[entry], w0);
                    sum = GpuMath.MultiplyAdd(sum, job.ImageValue[entry + 1], w1);
                    sum = GpuMath.MultiplyAdd(sum, job.ImageValue[entry + 2], w2);
                    sum = GpuMath.MultiplyAdd(sum, job.ImageValue[entry + 3], w3);
                }
                for (; entry < end; entry++)
                    sum = GpuMath.MultiplyAdd(sum, job.ImageValue[entry], Quantised(job, slot, job.ImageIndex[entry], unit, weightScale));
                float z = GpuWeights.Activation(sum, scale);
                job.Activations.Values[slot.Row(job.Activations.Capacity, row) + unit] = job.Cohort.Learning.Drops == 0 ? z
                    : job.Cohort.Learning.Dropped(z, index, unit, job.Numbers[first + row], job.Epoch);
            }
        }
    }

    private static void Step(
        SmallBatchGpu<TLoss, TOptimiser> job, GpuSlot slot, int index, Place place, int failed, int chunk, int rows, BatchFactors batch,
        ArrayView<long> products, ArrayView<int> deltas)
    {
        int inputs = job.Cohort.Inputs, lists = chunk * (inputs + 2);
        long half = (1L << batch.Shift) >> 1;
        bool rests = TOptimiser.RestsWithoutGradient && job.Cohort.WeightDecay == 0f;
        for (int start = 0; start < slot.Hidden; start += place.Lanes)
        {
            int unit = start + place.Within, column = slot.Column + unit;
            bool isOn = unit < slot.Hidden && failed == 0;
            float weightScale = isOn ? ExactSums.WeightScale(job.Weights.Exponents[column]) : 0f,
                columnFactor = isOn ? job.Cohort.Learning.ColumnFactors[column] : 0f,
                factor = isOn ? job.Cohort.W2[column] * columnFactor * batch.Scale : 0f;
            long product = 0;
            for (int d = place.Share; isOn && d <= inputs; d += place.Shares)
            {
                int entry = job.PixelStarts[lists + d], end = job.PixelStarts[lists + d + 1];
                if (rests && entry == end)
                    continue;
                long sum = 0;
                for (; entry + AtOnce <= end; entry += AtOnce)
                {
                    int q0 = Gated(job, slot, job.PixelIndex[entry], unit), q1 = Gated(job, slot, job.PixelIndex[entry + 1], unit);
                    int q2 = Gated(job, slot, job.PixelIndex[entry + 2], unit), q3 = Gated(job, slot, job.PixelIndex[entry + 3], unit);
                    sum = GpuMath.MultiplyAdd(sum, job.PixelValue[entry], q0);
                    sum = GpuMath.MultiplyAdd(sum, job.PixelValue[entry + 1], q1);
                    sum = GpuMath.MultiplyAdd(sum, job.PixelValue[entry + 2], q2);
                    sum = GpuMath.MultiplyAdd(sum, job.PixelValue[entry + 3], q3);
                }
                for (; entry < end; entry++)
                    sum = GpuMath.MultiplyAdd(sum, job.PixelValue[entry], Gated(job, slot, job.PixelIndex[entry], unit));
                product += Quantised(job, slot, d, unit, weightScale) * ((sum + half) >> batch.Shift);
                float gradient = GpuMath.Product(sum * ExactSums.PowerOfTwo(-40), factor);
                if (d < inputs)
                    StepWeight(job, job.Cohort.W1, job.Cohort.MaskW1, slot.Row(inputs, d) + unit, 0, column, index, chunk, gradient);
                else
                    StepBias(job, job.Cohort.B1, column, job.Cohort.W1.IntLength, job.Cohort.ColumnRates[column], index, chunk, gradient);
            }
            products[place.Thread] = product;
            GpuGroup.Barrier();
            if (place.Share == 0 && isOn)
            {
                for (int other = place.Thread + place.Lanes; other < Threads; other += place.Lanes)
                    product += products[other];
                float scaled = product * ExactSums.PowerOfTwo(batch.Shift + job.Weights.Exponents[column] - 63);
                StepWeight(
                    job, job.Cohort.W2, job.Cohort.MaskW2, column, job.Cohort.W1.IntLength + job.Cohort.B1.IntLength, column, index, chunk,
                    scaled * batch.Scale * columnFactor);
            }
            GpuGroup.Barrier();
        }
        if (place.Thread == 0 && failed == 0)
        {
            long sum = 0;
            for (int row = 0; row < rows; row++)
                sum += deltas[row];
            StepBias(
                job, job.Cohort.B2, index, job.Cohort.W1.IntLength + job.Cohort.B1.IntLength + job.Cohort.W2.IntLength,
                job.Cohort.SlotRates[index], index, chunk, sum * batch.BiasScale * job.Cohort.Learning.SlotFactors[index]);
        }
        GpuGroup.Barrier();
    }

    private static void StepWeight(
        SmallBatchGpu<TLoss, TOptimiser> job, ArrayView<float> weights, ArrayView<float> mask, int at, int firstState, int column,
        int index, int step, float gradient)
    {
        // 0 under a mask already, and it stays so.
        if (job.Cohort.HasMask != 0 && !(mask[at] > 0f))
            return;
        weights[at] = StepGpu<TOptimiser>.Take(
            job.States, firstState + at, index, step, weights[at], gradient, -job.Cohort.ColumnRates[column], job.Cohort.WeightDecay);
    }

    private static void StepBias(
        SmallBatchGpu<TLoss, TOptimiser> job, ArrayView<float> biases, int at, int firstState, float rate, int index, int step,
        float gradient) =>
        biases[at] = StepGpu<TOptimiser>.Take(job.States, firstState + at, index, step, biases[at], gradient, -rate, 0f);

    // gate q of an image of the batch; a float that is an integer.
    private static int Gated(SmallBatchGpu<TLoss, TOptimiser> job, GpuSlot slot, int row, int unit) =>
        (int)job.Activations.Values[slot.Row(job.Activations.Capacity, row) + unit];

    private static int Quantised(SmallBatchGpu<TLoss, TOptimiser> job, GpuSlot slot, int d, int unit, float scale) =>
        (int)GpuMath.Rint(Weight(job, slot, d, unit) * scale);

    private static float Weight(SmallBatchGpu<TLoss, TOptimiser> job, GpuSlot slot, int d, int unit) =>
        d < job.Cohort.Inputs ? job.Cohort.W1[slot.Row(job.Cohort.Inputs, d) + unit] : job.Cohort.B1[slot.Column + unit];

    /// <summary>What a thread does of its model.</summary>
    private readonly struct Place
    {
        public readonly int Thread, Within, Share, Lanes, Shares;

        /// <summary>Lanes: hidden units side by side, rounded up to a power of two, at most a group.</summary>
        public Place(int thread, int hidden)
        {
            int lanes = 1;
            while (lanes < hidden && lanes < Threads)
                lanes *= 2;
            Thread = thread;
            Lanes = lanes;
            Within = thread % lanes;
            Share = thread / lanes;
            Shares = Threads / lanes;
        }
    }
}

/// <summary>What a batch of some size is multiplied and shifted by; see <see cref="ExactSums"/>.</summary>
public struct BatchFactors
{
    public int Shift;

    public float Scale, BiasScale;

    internal static BatchFactors Of(int batch, int inputs) => new()
    {
        Shift = ExactSums.GradientShift(batch, inputs),
        Scale = ExactSums.GradientScale(batch),
        BiasScale = ExactSums.BiasScale(batch),
    };
}
