namespace GpuMlp.Runner.Pictures;

/// <summary>Some of a list that is too long to be shown.</summary>
internal static class Evenly
{
    /// <summary>At most <paramref name="most"/>, 2 or more, of a list, evenly spaced, with both ends.</summary>
    public static IReadOnlyList<T> Of<T>(IReadOnlyList<T> all, int most) =>
        all.Count <= most ? all : [.. Enumerable.Range(0, most).Select(i => all[i * (all.Count - 1) / (most - 1)])];
}
