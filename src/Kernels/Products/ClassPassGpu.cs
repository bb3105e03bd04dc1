using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// Models with a logit a class: logits, loss, counts and q, then in training the sums for dw2 and
/// what goes back, r, in place of Z; a group a model and part of the images, which it takes <see cref="ChunkSchedule.ChunkRows"/> at a
/// time. The rules are those of <see cref="ClassOutputBody"/>.
/// </summary>
/// <remarks>A thread has an image, then outputs, then units of an output, then elements: neighbours in memory are neighbours.</remarks>
internal struct ClassPassGpu
{
    public const int Threads = ChunkSchedule.ChunkRows;

    public CohortViews Cohort;

    public GpuImages Images;

    /// <summary>Z of the run; r afterwards when <see cref="Backs"/>.</summary>
    public GpuActivations Activations;

    public GpuWeights Weights;

    public GpuTotals Totals;

    public GpuParts Parts;

    /// <summary>[part, slot, O, 256]: logits, shares and q of a group's images, one after the other; q as floats stays.</summary>
    public ArrayView<float> Values;

    /// <summary>[part, O, padded columns]: sums for dw2.</summary>
    public ArrayView<long> OutputSums;

    /// <summary>1 takes logits to q; 0 finds q there.</summary>
    public int Losses;

    /// <summary>1 goes on to the sums and r; 0 leaves Z alone.</summary>
    public int Backs;

    /// <summary>1 when the run is the first of its epoch, of its batch: sums start from 0.</summary>
    public int OpensEpoch, OpensBatch;

    /// <summary>See <see cref="Softmax.Halvings"/>, and <see cref="ExactSums.ActivationBits"/> of the batch.</summary>
    public int Halvings, ActivationBits;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => checked(Cohort.SlotCount * Parts.Count);

    /// <summary>One chunk in a cohort's scratch, on its own; what is to be done is still to be set.</summary>
    internal static ClassPassGpu Of(ChunkJob job, in GpuWeights weights) => new()
    {
        Cohort = job.Cohort.Cohort,
        Images = job.Run,
        Activations = job.Activations,
        Weights = weights,
        Totals = GpuTotals.Of(job.Cohort.Scratch),
        Parts = GpuParts.Of(job.Place.Rows, 1),
        Values = job.Cohort.Scratch.Logits,
        OutputSums = job.Cohort.Scratch.OutputSums,
        OpensBatch = job.Place.IsFirst ? 1 : 0,
        Halvings = Softmax.Halvings(job.Cohort.Outputs),
        ActivationBits = ExactSums.ActivationBits(job.Place.BatchRows),
    };

    /// <summary>The ILGPU kernel; parts the fastest, then slots.</summary>
    public static void Kernel(ClassPassGpu job)
    {
        ArrayView<long> shared = SharedMemory.Allocate<long>(2 * Threads);
        ArrayView<int> said = SharedMemory.Allocate<int>(Threads), actual = SharedMemory.Allocate<int>(Threads);
        int index = Grid.IdxX / job.Parts.Count, part = Grid.IdxX - (index * job.Parts.Count), thread = Group.IdxX;
        int firstRow = job.Parts.First(part), end = job.Parts.First(part + 1), slots = job.Cohort.SlotCount;
        var slot = new GpuSlot(job.Cohort, index);
        int outputs = job.Cohort.Outputs, failed = job.Weights.Failed[index], place = (part * slots) + index;
        int values = place * outputs * Threads;
        long whole = 0, rest = 0;
        Open(job, slot, place, part, thread);
        for (int chunk = firstRow; chunk < end; chunk += Threads)
        {
            int row = chunk + thread, rows = Math.Min(Threads, end - chunk);
            if (job.Losses != 0)
            {
                if (row < end)
                {
                    int label = (int)job.Images.Labels[job.Images.First + row];
                    actual[thread] = label;
                    said[thread] = Output(job, slot, index, failed, row, label, values + thread, out long ownWhole, out long ownRest);
                    whole += ownWhole;
                    rest += ownRest;
                }
                GpuGroup.Barrier();
                Count(job, place, values, rows, thread, said, actual);
                GpuGroup.Barrier();
            }
            if (job.Backs == 0)
                continue;
            Sum(job, slot, index, part, failed, chunk, rows, values, thread);
            GpuGroup.Barrier();
            for (int item = thread; item < rows * slot.Hidden; item += Threads)
                Back(job, slot, chunk, item / slot.Hidden, item % slot.Hidden, failed, values);
            GpuGroup.Barrier();
        }
        if (job.Losses != 0)
            Close(job, place, whole, rest, thread, shared, end - firstRow);
    }

    // What starts from 0 and is written by threads of this group alone.
    private static void Open(ClassPassGpu job, GpuSlot slot, int place, int part, int thread)
    {
        int outputs = job.Cohort.Outputs, fields = ClassCounts.Fields(outputs);
        if (job.Losses != 0)
        {
            for (int field = thread; field < fields && job.OpensEpoch != 0; field += Threads)
                job.Totals.Counts[(place * fields) + field] = 0;
            for (int k = thread; k < outputs && job.OpensBatch != 0; k += Threads)
                job.Totals.Deltas[(place * outputs) + k] = 0;
        }
        for (int item = thread; item < outputs * slot.Hidden && job.OpensBatch != 0 && job.Backs != 0; item += Threads)
            job.OutputSums[SumPlace(job, slot, part, item)] = 0;
        GpuGroup.Barrier();
    }

    // Logits, shares and q of an image; the class that the model says.
    private static int Output(
        ClassPassGpu job, GpuSlot slot, int index, int failed, int row, int label, int values, out long whole, out long rest)
    {
        int outputs = job.Cohort.Outputs, best = 0;
        whole = 0;
        rest = 0;
        if (failed != 0)
        {
            for (int k = 0; k < outputs; k++)
                job.Values[values + (k * Threads)] = 0f;
            return 0;
        }
        float largest = 0f, own = 0f;
        for (int k = 0; k < outputs; k++)
        {
            float logit = OutputForwardGpu.Logit(job.Cohort, job.Activations, slot, index, k, failed, row);
            job.Values[values + (k * Threads)] = logit;
            if (k == 0 || logit > largest)
            {
                largest = logit;
                best = k;
            }
            if (k == label)
                own = logit;
        }
        float others = 0f;
        for (int k = 0; k < outputs; k++)
        {
            float share = Softmax.Share<Scalar>(GpuGroup.Keep(job.Values[values + (k * Threads)]), largest).Value;
            job.Values[values + (k * Threads)] = share;
            if (k != best)
                others += share;
        }
        float classScale = job.Cohort.Learning.ClassScale(index, label);
        float loss = largest - own + Softmax.LogOfSum<Scalar>(others, job.Halvings).Value;

        // A loss is not negative, so this is its floor.
        whole = (long)loss;
        rest = (long)GpuMath.Rint((loss - whole) * ExactSums.LogitUnits);
        for (int k = 0; k < outputs; k++)
        {
            float p = Softmax.Probability<Scalar>(GpuGroup.Keep(job.Values[values + (k * Threads)]), others).Value;
            job.Values[values + (k * Threads)] = GpuMath.Rint((p - (k == label ? 1f : 0f)) * classScale * ExactSums.Largest);
        }
        return best;
    }

    // Counts of a class, and its sum of q: a thread an output.
    private static void Count(
        ClassPassGpu job, int place, int values, int rows, int thread, ArrayView<int> said, ArrayView<int> actual)
    {
        int outputs = job.Cohort.Outputs, fields = ClassCounts.Fields(outputs);
        for (int k = thread; k < outputs; k += Threads)
        {
            int truePositives = 0, falsePositives = 0, falseNegatives = 0;
            long deltas = 0;
            for (int n = 0; n < rows; n++)
            {
                bool isSaid = said[n] == k, isActual = actual[n] == k;
                truePositives += isSaid && isActual ? 1 : 0;
                falsePositives += isSaid && !isActual ? 1 : 0;
                falseNegatives += !isSaid && isActual ? 1 : 0;
                deltas += (int)job.Values[values + (k * Threads) + n];
            }
            job.Totals.Counts[(place * fields) + (3 * k)] += truePositives;
            job.Totals.Counts[(place * fields) + (3 * k) + 1] += falsePositives;
            job.Totals.Counts[(place * fields) + (3 * k) + 2] += falseNegatives;
            job.Totals.Deltas[(place * outputs) + k] += deltas;
        }
    }

    // Sum over the images of activation times q, both as integers: a thread a unit of an output.
    private static void Sum(
        ClassPassGpu job, GpuSlot slot, int index, int part, int failed, int chunk, int rows, int values, int thread)
    {
        int room = ExactSums.CeilingLog2(job.Cohort.Learning.DropoutScales[index]);
        for (int item = thread; item < job.Cohort.Outputs * slot.Hidden && failed == 0; item += Threads)
        {
            int k = item / slot.Hidden, unit = item - (k * slot.Hidden);
            int power = ExactSums.ActivationPower(
                job.ActivationBits, job.Cohort.Inputs, job.Weights.Exponents[slot.Column + unit] + room);
            float scale = ExactSums.PowerOfTwo(power);
            long sum = 0;
            for (int n = 0; n < rows; n++)
            {
                float z = job.Activations.Values[slot.Row(job.Activations.Capacity, chunk + n) + unit];
                int activation = z > 0f ? (int)GpuMath.Rint(z * scale) : 0;
                sum = GpuMath.MultiplyAdd(sum, activation, (int)job.Values[values + (k * Threads) + n]);
            }
            job.OutputSums[SumPlace(job, slot, part, item)] += sum;
        }
    }

    // r of one element.
    private static void Back(ClassPassGpu job, GpuSlot slot, int chunk, int row, int unit, int failed, int values)
    {
        int place = slot.Row(job.Activations.Capacity, chunk + row) + unit, column = slot.Column + unit, columns = job.Cohort.B1.IntLength;
        float back = 0f;
        if (failed == 0 && job.Activations.Values[place] > 0f)
        {
            float sum = 0f;
            for (int k = 0; k < job.Cohort.Outputs; k++)
                sum = GpuMath.Fma(job.Cohort.W2[(k * columns) + column], job.Values[values + (k * Threads) + row], sum);
            back = GpuMath.Rint(sum * ExactSums.PowerOfTwo(-job.Weights.BackExponents[column]));
        }
        job.Activations.Values[place] = back;
    }

    private static int SumPlace(ClassPassGpu job, GpuSlot slot, int part, int item)
    {
        int k = item / slot.Hidden, unit = item - (k * slot.Hidden);
        return (((part * job.Cohort.Outputs) + k) * job.Cohort.B1.IntLength) + slot.Column + unit;
    }

    // The losses of all threads, and the images.
    private static void Close(
        ClassPassGpu job, int place, long whole, long rest, int thread, ArrayView<long> shared, int images)
    {
        shared[thread] = whole;
        shared[Threads + thread] = rest;
        GpuGroup.Barrier();
        for (int half = Threads / 2; half > 0; half /= 2)
        {
            if (thread < half)
            {
                shared[thread] += shared[thread + half];
                shared[Threads + thread] += shared[Threads + thread + half];
            }
            GpuGroup.Barrier();
        }
        if (thread != 0)
            return;
        int fields = ClassCounts.Fields(job.Cohort.Outputs);
        job.Totals.Loss[2 * place] = (job.OpensEpoch != 0 ? 0 : job.Totals.Loss[2 * place]) + shared[0];
        job.Totals.Loss[(2 * place) + 1] = (job.OpensEpoch != 0 ? 0 : job.Totals.Loss[(2 * place) + 1]) + shared[Threads];
        job.Totals.Counts[(place * fields) + fields - 1] += images;
    }
}
