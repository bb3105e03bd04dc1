using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Products.Digits;

/// <summary>
/// Loss, counts and q of a run of images from the integer sums that <see cref="DigitForward"/> leaves; q goes out in digits.
/// A group a model and part of the images, four neighbouring images a thread.
/// </summary>
internal struct DigitOutput<TLoss>
    where TLoss : struct, ILoss
{
    public const int Threads = 256;

    public CohortViews Cohort;

    /// <summary>0 or 1 an image, from the run's first image on.</summary>
    public ArrayView<float> Labels;

    /// <summary>One flag a slot.</summary>
    public ArrayView<int> Failed;

    /// <summary>[slot, Pitch], without b2; 0 afterwards, for the next run.</summary>
    public ArrayView<long> Logits;

    /// <summary>Written: digits of 1, 256 and 65536, [slot, Pitch] bytes each, four bytes an element; 0 behind the last image.</summary>
    public ArrayView<int> Deltas0, Deltas1, Deltas2;

    /// <summary>Images of the run to whole stages.</summary>
    public int Pitch;

    public GpuTotals Totals;

    public GpuParts Parts;

    /// <summary>1 when the run is the first of its epoch, of its batch: sums start from 0.</summary>
    public int OpensEpoch, OpensBatch;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => checked(Cohort.B2.IntLength * Parts.Count);

    /// <summary>The ILGPU kernel; parts the fastest, then slots.</summary>
    public static void Kernel(DigitOutput<TLoss> job)
    {
        ArrayView<long> shared = SharedMemory.Allocate<long>(3 * Threads);
        ArrayView<int> counts = SharedMemory.Allocate<int>(3 * Threads);
        int slot = Grid.IdxX / job.Parts.Count, part = Grid.IdxX - (slot * job.Parts.Count), thread = Group.IdxX;
        int first = job.Parts.First(part), end = job.Parts.First(part + 1), rows = end - first;

        // Who has the last image fills up the stage. Parts begin at multiples of four.
        if (rows > 0 && end == job.Parts.Rows)
            end = job.Pitch;
        bool failed = job.Failed[slot] != 0;
        long bias = failed ? 0 : (long)GpuMath.Rint(job.Cohort.B2[slot] * ExactSums.LogitUnits);
        var sums = default(OutputSums);
        for (int image = first + (4 * thread); image < end; image += 4 * Threads)
        {
            OutputSums a = job.Take(slot, image, bias, failed), b = job.Take(slot, image + 1, bias, failed);
            OutputSums c = job.Take(slot, image + 2, bias, failed), d = job.Take(slot, image + 3, bias, failed);
            sums = sums.Add(a).Add(b).Add(c).Add(d);
            var digits = new Int4((int)a.Delta, (int)b.Delta, (int)c.Delta, (int)d.Delta);
            long place = (((long)slot * job.Pitch) + image) / 4;
            job.Deltas0[place] = DigitPlanes.Pack(digits);
            digits = DigitPlanes.Next(digits);
            job.Deltas1[place] = DigitPlanes.Pack(digits);
            digits = DigitPlanes.Next(digits);
            job.Deltas2[place] = DigitPlanes.Pack(digits);
        }
        sums = OutputSums.OfGroup(shared, counts, thread, Threads, sums);
        if (thread == 0)
            job.Totals.Add((part * job.Cohort.B2.IntLength) + slot, sums, rows, job.OpensEpoch != 0, job.OpensBatch != 0);
    }

    // One image; nothing behind the last.
    private readonly OutputSums Take(int slot, int image, long bias, bool failed)
    {
        if (image >= Parts.Rows)
            return default;
        long place = ((long)slot * Pitch) + image, sum = GpuGroup.Keep(Logits[place]);
        Logits[place] = 0;
        float label = Labels[image];
        return OutputSums.Of<TLoss>(OutputForwardGpu.Logit(sum + bias), label, Cohort.Learning.ClassScale(slot, label), failed);
    }
}
