using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Training.Optimisers;

/// <summary>parameter = fma(-rate, gradient, parameter); with weight decay (L2) the gradient is fma(decay, parameter, gradient).</summary>
internal readonly struct GradientDescent : IOptimiser
{
    public static string Name => "sgd";

    public static bool RestsWithoutGradient => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Step<T>(T parameter, T gradient, T down, float decay)
        where T : unmanaged, IReal<T>
    {
        if (decay != 0f)
            gradient = T.Fma(T.Broadcast(decay), parameter, gradient);
        return T.Fma(down, gradient, parameter);
    }
}
