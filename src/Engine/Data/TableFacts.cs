using System.Globalization;

namespace GpuMlp.Engine.Data;

/// <summary>
/// How a table was read, and what it cost to round its features to 256 levels. An error is the difference between the level and what the
/// rule gives before it is rounded, both on a scale of 0..1: for <c>minmax</c> a share of the feature's range, for <c>quantile</c> of its
/// ranks. Over the training file.
/// </summary>
/// <param name="LabelColumn">Its name, or <c>column 5</c> where the file has no header.</param>
/// <param name="Scaling">See <see cref="FeatureScaling"/>.</param>
/// <param name="Features">Columns beside that of the labels.</param>
/// <param name="ConstantFeatures">Those in which all values are the same.</param>
/// <param name="MovedShare">Share of the values with an error of more than <see cref="Moved"/>.</param>
/// <param name="LargestError">At most 1/510.</param>
/// <param name="RmsError">Root of the mean square over all values.</param>
/// <param name="RmsErrorInDeviations">The same in standard deviations of each value's feature, without constant ones.</param>
/// <param name="WorstFeature">The one with the largest error in standard deviations; null where all are constant.</param>
/// <param name="WorstRmsErrorInDeviations">Its error.</param>
/// <param name="DistinctValues">Different values, feature by feature.</param>
/// <param name="MergedValues">How many of them share a level with another one: different values less different levels.</param>
/// <param name="TestValuesClipped">Values of the test file beyond those of the training file.</param>
public sealed record TableFacts(
    string LabelColumn,
    string Scaling,
    int Features,
    int ConstantFeatures,
    double MovedShare,
    double LargestError,
    double RmsError,
    double RmsErrorInDeviations,
    string? WorstFeature,
    double WorstRmsErrorInDeviations,
    long DistinctValues,
    long MergedValues,
    long TestValuesClipped)
{
    /// <summary>An error above it counts in <see cref="MovedShare"/>.</summary>
    public const double Moved = 0.001;

    /// <summary>One line for people.</summary>
    public override string ToString()
    {
        string In(double number) => number.ToString("0.####", CultureInfo.InvariantCulture);
        string worst = WorstFeature is null ? "" : $", at worst {In(WorstRmsErrorInDeviations)} of {OneLine.Of(WorstFeature)}";
        string more = (ConstantFeatures > 0 ? $"; {Count(ConstantFeatures, "feature is", "features are")} constant" : "")
            + (TestValuesClipped > 0 ? $"; {Count(TestValuesClipped, "test value lies", "test values lie")} beyond" : "");
        return $"label: {OneLine.Of(LabelColumn)}; {Count(Features, "feature", "features")} to 256 levels by {Scaling}: "
            + $"{In(100 * MovedShare)} % of the values moved by more than {In(100 * Moved)} % of the scale, RMS {In(100 * RmsError)} % "
            + $"({In(RmsErrorInDeviations)} standard deviations{worst}); {MergedValues.ToString("N0", CultureInfo.InvariantCulture)} of "
            + $"{DistinctValues.ToString("N0", CultureInfo.InvariantCulture)} distinct values fell together{more}";
    }

    private static string Count(long count, string one, string many) =>
        $"{count.ToString("N0", CultureInfo.InvariantCulture)} {(count == 1 ? one : many)}";
}
