namespace GpuMlp.Kernels.Analyses.Pruning;

/// <summary>Which weights go first. Biases always stay.</summary>
public enum PruneMethod
{
    /// <summary>The smallest magnitudes, ranked in W1 and in w2 apart.</summary>
    Layer,

    /// <summary>The smallest magnitudes, W1 and w2 ranked together.</summary>
    Global,

    /// <summary>The smallest magnitudes of W1; w2 is spared.</summary>
    W1,

    /// <summary>As many of W1 and of w2 as <see cref="Layer"/> takes, by lot.</summary>
    Random,
}
