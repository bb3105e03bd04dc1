using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Models;

/// <summary>One model of a cohort. H units, trained at its own rate and in its own way.</summary>
public readonly record struct ModelSpec(int Hidden, double LearningRate, ModelTraining Training)
{
    /// <summary>A model that is trained as usual.</summary>
    public ModelSpec(int hidden, double learningRate)
        : this(hidden, learningRate, ModelTraining.Usual)
    {
    }

    /// <summary>
    /// As in weight files: <c>h24-lr0.03</c>, <c>h24-lr1e-05</c>, <c>h24-lr0.001-adam</c>; the rate reads as in the tables.
    /// </summary>
    public string Name => $"h{Hidden}-lr{LearningRate:R}".Replace('E', 'e') + Training.Suffix;

    /// <summary>What tables call it.</summary>
    public ModelKey KeyOf(ClassTask task, int seed, TrainingVariant variant) => new()
    {
        Task = task.ToString(),
        Seed = seed,
        Hidden = Hidden,
        LearningRate = LearningRate,
        How = Training.In(variant.HowOf(task)),
    };
}
