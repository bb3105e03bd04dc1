using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Training.Optimisers;

/// <summary>parameter = fma(-rate, gradient, parameter); with weight decay (L2) the gradient is fma(decay, parameter, gradient).</summary>
internal readonly struct GradientDescent : IOptimiser
{
    public static string Name => "sgd";

    public static int States => 0;

    public static bool RestsWithoutGradient => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Step<T>(T parameter, T gradient, StepFactors<T> factors, float decay, ref T state1, ref T state2)
        where T : unmanaged, IReal<T> => T.Fma(factors.Down, StepRules.WithDecay(parameter, gradient, decay), parameter);
}
