using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Runner.Tests;

/// <summary>Rows of a merged run, in which every figure that no table prints is 0.</summary>
internal static class SampleRows
{
    public static readonly TrainedHow Study = new("full", 100, 0.1, 0);

    public static ResultRow Model(
        string task,
        int hidden,
        int seed,
        double best,
        double f1,
        double rate = 0.03,
        TrainedHow? how = null) => new()
        {
            Key = new() { Task = task, Seed = seed, Hidden = hidden, LearningRate = rate, How = how ?? Study },
            Train = default,
            Validation = default(Metrics) with { F1 = f1 },
            BestTrainF1 = best,
            BestTrainF1Epoch = 1,
            LearnedEpoch = 1,
            DeadInactive = 0,
            DeadNoInput = 0,
            DeadNoOutput = 0,
        };

    public static PruningRow Pruned(ModelKey key, string method, double sparsity, double f1) => new()
    {
        Key = key,
        Method = method,
        Sparsity = sparsity,
        ZeroW1 = sparsity,
        ZeroW2 = sparsity,
        WeightsLeft = (int)((1 - sparsity) * 785 * key.Hidden),
        ValF1 = f1,
        ValAuc = 0,
        ValAccuracy = 0,
        DeadInactive = 0,
        DeadNoInput = 0,
        DeadNoOutput = 0,
    };
}
