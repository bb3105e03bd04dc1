using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Training.Optimisers;
using ILGPU;

namespace GpuMlp.Kernels.Training;

/// <summary>Gradients as floats, as the parameters lie.</summary>
public struct GpuGradients
{
    public ArrayView<float> W1, B1, W2, B2;

    /// <summary>A cohort's own.</summary>
    internal static GpuGradients Of(in ScratchViews scratch) =>
        new() { W1 = scratch.GradW1, B1 = scratch.GradB1, W2 = scratch.GradW2, B2 = scratch.GradB2 };
}

/// <summary>
/// Gradients of a batch's mean loss from its integers: dW1 = fl(fl(G) 2^-40 * fl(w2 scale)), db1 likewise from row D,
/// dw2 = fl(fl(T) 2^(s + e - 63) * scale) where T sums Wq (G >> s) over a column, db2 from the sum of q; in training the
/// step from them at once. With a logit a class 2^f stands for w2, and dw2 comes from sums of their own. A group owns sixteen columns,
/// sixteen threads a column; the first thread of a model's first column does its b2.
/// </summary>
internal struct GradientGpu<TOptimiser>
    where TOptimiser : struct, IOptimiser
{
    public const int Threads = Columns * Shares;

    private const int Columns = ColumnLayout.Vector, Shares = 16;

    public CohortViews Cohort;

    public GpuWeights Weights;

    /// <summary>G, [D + 1, stride] block after block.</summary>
    public ArrayView<long> Sums;

    /// <summary>[part, O, padded columns]: sums for dw2 with a logit a class; any view with one logit.</summary>
    public ArrayView<long> OutputSums;

    /// <summary>[part, slot, O]: sums of q.</summary>
    public ArrayView<long> Deltas;

    public int DeltaParts;

    /// <summary>Where gradients go when they are not used up.</summary>
    public GpuGradients Gradients;

    /// <summary>1 steps: gradients are not kept.</summary>
    public int Steps;

    /// <summary>What the optimiser remembers, and which of the epoch's steps it is.</summary>
    public StepViews States;

    public int Step;

    /// <summary>Of the launch.</summary>
    public int FirstVector;

    /// <summary>s and t, and the two factors of the batch; see <see cref="ExactSums"/>.</summary>
    public int Shift, ActivationBits;

    public float Scale, BiasScale;

    /// <summary>From G in a cohort's scratch, into its gradients; sums of q and whether it steps are still to be set.</summary>
    /// <param name="batch">Its images.</param>
    internal static GradientGpu<TOptimiser> Of(in CohortViews cohort, in ScratchViews scratch, in GpuWeights weights, int batch) => new()
    {
        Cohort = cohort,
        Weights = weights,
        Sums = scratch.GradSums,
        OutputSums = scratch.OutputSums,
        Gradients = GpuGradients.Of(scratch),
        States = scratch.Steps,
        Shift = ExactSums.GradientShift(batch, cohort.Inputs),
        ActivationBits = ExactSums.ActivationBits(batch),
        Scale = ExactSums.GradientScale(batch),
        BiasScale = ExactSums.BiasScale(batch),
    };

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => Cohort.Vectors.IntLength / ColumnLayout.VectorFields;

    /// <summary>
    /// The ILGPU kernel; a group a vector. No group leaves before the barrier: PoCL 6 goes wrong behind a conditional one.
    /// </summary>
    public static void Kernel(GradientGpu<TOptimiser> job)
    {
        ArrayView<long> products = SharedMemory.Allocate<long>(Threads);
        int thread = Group.IdxX, within = thread % Columns, share = thread / Columns, inputs = job.Cohort.Inputs;
        var vector = new GpuVector(job.Cohort, job.FirstVector + Grid.IdxX);
        int column = vector.Column + within, slot = job.Cohort.ColumnSlots[column];
        bool isOn = slot >= 0 && job.Weights.Failed[slot] == 0;
        float columnFactor = job.Cohort.Learning.ColumnFactors[column], weight = job.Cohort.Outputs == 1
            ? job.Cohort.W2[column]
            : isOn ? ExactSums.PowerOfTwo(job.Weights.BackExponents[column]) : 0f;
        float factor = weight * columnFactor * job.Scale;
        long product = 0, half = (1L << job.Shift) >> 1;
        for (int d = share; d <= inputs; d += Shares)
        {
            int place = vector.Base(inputs + 1) + within + (d * vector.Stride);
            long sum = job.Sums[place];
            product += job.Weights.Values[place] * ((sum + half) >> job.Shift);
            float gradient = isOn ? GpuMath.Product(sum * ExactSums.PowerOfTwo(-40), factor) : 0f;
            if (d < inputs)
            {
                Leave(
                    job,
                    job.Cohort.W1,
                    job.Gradients.W1,
                    job.Cohort.MaskW1,
                    vector.Base(inputs) + within + (d * vector.Stride),
                    0,
                    column,
                    slot,
                    isOn,
                    gradient);
            }
            else
            {
                LeaveBias(
                    job, job.Cohort.B1, job.Gradients.B1, column, job.Cohort.W1.IntLength, slot, job.Cohort.ColumnRates[column], isOn,
                    gradient);
            }
        }
        products[thread] = product;
        GpuGroup.Barrier();
        if (thread >= Columns)
            return;
        for (int other = thread + Columns; other < Threads; other += Columns)
            product += products[other];
        if (job.Cohort.Outputs == 1)
        {
            float scaled = product * ExactSums.PowerOfTwo(job.Shift + job.Weights.Exponents[column] - 63), gradient = isOn
                ? scaled * job.Scale * columnFactor
                : 0f;
            int firstState = job.Cohort.W1.IntLength + job.Cohort.B1.IntLength;
            Leave(job, job.Cohort.W2, job.Gradients.W2, job.Cohort.MaskW2, column, firstState, column, slot, isOn, gradient);
        }
        else if (slot >= 0)
        {
            LeaveOutputs(job, column, slot, isOn);
        }
        if (slot >= 0 && column == job.Cohort.Slots[2 * slot])
            LeaveSlot(job, slot, isOn);
    }

    // dw2 of a column with a logit a class.
    private static void LeaveOutputs(GradientGpu<TOptimiser> job, int column, int slot, bool isOn)
    {
        int columns = job.Cohort.B1.IntLength;
        int room = ExactSums.CeilingLog2(job.Cohort.Learning.DropoutScales[slot]);
        int power = ExactSums.ActivationPower(job.ActivationBits, job.Cohort.Inputs, job.Weights.Exponents[column] + room);
        float classFactor = job.Cohort.Learning.SlotFactors[slot];
        for (int k = 0; k < job.Cohort.Outputs; k++)
        {
            long sum = 0;
            for (int part = 0; part < job.DeltaParts; part++)
                sum += job.OutputSums[(((part * job.Cohort.Outputs) + k) * columns) + column];
            float scaled = sum * ExactSums.PowerOfTwo(-power);
            int place = (k * columns) + column;
            float gradient = isOn ? scaled * job.BiasScale * classFactor : 0f;
            int firstState = job.Cohort.W1.IntLength + columns;
            Leave(job, job.Cohort.W2, job.Gradients.W2, job.Cohort.MaskW2, place, firstState, column, slot, isOn, gradient);
        }
    }

    private static void LeaveSlot(GradientGpu<TOptimiser> job, int slot, bool isOn)
    {
        float scale = job.BiasScale, factor = job.Cohort.Learning.SlotFactors[slot];
        for (int output = slot * job.Cohort.Outputs; output < (slot + 1) * job.Cohort.Outputs; output++)
        {
            long sum = 0;
            for (int part = 0; part < job.DeltaParts; part++)
                sum += job.Deltas[(part * job.Cohort.B2.IntLength) + output];
            LeaveBias(
                job, job.Cohort.B2, job.Gradients.B2, output,
                job.Cohort.W1.IntLength + job.Cohort.B1.IntLength + job.Cohort.W2.IntLength, slot, job.Cohort.SlotRates[slot], isOn,
                isOn ? sum * scale * factor : 0f);
        }
    }

    // A weight: it may lie under a mask, and it decays. It is 0 under a mask already, and stays so.
    private static void Leave(
        GradientGpu<TOptimiser> job, ArrayView<float> weights, ArrayView<float> gradients, ArrayView<float> mask,
        int place, int firstState, int column, int slot, bool isOn, float gradient)
    {
        bool isKept = job.Cohort.HasMask == 0 || mask[place] > 0f;
        if (job.Steps == 0)
        {
            gradients[place] = isKept ? gradient : 0f;
        }
        else if (isOn && isKept)
        {
            weights[place] = StepGpu<TOptimiser>.Take(
                job.States, firstState + place, slot, job.Step, weights[place], gradient, -job.Cohort.ColumnRates[column],
                job.Cohort.WeightDecay);
        }
    }

    private static void LeaveBias(
        GradientGpu<TOptimiser> job,
        ArrayView<float> biases,
        ArrayView<float> gradients,
        int place,
        int firstState,
        int slot,
        float rate,
        bool isOn,
        float gradient)
    {
        if (job.Steps == 0)
            gradients[place] = gradient;
        else if (isOn)
            biases[place] = StepGpu<TOptimiser>.Take(job.States, firstState + place, slot, job.Step, biases[place], gradient, -rate, 0f);
    }
}
