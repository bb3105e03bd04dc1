using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Saliency;

/// <summary>
/// For the maps of models with a logit a class: of each image the class that its map is of, and from logits the probabilities. A thread
/// owns an image of a model. What a map is made of then: see <see cref="SaliencyOperation"/>.
/// </summary>
public struct ClassChoiceGpu
{
    public const int Threads = 128;

    /// <summary>[slot, O, Rows]: logits; probabilities afterwards.</summary>
    public ArrayView<float> Logits;

    /// <summary>[slot, Rows].</summary>
    public ArrayView<int> Classes;

    /// <summary>M, O and the images of the run.</summary>
    public int Slots, Outputs, Rows;

    /// <summary>The class that all maps are of; -1 for the one that the model says.</summary>
    public int Wanted;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => checked(Slots * Runs);

    private readonly int Runs => (Rows + Threads - 1) / Threads;

    /// <summary>The ILGPU kernel; runs of images the fastest, then slots.</summary>
    public static void Kernel(ClassChoiceGpu job)
    {
        int index = Grid.IdxX / job.Runs, row = ((Grid.IdxX - (index * job.Runs)) * Threads) + Group.IdxX;
        if (row >= job.Rows)
            return;
        int first = (index * job.Outputs * job.Rows) + row, best = 0;
        float largest = job.Logits[first];
        for (int k = 1; k < job.Outputs; k++)
        {
            float logit = job.Logits[first + (k * job.Rows)];
            if (logit > largest)
            {
                largest = logit;
                best = k;
            }
        }
        job.Classes[(index * job.Rows) + row] = job.Wanted >= 0 ? job.Wanted : best;
        float others = 0f;
        for (int k = 0; k < job.Outputs; k++)
        {
            float share = Softmax.Share<Scalar>(GpuGroup.Keep(job.Logits[first + (k * job.Rows)]), largest).Value;
            job.Logits[first + (k * job.Rows)] = share;
            if (k != best)
                others += share;
        }
        for (int k = 0; k < job.Outputs; k++)
        {
            float share = GpuGroup.Keep(job.Logits[first + (k * job.Rows)]);
            job.Logits[first + (k * job.Rows)] = Softmax.Probability<Scalar>(share, others).Value;
        }
    }
}
