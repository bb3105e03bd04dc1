namespace GpuMlp.Engine.Plans;

/// <summary>
/// One of several equal parts of a plan: the units whose number is <paramref name="Index"/> modulo <paramref name="Count"/>.
/// </summary>
/// <param name="Index">0 .. <paramref name="Count"/> - 1.</param>
/// <param name="Count">At least 1; always the plan's, so that shards neither overlap nor leave a gap.</param>
public readonly record struct Shard(int Index, int Count)
{
    /// <summary>All units.</summary>
    public static Shard Whole => new(0, 1);

    public bool Holds(int unit) => unit % Count == Index;

    public override string ToString() => $"{Index}/{Count}";
}
