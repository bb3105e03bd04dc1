using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Training.Optimisers;

/// <summary>
/// What a gradient does to its parameter, a type argument of every update: its formula is compiled into the kernels of every
/// device. Weight decay comes with the formula; masks, and models that have failed, are the caller's.
/// </summary>
internal interface IOptimiser
{
    /// <inheritdoc cref="Optimiser.Name"/>
    static abstract string Name { get; }

    /// <inheritdoc cref="Optimiser.UsesMomentum"/>
    static virtual bool UsesMomentum => false;

    /// <inheritdoc cref="Optimiser.UsesBetas"/>
    static virtual bool UsesBetas => false;

    /// <summary>Numbers that it remembers of each parameter, 0 at first: none, one or two.</summary>
    static abstract int States { get; }

    /// <summary>
    /// Whether a parameter stays as it is, bit by bit, where its gradient is +0 and nothing decays. Then rows of W1 whose pixels
    /// a batch does not set are not visited.
    /// </summary>
    static abstract bool RestsWithoutGradient { get; }

    /// <summary>The parameter after a step; one element knows nothing of others.</summary>
    /// <param name="gradient">Of the batch's mean loss, without decay.</param>
    /// <param name="factors">Of its model and of the step; what an optimiser does not look at is unset.</param>
    /// <param name="decay">Of weights, 0 for none; then its operation is left out, and is not done with 0.</param>
    /// <param name="state1">What is remembered, before and after; without <see cref="States"/> not looked at.</param>
    /// <param name="state2">Likewise.</param>
    static abstract T Step<T>(T parameter, T gradient, StepFactors<T> factors, float decay, ref T state1, ref T state2)
        where T : unmanaged, IReal<T>;
}

/// <summary>Rules that optimisers with a state share.</summary>
internal static class StepRules
{
    /// <summary>
    /// Smaller gradients, states and quotients are 0: devices differ in what they make of numbers below 2^-126, and a remainder of a
    /// number as small as this one is still above that.
    /// </summary>
    public const float Least = 1f / (1L << 45) / (1L << 45);

    // Squares stay finite, with room for a remainder.
    private const float MostSquare = (float)(1L << 60) * (1L << 60);

    /// <summary>The number itself, or 0 where it is below <see cref="Least"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Kept<T>(T value)
        where T : unmanaged, IReal<T> => T.Select(T.Greater(T.Broadcast(Least), T.Abs(value)), T.Zero, value);

    /// <summary>L2: decay * parameter is added to the gradient.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T WithDecay<T>(T parameter, T gradient, float decay)
        where T : unmanaged, IReal<T> => decay != 0f ? T.Fma(T.Broadcast(decay), parameter, gradient) : gradient;

    /// <summary>
    /// The step of Adam from a gradient: m = m + (1 - beta1) (g - m), v = beta2 v + (1 - beta2) g g,
    /// parameter - rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + 1e-8).
    /// </summary>
    /// <remarks>Kingma and Ba, "Adam: a method for stochastic optimization", arXiv 1412.6980 (2014), as torch.optim.Adam has it.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Adam<T>(T parameter, T gradient, StepFactors<T> factors, ref T first, ref T second)
        where T : unmanaged, IReal<T>
    {
        gradient = Kept(gradient);
        first = Kept(T.Fma(factors.New1, T.Subtract(gradient, first), first));
        T square = Kept(T.Fma(T.Multiply(factors.New2, gradient), gradient, T.Multiply(factors.Keep2, second)));
        second = T.Select(T.Greater(square, T.Broadcast(MostSquare)), T.Broadcast(MostSquare), square);
        T isSet = T.Greater(second, T.Zero), root = T.Select(isSet, T.Sqrt(T.Select(isSet, second, T.Broadcast(1f))), T.Zero);
        T quotient = Kept(T.Divide(first, T.Fma(root, factors.Correction2, T.Broadcast(1e-8f))));
        return T.Fma(T.Multiply(factors.Down, factors.Correction1), quotient, parameter);
    }
}
