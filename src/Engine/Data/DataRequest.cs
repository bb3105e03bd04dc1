namespace GpuMlp.Engine.Data;

/// <summary>Which data are wanted, and what must be known to read them.</summary>
/// <param name="Source">As behind <c>--data</c>: a name, a file or a folder, see <see cref="DatasetLoader"/>.</param>
/// <param name="LabelColumn">Of a table: name or number of the column of labels; null for the usual one.</param>
/// <param name="Scaling">Of a table: how features become levels; null for the usual way.</param>
public readonly record struct DataRequest(string Source, string? LabelColumn = null, FeatureScaling? Scaling = null);
