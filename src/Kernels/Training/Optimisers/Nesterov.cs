using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Training.Optimisers;

/// <summary>
/// velocity as in <see cref="Momentum"/>, parameter = fma(-rate, fma(momentum, velocity, gradient), parameter). torch.optim.SGD with
/// nesterov.
/// </summary>
internal readonly struct Nesterov : IOptimiser
{
    public static string Name => "nesterov";

    public static bool UsesMomentum => true;

    public static int States => 1;

    public static bool RestsWithoutGradient => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Step<T>(T parameter, T gradient, StepFactors<T> factors, float decay, ref T state1, ref T state2)
        where T : unmanaged, IReal<T>
    {
        gradient = StepRules.Kept(StepRules.WithDecay(parameter, gradient, decay));
        state1 = StepRules.Kept(T.Fma(factors.Keep1, state1, gradient));
        return T.Fma(factors.Down, StepRules.Kept(T.Fma(factors.Keep1, state1, gradient)), parameter);
    }
}
