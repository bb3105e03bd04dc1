using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Training.Optimisers;

/// <summary>
/// velocity = fma(momentum, velocity, gradient), parameter = fma(-rate, velocity, parameter); decay as in
/// <see cref="GradientDescent"/>. torch.optim.SGD with momentum and no dampening.
/// </summary>
internal readonly struct Momentum : IOptimiser
{
    public static string Name => "momentum";

    public static bool UsesMomentum => true;

    public static int States => 1;

    public static bool RestsWithoutGradient => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Step<T>(T parameter, T gradient, StepFactors<T> factors, float decay, ref T state1, ref T state2)
        where T : unmanaged, IReal<T>
    {
        gradient = StepRules.Kept(StepRules.WithDecay(parameter, gradient, decay));
        state1 = StepRules.Kept(T.Fma(factors.Keep1, state1, gradient));
        return T.Fma(factors.Down, state1, parameter);
    }
}
