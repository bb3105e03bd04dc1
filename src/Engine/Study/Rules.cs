namespace GpuMlp.Engine.Study;

/// <summary>The numbers in the rules by which claims are judged. Each is printed with the verdict that uses it.</summary>
public static class Rules
{
    /// <summary>A task counts as learned above this F1: the study's own mark in C1.</summary>
    public const double LearnedF1 = 0.90;

    /// <summary>Stable: sample standard deviation of F1 over the seeds at most this.</summary>
    public const double StableStd = 0.02;

    /// <summary>Pruning keeps F1 when the mean loss is at most this: the order of the largest change that the study reports.</summary>
    public const double KeptF1 = 0.01;

    /// <summary>A model below this dense F1 has learned too little for its losses to mean anything (one class only gives 0.667).</summary>
    public const double WorthPruningF1 = 0.80;

    /// <summary>Agreement with a printed figure: the study's F1 differ by this between seeds.</summary>
    public const double AgreesF1 = 0.03;

    /// <summary>Two rates are equally good when their mean F1 differ by at most this.</summary>
    public const double EqualF1 = 0.005;

    /// <summary>Rates of the study up to this one are its "low" ones.</summary>
    public const double LowRate = 1e-3;

    /// <summary>A rate under-performs when its mean F1 is lower by more than this.</summary>
    public const double UnderperformsF1 = 0.05;

    /// <summary>Classes stay separated when the share of same-class neighbours falls by at most this.</summary>
    public const double PurityLoss = 0.02;

    /// <summary>Below this trustworthiness a picture does not show the neighbourhoods of the activations.</summary>
    public const double TrustworthyPicture = 0.90;
}
