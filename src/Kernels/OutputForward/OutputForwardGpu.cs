using GpuMlp.Kernels.Gpu;
using GpuMlp.Kernels.Layout;
using ILGPU;

namespace GpuMlp.Kernels.OutputForward;

/// <summary>
/// logit[n, m] = b2 + sum over m's columns of relu(Z) w2; from it, one group a model, loss, counts and
/// d2 = (sigmoid(logit) - y) / B.
/// </summary>
/// <remarks>
/// A logit is one thread's sum in sixteen lanes and a tree, as on the CPU and with its bits. Sums over the images of a run
/// (at most two a thread) go through a tree of 256 threads in shared memory, so their order depends on the run alone.
/// </remarks>
public struct OutputForwardGpu
{
    /// <summary>Threads of a group of <see cref="Loss"/>, and most images of its run, two a thread.</summary>
    public const int Threads = 256, MostRows = 2 * Threads;

    /// <summary>Threads of a group of <see cref="Logits"/>: one an image.</summary>
    public const int LogitThreads = 128;

    public CohortViews Cohort;

    public GpuImages Images;

    /// <summary>Z.</summary>
    public GpuActivations Activations;

    /// <summary>[slot, ValueStride]: logits, or d2, of the run from ValueOffset on.</summary>
    public ArrayView<float> Values;

    public int ValueStride, ValueOffset;

    public GpuTotals Totals;

    /// <summary>One value a slot: the sum of d2.</summary>
    public ArrayView<float> GradB2;

    /// <summary>1 when the run is the first of its batch: then the gradient is replaced, else it goes on.</summary>
    public int IsFirst;

    /// <summary>The kernel for logits alone; groups: slots times runs of <see cref="LogitThreads"/> images.</summary>
    public static void Logits(OutputForwardGpu job)
    {
        int runs = (job.Images.Rows + LogitThreads - 1) / LogitThreads;
        int slotIndex = Grid.IdxX / runs, row = ((Grid.IdxX - (slotIndex * runs)) * LogitThreads) + Group.IdxX;
        if (row >= job.Images.Rows)
            return;
        var slot = new GpuSlot(job.Cohort, slotIndex);
        long place = ((long)slotIndex * job.ValueStride) + job.ValueOffset + row;
        job.Values[place] = Logit(job.Cohort, job.Activations, slot, row) + job.Cohort.B2[slotIndex];
    }

    /// <summary>The kernel for logits, loss, counts and d2 of at most <see cref="MostRows"/> images; a group a slot.</summary>
    public static void Loss(OutputForwardGpu job)
    {
        ArrayView<float> losses = SharedMemory.Allocate<float>(Threads), deltaSums = SharedMemory.Allocate<float>(Threads);
        ArrayView<int> counts = SharedMemory.Allocate<int>(Threads);
        int index = Grid.IdxX, thread = Group.IdxX;
        var slot = new GpuSlot(job.Cohort, index);
        var sums = new OutputSums(0f, 0f, 0);
        for (int row = thread; row < job.Images.Rows; row += Threads)
        {
            float logit = Logit(job.Cohort, job.Activations, slot, row) + job.Cohort.B2[index];
            OutputSums own = OutputSums.Of(logit, job.Images.Labels[job.Images.First + row], job.Images.BatchRows);
            job.Values[((long)index * job.ValueStride) + job.ValueOffset + row] = own.Delta;
            sums = sums.Add(own);
        }
        sums = OutputSums.Tree(losses, deltaSums, counts, thread, sums);
        if (thread == 0)
        {
            job.Totals.Add(index, sums.Loss, sums.Counts, job.Images.Rows);
            job.GradB2[index] = (job.IsFirst != 0 ? 0f : job.GradB2[index]) + sums.Delta;
        }
    }

    /// <summary>The sum over a model's columns for one image, without the bias.</summary>
    internal static float Logit(CohortViews cohort, GpuActivations activations, GpuSlot slot, int row)
    {
        var z = new Terms(activations.Values, cohort.W2, slot.Row(activations.Capacity, row), slot.Column, slot.Hidden);
        Float4 a = default, b = default, c = default, d = default;
        for (int j = 0; j < slot.Hidden; j += 16)
        {
            a = new Float4(z.Add(a.X, j), z.Add(a.Y, j + 1), z.Add(a.Z, j + 2), z.Add(a.W, j + 3));
            b = new Float4(z.Add(b.X, j + 4), z.Add(b.Y, j + 5), z.Add(b.Z, j + 6), z.Add(b.W, j + 7));
            c = new Float4(z.Add(c.X, j + 8), z.Add(c.Y, j + 9), z.Add(c.Z, j + 10), z.Add(c.W, j + 11));
            d = new Float4(z.Add(d.X, j + 12), z.Add(d.Y, j + 13), z.Add(d.Z, j + 14), z.Add(d.W, j + 15));
        }
        Float4 four = a.Add(c).Add(b.Add(d));
        return (four.X + four.Z) + (four.Y + four.W);
    }

    private readonly struct Terms(ArrayView<float> z, ArrayView<float> w2, int first, int column, int hidden)
    {
        public float Add(float sum, int j) => j < hidden ? GpuMath.Fma(GpuMath.Relu(z[first + j]), w2[column + j], sum) : sum;
    }
}

/// <summary>What an epoch leaves of each model.</summary>
public struct GpuTotals
{
    /// <summary>Two floats a slot, whose exact sum is the loss: kernels need no double, which not every device has.</summary>
    public ArrayView<float> Loss;

    /// <summary>Four counts a slot: true positives, false positives, false negatives, images.</summary>
    public ArrayView<int> Counts;

    /// <summary>No images yet; one thread.</summary>
    internal readonly void Clear(int slot)
    {
        Loss[2 * slot] = 0f;
        Loss[(2 * slot) + 1] = 0f;
        for (int count = 0; count < 4; count++)
            Counts[(4 * slot) + count] = 0;
    }

    /// <summary>Adds a run's loss and counts to a slot's; one thread.</summary>
    internal readonly void Add(int slot, float loss, int counts, int images)
    {
        // Knuth's two-sum: high + low is exactly the old high + loss + the old low, but for the last rounding of low.
        float high = Loss[2 * slot], sum = high + loss, part = sum - high;
        float error = (high - (sum - part)) + (loss - part);
        Loss[2 * slot] = sum;
        Loss[(2 * slot) + 1] += error;
        Counts[4 * slot] += counts & OutputSums.Mask;
        Counts[(4 * slot) + 1] += (counts >> OutputSums.Bits) & OutputSums.Mask;
        Counts[(4 * slot) + 2] += counts >> (2 * OutputSums.Bits);
        Counts[(4 * slot) + 3] += images;
    }
}
