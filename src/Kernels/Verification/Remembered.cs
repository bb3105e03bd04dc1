using System.Collections.Concurrent;

namespace GpuMlp.Kernels.Verification;

/// <summary>
/// What the references expect of a case, computed when it is first asked for and kept: all variants are compared with the same.
/// </summary>
internal sealed class Remembered<TKey, TValue>(Func<TKey, TValue> compute)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Lazy<TValue>> _values = new();

    /// <summary>Safe from several threads; one of them computes.</summary>
    public TValue Of(TKey key) => _values.GetOrAdd(key, key => new Lazy<TValue>(() => compute(key))).Value;
}

/// <summary>The references on all cores: they are slow, and what they expect of one model or image needs nothing of another.</summary>
internal static class AllCores
{
    /// <summary>Results in order, whatever was done first.</summary>
    public static T[] Each<T>(int count, Func<int, T> compute)
    {
        var results = new T[count];
        Parallel.For(0, count, i => results[i] = compute(i));
        return results;
    }

    /// <inheritdoc cref="Each{T}(int, Func{int, T})"/>
    public static TResult[] Each<T, TResult>(IReadOnlyList<T> items, Func<T, TResult> compute) => Each(items.Count, i => compute(items[i]));
}
