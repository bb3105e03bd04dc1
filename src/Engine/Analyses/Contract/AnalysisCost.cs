namespace GpuMlp.Engine.Analyses.Contract;

/// <summary>What an analysis costs for each model that it works on, in terms that plans and estimates can add up.</summary>
internal readonly record struct AnalysisCost
{
    /// <summary>Epochs that every model is trained further.</summary>
    public long Epochs { get; init; }

    /// <summary>Forward passes over the validation images.</summary>
    public double Forwards { get; init; }

    /// <summary>The same over images without zeros to skip, which take four times as long.</summary>
    public double DenseForwards { get; init; }

    /// <summary>Saliency maps of each model that are made and compared.</summary>
    public double Maps { get; init; }

    /// <summary>Maps of one image and model that are in memory at the same time.</summary>
    public int MapsAtOnce { get; init; }

    /// <summary>Pairs of points whose forces are computed, times the steps in which they are.</summary>
    public double PointPairs { get; init; }

    /// <summary>Rows of one model that are in memory at the same time.</summary>
    public long Rows { get; init; }

    /// <summary>The same for each training image of its task, beside <see cref="Rows"/>.</summary>
    public double RowsPerImage { get; init; }

    /// <summary>Bytes that one model takes in the files of a run for each training image of its task.</summary>
    public double DiskBytesPerImage { get; init; }

    /// <summary>Bytes that one model takes in the files of a run, mostly as text; an upper guess.</summary>
    public long DiskBytes { get; init; }

    /// <summary>Copies of the cohort on the device, beside the trained one; ranks of weights count as one.</summary>
    public int Copies { get; init; }

    /// <summary>Other memory at the same time, whatever the number of models.</summary>
    public long Bytes { get; init; }
}
