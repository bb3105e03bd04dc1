using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>
/// Maps [slot, N, D] of formulas that ask how the probability of a class changes, <see cref="ISaliencyFormula.Change"/>, of models with a
/// logit a class. A thread owns a pixel of a map; its loop over the other classes is outside that over the units.
/// </summary>
internal struct ClassChangeGpu<TFormula>
    where TFormula : struct, ISaliencyFormula
{
    public const int Threads = 128;

    public SaliencyRun Run;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => checked(Run.Cohort.SlotCount * Run.Rows * PixelRuns);

    private readonly int PixelRuns => (Run.Cohort.Inputs + Threads - 1) / Threads;

    /// <summary>The ILGPU kernel; runs of pixels the fastest, then images, then slots.</summary>
    public static void Kernel(ClassChangeGpu<TFormula> kernel)
    {
        SaliencyRun job = kernel.Run;
        int map = Grid.IdxX / kernel.PixelRuns, pixel = ((Grid.IdxX - (map * kernel.PixelRuns)) * Threads) + Group.IdxX;
        if (pixel >= job.Cohort.Inputs)
            return;
        int index = map / job.Rows, row = map - (index * job.Rows), outputs = job.Cohort.Outputs, columns = job.Cohort.B1.IntLength;
        var slot = new GpuSlot(job.Cohort, index);
        int wanted = job.Classes[(index * job.Rows) + row], first = (index * outputs * job.Rows) + row;
        int own = (wanted * columns) + slot.Column, z = slot.Row(job.Activations.Capacity, row), w1 = slot.Row(job.Cohort.Inputs, pixel);
        Scalar change = 0f;
        for (int k = 0; k < outputs; k++)
        {
            Scalar sum = 0f;
            for (int h = 0; h < slot.Hidden && k != wanted; h++)
            {
                float other = job.Cohort.W2[(k * columns) + slot.Column + h] - job.Cohort.W2[own + h];
                sum = TFormula.Add<Scalar>(sum, job.Activations.Values[z + h], job.Cohort.W1[w1 + h], other);
            }
            if (k != wanted)
                change = TFormula.Grow(change, sum, job.Logits[first + (k * job.Rows)]);
        }
        long image = ((long)index * job.AllImages) + job.First + row;
        job.Maps[(image * job.Cohort.Inputs) + pixel] = TFormula.Change<Scalar>(change, job.Logits[first + (wanted * job.Rows)]).Value;
    }
}
