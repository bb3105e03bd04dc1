namespace GpuMlp.Engine.Models;

/// <summary>How many images of a task a cohort has, for estimates.</summary>
/// <param name="Train">Those that it is trained on.</param>
/// <param name="All">Training images of the split, of which these are some; its validation images are about a quarter as many.</param>
public readonly record struct SplitSize(int Train, int All)
{
    // A split gives 80 % to training.
    private const double ValidationShare = 0.25;

    /// <summary>Of a cohort that is trained on all of its split.</summary>
    public SplitSize(int all)
        : this(all, all)
    {
    }

    /// <summary>Validation images for each image that is trained on.</summary>
    public double Validation => ValidationShare * All / Train;
}
