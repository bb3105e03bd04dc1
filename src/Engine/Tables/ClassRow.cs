namespace GpuMlp.Engine.Tables;

/// <summary>A trained model with a logit a class on the validation images: one class against the rest.</summary>
[Table("classes")]
public sealed record ClassRow : ModelRow
{
    [Column("number of the class")] public required int Class { get; init; }
    [Column("validation images of the class")] public required int Images { get; init; }

    /// <summary>Of the images that are taken for the class, the share that are of it; 0 where there is none.</summary>
    [Figure("0..1")] public required double ValPrecision { get; init; }

    /// <summary>Of the images of the class, the share that are taken for it.</summary>
    [Figure("0..1")] public required double ValRecall { get; init; }
    [Figure("0..1", Head = "val F1")] public required double ValF1 { get; init; }

    /// <summary>Exact; images are ranked by the probability of the class, before it is rounded.</summary>
    [Figure("0..1")] public required double ValAuc { get; init; }
}

/// <summary>How many validation images of a class a trained model with a logit a class takes for a class.</summary>
[Table("confusion")]
public sealed record ConfusionRow : ModelRow
{
    [Column("number of the images' class")] public required int Class { get; init; }
    [Column("number of the class that they are taken for")] public required int Predicted { get; init; }
    [Figure("images")] public required int? Images { get; init; }
}
