using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>Compressed weights as integers; a pruned column has the exponent of what is left of it.</summary>
public struct GpuSparseWeights
{
    /// <summary>Wq, one an entry.</summary>
    public ArrayView<int> Values;

    /// <summary>e, and Wq of b1, one a padded column, level after level.</summary>
    public ArrayView<int> Exponents, Biases;

    /// <summary>One a slot, level after level: 1 when the model is out of range, else 0.</summary>
    public ArrayView<int> Failed;

    /// <summary>Those of a compressed cohort as it is now.</summary>
    internal static GpuSparseWeights Of(GpuDevice device, SparseCohort cohort)
    {
        SparseViews sparse = cohort.Views;
        var job = new SparseQuantiseGpu
        {
            Sparse = sparse,
            Weights = new GpuSparseWeights
            {
                Values = device.Workspace.Take<int>("quantised entries", sparse.Value.Length),
                Exponents = device.Workspace.Take<int>("exponents", sparse.B1.Length),
                Biases = device.Workspace.Take<int>("quantised biases", sparse.B1.Length),
                Failed = device.Workspace.Take<int>("failed", sparse.Levels * (long)cohort.Layout.Slots.Count),
            },
            Slots = cohort.Shape.Slots,
            Inputs = cohort.Layout.Inputs,
            Outputs = cohort.Layout.Outputs,
        };
        device.Launch(SparseQuantiseGpu.Kernel, SparseQuantiseGpu.Threads, job.Groups, job);
        return job.Weights;
    }
}

/// <summary><see cref="QuantiseGpu"/> over compressed columns: a group owns a model at one level, a thread a column at a time.</summary>
public struct SparseQuantiseGpu
{
    public const int Threads = 128;

    public SparseViews Sparse;

    public GpuSparseWeights Weights;

    /// <summary>As in <see cref="CohortViews"/>.</summary>
    public ArrayView<int> Slots;

    /// <summary>D and O.</summary>
    public int Inputs, Outputs;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => checked(Sparse.Levels * (Slots.IntLength / 2));

    /// <summary>The ILGPU kernel; slots the fastest, then levels.</summary>
    public static void Kernel(SparseQuantiseGpu job)
    {
        ArrayView<int> flags = SharedMemory.Allocate<int>(Threads);
        int thread = Group.IdxX, slots = job.Slots.IntLength / 2, slot = Grid.IdxX % slots, level = Grid.IdxX / slots;
        int hidden = job.Slots[(2 * slot) + 1], first = (job.Sparse.B1.IntLength / job.Sparse.Levels * level) + job.Slots[2 * slot];
        int failed = 0, weights = (level * (job.Outputs - 1) * (job.Sparse.B1.IntLength / job.Sparse.Levels)) + first;
        for (int k = 0; k < job.Outputs; k++)
            failed |= ExactSums.IsInRange(job.Sparse.B2[(Grid.IdxX * job.Outputs) + k]) ? 0 : 1;
        for (int h = thread; h < hidden; h += Threads)
            failed |= Column(job, first + h, weights + h, hidden) ? 0 : 1;
        flags[thread] = failed;
        GpuGroup.Barrier();
        if (thread != 0)
            return;
        for (int other = 1; other < Threads; other++)
            failed |= flags[other];
        job.Weights.Failed[Grid.IdxX] = failed;
    }

    // Whether the column is in range.
    private static bool Column(SparseQuantiseGpu job, int column, int weights, int hidden)
    {
        int start = job.Sparse.Starts[column], end = job.Sparse.Starts[column + 1];
        int most = Magnitude(job.Sparse.B1[column]);
        for (int q = start; q < end; q++)
            most = Math.Max(most, Magnitude(job.Sparse.Value[q]));
        int exponent = ExactSums.Exponent(Interop.IntAsFloat((uint)most));
        bool isOut = exponent == ExactSums.OutOfRange;
        int used = isOut ? ExactSums.LeastExponent : exponent;
        float scale = ExactSums.WeightScale(used);
        job.Weights.Exponents[column] = used;
        job.Weights.Biases[column] = Rounded(job.Sparse.B1[column], isOut, scale);
        for (int q = start; q < end; q++)
            job.Weights.Values[q] = Rounded(job.Sparse.Value[q], isOut, scale);
        return !isOut && IsInRange(job, weights, exponent, hidden);
    }

    // With a logit a class also the sum of all weights of the column must be.
    private static bool IsInRange(SparseQuantiseGpu job, int weights, int exponent, int hidden)
    {
        float sum = 0f;
        bool isIn = true;
        for (int k = 0; k < job.Outputs; k++)
        {
            float weight = job.Sparse.W2[weights + (k * (job.Sparse.B1.IntLength / job.Sparse.Levels))];
            sum += GpuMath.Abs(weight);
            isIn &= ExactSums.IsInRange(exponent, weight, job.Inputs, hidden);
        }
        return isIn && (job.Outputs == 1 || ExactSums.Exponent(sum) != ExactSums.OutOfRange);
    }

    private static int Magnitude(float weight) => (int)GpuMath.Bits(weight) & 0x7FFFFFFF;

    private static int Rounded(float weight, bool isOut, float scale) => isOut ? 0 : (int)GpuMath.Rint(weight * scale);
}
