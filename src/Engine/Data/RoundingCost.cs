namespace GpuMlp.Engine.Data;

/// <summary>Adds up what <see cref="TableFacts"/> tells of rounding, feature by feature.</summary>
internal sealed class RoundingCost
{
    private long _values, _moved, _distinct, _merged, _clipped, _varied;
    private int _features, _constant;
    private double _largest, _squares, _squaresInDeviations, _worst;
    private string? _worstName;

    /// <summary>Rounds the training values of one feature.</summary>
    /// <param name="name">Of the feature, for people.</param>
    /// <param name="sorted">Its values, rising.</param>
    /// <param name="scale">The rule, fitted to them.</param>
    public void Add(string name, double[] sorted, Func<double, double> scale)
    {
        double[] scaled = Array.ConvertAll(sorted, value => scale(value) / 255);
        double mean = scaled.Average(), squares = 0, variance = 0;
        long distinct = 0, levels = 0;
        int before = -1;
        for (int i = 0; i < sorted.Length; i++)
        {
            byte level = FeatureScaling.Level(scale(sorted[i]));
            double error = Math.Abs((level / 255.0) - scaled[i]);
            squares += error * error;
            variance += (scaled[i] - mean) * (scaled[i] - mean);
            _largest = Math.Max(_largest, error);
            _moved += error > TableFacts.Moved ? 1 : 0;
            distinct += i == 0 || sorted[i] != sorted[i - 1] ? 1 : 0;

            // Both rules rise with the value, so that equal levels are neighbours.
            levels += level != before ? 1 : 0;
            before = level;
        }

        _features++;
        _values += sorted.Length;
        _distinct += distinct;
        _merged += distinct - levels;
        _squares += squares;
        if (distinct == 1)
        {
            _constant++;
            return;
        }

        double inDeviations = squares / variance;
        _squaresInDeviations += inDeviations * sorted.Length;
        _varied += sorted.Length;
        if (_worstName is null || Math.Sqrt(inDeviations) > _worst)
            (_worstName, _worst) = (name, Math.Sqrt(inDeviations));
    }

    /// <summary>Counts a value of the test file that lies beyond those of the training file.</summary>
    public void AddClipped() => _clipped++;

    public TableFacts Facts(string labelColumn, FeatureScaling scaling) => new(
        labelColumn, scaling.Name, _features, _constant, (double)_moved / _values, _largest, Math.Sqrt(_squares / _values),
        _varied == 0 ? 0 : Math.Sqrt(_squaresInDeviations / _varied), _worstName, _worst, _distinct, _merged, _clipped);
}
