using GpuMlp.Engine.Models;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;

namespace GpuMlp.Engine.Tests.Training;

/// <summary>The grid of the study for its hardest and its easiest pair of digits: each task and seed is trained once.</summary>
public sealed class StudyFixture
{
    private readonly Dictionary<ClassTask, ModelResult[]> _results = [];

    public StudyFixture()
    {
        // The curves of training alone.
        SweepSpec paper = Presets.Paper.WithoutRates() with
        {
            Sparsity = [],
            Pruning = [],
            Corruptions = [],
            Similarity = [],
            Embedding = [],
        };
        ModelSpec[] models = [.. paper.Hidden.Select(hidden => new ModelSpec(hidden, paper.LearningRates.Single()))];
        foreach (ClassTask task in new ClassTask[] { new(4, 9), new(0, 1) })
        {
            _results[task] = [.. paper.Seeds.SelectMany(seed =>
                Mnist.Train(Mnist.All, paper with { Tasks = [task], Seeds = [seed] }, models, Environment.ProcessorCount))];
        }
    }

    /// <summary>Best F1 on the training images, averaged over the study's seeds.</summary>
    public double MeanBestF1(ClassTask task, int hidden)
    {
        double[] best = [.. _results[task].Where(result => result.Key.Hidden == hidden).Select(result => result.BestTrainF1)];
        Assert.Equal(Presets.Paper.Seeds.Count, best.Length);
        return best.Average();
    }

    public IEnumerable<ModelResult> Results => _results.Values.SelectMany(results => results);
}

/// <summary>What the study published must come out again, within the scatter of its three seeds.</summary>
public sealed class StudyTests(StudyFixture study) : IClassFixture<StudyFixture>
{
    [Theory]
    [InlineData(24, 0.883)]
    [InlineData(32, 0.90)]
    [InlineData(48, 0.905)]
    [InlineData(64, 0.92)]
    public void Best_training_F1_of_4v9_is_the_published_one(int hidden, double published) =>
        Assert.InRange(study.MeanBestF1(new ClassTask(4, 9), hidden), published - 0.04, published + 0.04);

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(10)]
    [InlineData(12)]
    [InlineData(16)]
    [InlineData(24)]
    [InlineData(32)]
    [InlineData(48)]
    [InlineData(64)]
    public void Four_hidden_units_or_more_tell_0_from_1(int hidden) =>
        Assert.InRange(study.MeanBestF1(new ClassTask(0, 1), hidden), 0.98, 1);

    [Fact]
    public void Training_lowers_the_loss_of_every_model() =>
        Assert.All(study.Results, result =>
        {
            Assert.Equal(Statuses.Ok, result.Status);
            Assert.Equal(100, result.History.Count);
            Assert.InRange(result.Train.Loss, 0, result.History[0].Loss);
        });
}
