using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Training.Optimisers;

/// <summary>
/// <see cref="StepRules.Adam"/> with decoupled decay: parameter = fma(-rate decay, parameter, parameter) first, and the gradient knows
/// nothing of it. Loshchilov and Hutter, "Decoupled weight decay regularization", arXiv 1711.05101 (2017); torch.optim.AdamW.
/// </summary>
internal readonly struct AdamW : IOptimiser
{
    public static string Name => "adamw";

    public static bool UsesBetas => true;

    public static int States => 2;

    public static bool RestsWithoutGradient => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Step<T>(T parameter, T gradient, StepFactors<T> factors, float decay, ref T state1, ref T state2)
        where T : unmanaged, IReal<T>
    {
        T decayed = decay != 0f ? T.Fma(T.Multiply(factors.Down, T.Broadcast(decay)), parameter, parameter) : parameter;
        return StepRules.Adam(decayed, gradient, factors, ref state1, ref state2);
    }
}
