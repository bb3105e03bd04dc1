using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Training.Optimisers;

/// <summary><see cref="StepRules.Adam"/> with L2: decay * parameter is part of the gradient. torch.optim.Adam.</summary>
internal readonly struct Adam : IOptimiser
{
    public static string Name => "adam";

    public static bool UsesBetas => true;

    public static int States => 2;

    public static bool RestsWithoutGradient => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Step<T>(T parameter, T gradient, StepFactors<T> factors, float decay, ref T state1, ref T state2)
        where T : unmanaged, IReal<T> =>
        StepRules.Adam(parameter, StepRules.WithDecay(parameter, gradient, decay), factors, ref state1, ref state2);
}
