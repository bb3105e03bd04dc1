namespace GpuMlp.Engine.Analyses.Similarity;

/// <summary>One map, made ready to be compared with others.</summary>
internal sealed class ComparedMap(int rows, int columns)
{
    private readonly MapRanks _ranks = new(rows * columns);
    private readonly SsimWindows _windows = new(rows, columns);
    private bool _finite;

    /// <summary>Bytes that one takes.</summary>
    public static long Bytes(int inputs) => 29L * inputs;

    /// <param name="map">Row-major [rows, columns].</param>
    public void Set(ReadOnlySpan<float> map, Scratch scratch)
    {
        _finite = _ranks.Rank(map, scratch.Sorter);
        if (_finite)
            _windows.Set(map, scratch.Windows);
    }

    /// <summary>
    /// Exactly 1 in everything for the same map, on the scale of its largest magnitude. A map of one magnitude everywhere has no
    /// order: beside another one it counts as unlike in everything, beside its own kind as the same.
    /// </summary>
    public MapSimilarity With(ComparedMap other, Scratch scratch)
    {
        if (!_finite || !other._finite)
            return MapSimilarity.NotANumber;
        if (_ranks.IsFlat || other._ranks.IsFlat)
            return _ranks.IsFlat && other._ranks.IsFlat && _ranks.IsZero == other._ranks.IsZero ? MapSimilarity.Same : MapSimilarity.Unlike;
        return new MapSimilarity(
            MapRanks.Spearman(_ranks, other._ranks), _windows.With(other._windows, scratch.Windows), MapRanks.TopIou(_ranks, other._ranks));
    }

    /// <summary>Working memory of one thread.</summary>
    public sealed class Scratch(int rows, int columns)
    {
        public MapSorter Sorter { get; } = new(rows * columns);

        public SsimWindows.Scratch Windows { get; } = new(rows, columns);
    }
}
