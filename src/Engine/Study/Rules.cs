using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Study;

/// <summary>The numbers in the rules by which claims are judged. Each is printed with the verdict that uses it.</summary>
public static class Rules
{
    /// <summary>A task counts as learned by a model with a best training F1 of this: the study's own mark in C1.</summary>
    public static readonly Bound LearnedF1 = Bound.MoreThan(ResultRow.LearnedF1);

    /// <summary>Stable: sample standard deviation of F1 over the seeds.</summary>
    public static readonly Bound StableStd = Bound.AtMost(0.02);

    /// <summary>Pruning keeps F1 when this is the mean loss: the order of the largest change that the study reports.</summary>
    public static readonly Bound KeptF1 = Bound.AtMost(0.01);

    /// <summary>A model below this dense F1 has learned too little for its losses to mean anything (one class only gives 0.667).</summary>
    public static readonly Bound WorthPruningF1 = Bound.AtLeast(0.80);

    /// <summary>Difference from a printed figure: the study's F1 differ by this between seeds.</summary>
    public static readonly Bound AgreesF1 = Bound.AtMost(0.03);

    /// <summary>A gain of mean F1 that does not count.</summary>
    public static readonly Bound EqualF1 = Bound.AtMost(0.005);

    /// <summary>The "low" rates of the study.</summary>
    public static readonly Bound LowRate = Bound.AtMost(1e-3);

    /// <summary>A rate under-performs when its mean F1 is lower by this.</summary>
    public static readonly Bound UnderperformsF1 = Bound.MoreThan(0.05);

    /// <summary>A gain of F1 that makes a model more robust than another.</summary>
    public static readonly Bound Gain = Bound.MoreThan(0);

    /// <summary>
    /// Classes are separated when this share of a point's neighbours in the picture has its class; mixed they have about 0.5.
    /// </summary>
    public static readonly Bound Separated = Bound.AtLeast(0.80);

    /// <summary>They stay separated when that share falls by this.</summary>
    public static readonly Bound PurityLoss = Bound.AtMost(0.02);

    /// <summary>The trustworthiness of a picture that shows the neighbourhoods of the activations.</summary>
    public static readonly Bound TrustworthyPicture = Bound.AtLeast(0.90);

    /// <summary>How claims C1 and C7 take models without a figure: to leave them out would flatter what makes models fail.</summary>
    internal const string Failed = "a model that failed counts as F1 0";
}
