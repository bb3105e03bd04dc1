using GpuMlp.Engine.Fields;

namespace GpuMlp.Engine.Models;

/// <summary>What training makes small, of the logits of an image.</summary>
public enum TrainingLoss
{
    /// <summary><see cref="Logistic"/> for two classes, <see cref="Softmax"/> for more.</summary>
    Auto,

    /// <summary>Binary cross-entropy of one logit; for two classes alone.</summary>
    Logistic,

    /// <summary>Cross-entropy of the softmax of a logit a class.</summary>
    Softmax,
}

/// <summary>Their names.</summary>
public static class TrainingLosses
{
    /// <summary>As lists in flags and files have them.</summary>
    public static NamedItem<TrainingLoss> Item { get; } = NamedItems.Of("loss", Enum.GetValues<TrainingLoss>(), Name);

    /// <summary>As in flags and tables.</summary>
    public static string Name(this TrainingLoss loss) => loss switch
    {
        TrainingLoss.Logistic => "logistic",
        TrainingLoss.Softmax => "softmax",
        _ => "auto",
    };
}
