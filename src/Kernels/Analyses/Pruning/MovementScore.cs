using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Analyses.Pruning;

/// <summary>
/// |w - w(0)|, how far training has moved a weight from where it began: the criterion "movement" of Zhou, Lan, Liu and Yosinski,
/// "Deconstructing Lottery Tickets" (2019). What a model began with is drawn again, so that a saved model can be ranked too.
/// </summary>
internal readonly struct MovementScore : IPruneScore
{
    public static bool TiesShare => true;

    // Fused by name: a compiler could fuse a plain difference with the product behind an initial weight, and round once less.
    public static uint Key(in OriginViews origin, int slot, int index, float weight) =>
        MagnitudeScore.Of(GpuMath.Fma(-1f, origin.Initial(origin.Word(slot, index, RandomStreams.Weights)), weight));
}
