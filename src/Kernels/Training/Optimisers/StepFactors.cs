using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Training.Optimisers;

/// <summary>What a step of an element depends on besides the element.</summary>
internal readonly struct StepFactors<T>
    where T : unmanaged, IReal<T>
{
    /// <summary>The rate with a minus.</summary>
    public readonly T Down;

    /// <summary>Shares of the states that are kept, and of what is new.</summary>
    public readonly T Keep1, New1, Keep2, New2;

    /// <summary>1 / (1 - Keep1^t) and 1 / sqrt(1 - Keep2^t) in step t.</summary>
    public readonly T Correction1, Correction2;

    /// <summary>Of an optimiser without a state.</summary>
    public StepFactors(T down)
        : this(down, T.Zero, T.Zero, T.Zero, T.Zero, T.Zero, T.Zero)
    {
    }

    public StepFactors(T down, T keep1, T new1, T keep2, T new2, T correction1, T correction2)
    {
        Down = down;
        Keep1 = keep1;
        New1 = new1;
        Keep2 = keep2;
        New2 = new2;
        Correction1 = correction1;
        Correction2 = correction2;
    }
}
