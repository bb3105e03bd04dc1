namespace GpuMlp.Engine.Models;

/// <summary>Which images of a task's classes are divided into training and validation.</summary>
public enum SplitKind
{
    /// <summary>As many of each class: those of the smallest.</summary>
    Balanced,

    /// <summary>All; the classes are as uneven as in the data.</summary>
    Whole,
}

/// <summary>Which images a cohort is trained on, and with which labels. The usual one is as <c>default</c>.</summary>
/// <param name="Split">What is divided.</param>
/// <param name="LabelNoise">Share 0..1 of the training images that have the label of another class.</param>
/// <param name="TrainImages">How many of the split's training images are used, with the split's share of each class; null is all.</param>
public readonly record struct ImageChoice(SplitKind Split, double LabelNoise, int? TrainImages)
{
    /// <summary>The column <c>split</c>: <c>balanced</c> or <c>whole</c>.</summary>
    public string SplitName => NameOf(Split);

    /// <summary>The column <c>train_images</c>: <c>all</c> or the number.</summary>
    public string TrainImagesName => NameOf(TrainImages);

    /// <summary>As a part of file names, a dash before what is not as usual: <c>-whole-n1000-ln0.1</c>; empty for the usual.</summary>
    public string Suffix =>
        ((Split == SplitKind.Balanced ? "" : $"-{SplitName}") + (TrainImages is { } images ? $"-n{images}" : "")
            + (LabelNoise == 0 ? "" : $"-ln{LabelNoise:R}")).Replace('E', 'e');

    /// <summary>For titles, a comma before each part that is not as usual: <c>, split whole, label noise 0.1</c>.</summary>
    public string Words =>
        (Split == SplitKind.Balanced ? "" : $", split {SplitName}") + (LabelNoise == 0 ? "" : $", label noise {LabelNoise:R}")
            + (TrainImages is { } images ? $", training images {images}" : "");

    /// <summary>As in flags and tables.</summary>
    public static string NameOf(SplitKind split) => split == SplitKind.Balanced ? "balanced" : "whole";

    /// <inheritdoc cref="NameOf(SplitKind)"/>
    public static string NameOf(int? trainImages) => trainImages?.ToString() ?? "all";
}
