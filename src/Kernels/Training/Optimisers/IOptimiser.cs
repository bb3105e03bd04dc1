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

    /// <summary>
    /// Whether a parameter stays as it is, bit by bit, where its gradient is +0 and nothing decays. Then rows of W1 whose pixels
    /// a batch does not set are not visited.
    /// </summary>
    static abstract bool RestsWithoutGradient { get; }

    /// <summary>The parameter after a step; one element knows nothing of others.</summary>
    /// <param name="gradient">Of the batch's mean loss, without decay.</param>
    /// <param name="down">The rate with a minus.</param>
    /// <param name="decay">Times the parameter, added to its gradient; 0 leaves that operation out, and is not done with 0.</param>
    static abstract T Step<T>(T parameter, T gradient, T down, float decay)
        where T : unmanaged, IReal<T>;
}
