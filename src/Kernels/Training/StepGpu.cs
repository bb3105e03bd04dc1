using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Training.Optimisers;

namespace GpuMlp.Kernels.Training;

/// <summary>A step of one parameter on a GPU, with its state.</summary>
internal static class StepGpu<TOptimiser>
    where TOptimiser : struct, IOptimiser
{
    /// <summary>The parameter after the step; without a rate the model rests, and its state with it, as on a CPU.</summary>
    /// <param name="at">Its place among all parameters: W1, b1, w2, b2, one behind the other.</param>
    /// <param name="slot">Of its model.</param>
    /// <param name="step">Of the epoch, from 0.</param>
    public static float Take(StepViews steps, int at, int slot, int step, float parameter, float gradient, float down, float decay)
    {
        Scalar first = Scalar.Zero, second = Scalar.Zero;
        if (!(down < 0f))
            return parameter;
        if (TOptimiser.States == 0)
            return TOptimiser.Step<Scalar>(parameter, gradient, new StepFactors<Scalar>(down), decay, ref first, ref second).Value;
        int settings = 4 * slot, corrections = 2 * ((step * steps.Kinds) + steps.SlotKinds[slot]);
        first = steps.State1[at];
        if (TOptimiser.States > 1)
            second = steps.State2[at];
        var factors = new StepFactors<Scalar>(
            down, steps.Settings[settings], steps.Settings[settings + 1], steps.Settings[settings + 2], steps.Settings[settings + 3],
            steps.Corrections[corrections], steps.Corrections[corrections + 1]);
        float stepped = TOptimiser.Step<Scalar>(parameter, gradient, factors, decay, ref first, ref second).Value;
        steps.State1[at] = first.Value;
        if (TOptimiser.States > 1)
            steps.State2[at] = second.Value;
        return stepped;
    }
}
