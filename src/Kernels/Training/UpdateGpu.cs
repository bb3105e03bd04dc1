using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Training.Optimisers;
using ILGPU;

namespace GpuMlp.Kernels.Training;

/// <summary>
/// A step from gradients that lie in memory; W1 and w2 decay, biases do not. Models that have failed stay as they are. A thread
/// owns an element.
/// </summary>
internal struct UpdateGpu<TOptimiser>
    where TOptimiser : struct, IOptimiser
{
    public const int Threads = 128;

    public CohortViews Cohort;

    /// <summary>What the optimiser remembers.</summary>
    public StepViews States;

    public GpuGradients Gradients;

    /// <summary>One flag a slot.</summary>
    public ArrayView<int> Failed;

    /// <summary>Of the launch.</summary>
    public int FirstVector, Vectors, FirstSlot, Slots;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => checked((int)((((Cohort.Inputs + 1L) * Columns) + OutputsOfSlots + Threads - 1) / Threads));

    private readonly int Columns => Vectors * ColumnLayout.Vector;

    private readonly int OutputsOfSlots => Slots * Cohort.Outputs;

    /// <summary>The ILGPU kernel: rows of W1, then columns of b1 and w2, then outputs of slots.</summary>
    public static void Kernel(UpdateGpu<TOptimiser> job)
    {
        int item = (Grid.IdxX * Threads) + Group.IdxX, inputs = job.Cohort.Inputs, row = item / job.Columns;
        if (row > inputs)
        {
            int place = item - ((inputs + 1) * job.Columns), output = place + (job.FirstSlot * job.Cohort.Outputs);
            int slot = output / job.Cohort.Outputs;
            if (place < job.OutputsOfSlots && job.Failed[slot] == 0)
            {
                int first = job.Cohort.W1.IntLength + job.Cohort.B1.IntLength + job.Cohort.W2.IntLength;
                job.Cohort.B2[output] = Step(
                    job, first + output, slot, job.Cohort.B2[output], job.Gradients.B2[output], -job.Cohort.SlotRates[slot], 0f);
            }
            return;
        }
        int within = item - (row * job.Columns);
        var vector = new GpuVector(job.Cohort, job.FirstVector + (within / ColumnLayout.Vector));
        int unit = within % ColumnLayout.Vector, column = vector.Column + unit, owner = job.Cohort.ColumnSlots[column];
        if (owner < 0 || job.Failed[owner] != 0)
            return;
        float down = -job.Cohort.ColumnRates[column], decay = job.Cohort.WeightDecay;
        if (row < inputs)
        {
            int place = vector.Base(inputs) + unit + (row * vector.Stride);
            job.Cohort.W1[place] = Step(job, place, owner, job.Cohort.W1[place], job.Gradients.W1[place], down, decay);
        }
        else
        {
            int first = job.Cohort.W1.IntLength;
            job.Cohort.B1[column] = Step(job, first + column, owner, job.Cohort.B1[column], job.Gradients.B1[column], down, 0f);
            first += job.Cohort.B1.IntLength;
            for (int output = column; output < job.Cohort.W2.IntLength; output += job.Cohort.B1.IntLength)
                job.Cohort.W2[output] = Step(job, first + output, owner, job.Cohort.W2[output], job.Gradients.W2[output], down, decay);
        }
    }

    private static float Step(
        UpdateGpu<TOptimiser> job, int at, int slot, float parameter, float gradient, float down, float decay) =>
        StepGpu<TOptimiser>.Take(job.States, at, slot, 0, parameter, gradient, down, decay);
}
