using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
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

    public GpuGradients Gradients;

    /// <summary>One flag a slot.</summary>
    public ArrayView<int> Failed;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => checked((int)((((Cohort.Inputs + 1L) * Columns) + Cohort.B2.IntLength + Threads - 1) / Threads));

    private readonly int Columns => Cohort.Vectors.IntLength / ColumnLayout.VectorFields * ColumnLayout.Vector;

    /// <summary>The ILGPU kernel: rows of W1, then columns of b1 and w2, then outputs of slots.</summary>
    public static void Kernel(UpdateGpu<TOptimiser> job)
    {
        int item = (Grid.IdxX * Threads) + Group.IdxX, inputs = job.Cohort.Inputs, row = item / job.Columns;
        if (row > inputs)
        {
            int output = item - ((inputs + 1) * job.Columns), slot = output / job.Cohort.Outputs;
            if (output < job.Cohort.B2.IntLength && job.Failed[slot] == 0)
                job.Cohort.B2[output] = Step(job.Cohort.B2[output], job.Gradients.B2[output], -job.Cohort.SlotRates[slot], 0f);
            return;
        }
        int within = item - (row * job.Columns);
        var vector = new GpuVector(job.Cohort, within / ColumnLayout.Vector);
        int unit = within % ColumnLayout.Vector, column = vector.Column + unit, owner = job.Cohort.ColumnSlots[column];
        if (owner < 0 || job.Failed[owner] != 0)
            return;
        float down = -job.Cohort.ColumnRates[column], decay = job.Cohort.WeightDecay;
        if (row < inputs)
        {
            int place = vector.Base(inputs) + unit + (row * vector.Stride);
            job.Cohort.W1[place] = Step(job.Cohort.W1[place], job.Gradients.W1[place], down, decay);
        }
        else
        {
            job.Cohort.B1[column] = Step(job.Cohort.B1[column], job.Gradients.B1[column], down, 0f);
            for (int output = column; output < job.Cohort.W2.IntLength; output += job.Cohort.B1.IntLength)
                job.Cohort.W2[output] = Step(job.Cohort.W2[output], job.Gradients.W2[output], down, decay);
        }
    }

    private static float Step(float parameter, float gradient, float down, float decay) =>
        TOptimiser.Step<Scalar>(parameter, gradient, down, decay).Value;
}
