using System.Text.Json;
using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Specs;
using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Engine.Tests.Fields;

/// <summary>What holds for every field of a sweep, whichever there are.</summary>
public sealed class FieldTests
{
    // Differs from every example in every field.
    private static readonly SweepSpec s_spec = Presets.Quick with
    {
        Data = "other",
        Tasks = [new ClassTask(4, 9), new ClassTask(5, 6)],
        Embedding = [new ClassTask(5, 6)],
        Sparsity = [0.25],
        Pruning = [PruneMethod.Global],
        Corruptions = [new(CorruptionKind.Blur, 2)],
        SimilarityImages = 5,
        Batches = [64],
        WeightDecays = [0.5],
        Optimisers = [Optimiser.All[1], Optimiser.All[4]],
        Momenta = [0.5],
        Beta1s = [0.5],
        Beta2s = [0.5],
        Schedules = [new StepSchedule(3, 0.5)],
        Splits = [SplitKind.Whole],
        LabelNoises = [0, 0.1],
        TrainImages = [100, null],
        ClassWeights = [ClassWeighting.Balanced],
        Dropouts = [0.3],
        Patiences = [3, 0],
        ValidateEvery = 2,
        RateGrid = [0.2],
        RateTasks = [new ClassTask(5, 6)],
    };

    private static readonly Dataset s_data = DatasetLoader.Load(null);

    public static TheoryData<string> Names { get; } = [.. AnalysisList.Fields.Select(field => field.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_flag_changes_its_field_and_no_other(string name)
    {
        Field<SweepSpec> field = FieldOf(name);
        SweepSpec changed = field.Take(s_spec, field.Example, s_data);
        Assert.NotEqual(field.Show(s_spec), field.Show(changed));
        string whole = field.PartOf ?? name;
        Assert.All(
            AnalysisList.Fields.Where(other => other.Name != whole && other.PartOf != whole),
            other => Assert.True(other.Same(s_spec, changed), other.Name));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_file_says_what_a_flag_says(string name)
    {
        Field<SweepSpec> field = FieldOf(name);
        SweepSpec changed = field.Take(s_spec, field.Example, s_data), read = s_spec;
        using var document = JsonDocument.Parse($"{{{FieldJson.Text(field, changed)}}}");
        Assert.Null(field.Read(document.RootElement.GetProperty(name), ref read));
        Assert.True(field.Same(changed, read));
        using var wrong = JsonDocument.Parse("{}");
        Assert.Contains("wrong value; must be ", field.Read(wrong.RootElement, ref read));
        Assert.True(field.Same(changed, read));
    }

    [Fact]
    public void Files_leave_out_younger_fields_that_say_nothing_and_no_others()
    {
        string[] written = [.. Written(new SweepSpec())];
        Assert.Equal(AnalysisList.Fields.Where(field => field.PartOf is null && !field.IsYounger).Select(field => field.Name), written);
        Assert.Equal(
            AnalysisList.Fields.Where(field => field.PartOf is null).Select(field => field.Name),
            Written(s_spec with
            {
                LabelColumn = "species",
                Scaling = FeatureScaling.Quantile,
                Losses = [TrainingLoss.Softmax],
                ValidateEvery = 1,
                FinetuneEpochs = 1,
                Rewind = true,
                Predictions = true,
                Rounds = 2,
                PrunePerRound = 0.5,
                RewindTo = 1,
                RoundRanking = PruneMethod.Global,
            }));
    }

    [Fact]
    public void Every_flag_stands_under_a_heading_that_help_prints() =>
        Assert.All(
            AnalysisList.Fields.Select(field => field.Flag).OfType<Flag>(),
            flag => Assert.Contains(flag.Section, AnalysisList.Sections));

    [Fact]
    public void Key_columns_have_a_place_each() =>
        Assert.Equal(
            [
                "task", "seed", "hidden", "lr", "batch", "epochs", "init_std", "weight_decay", "loss",
                "optimizer", "momentum", "beta1", "beta2", "schedule", "split", "label_noise", "train_images",
                "class_weight", "dropout", "patience",
            ],
            AnalysisList.Fields.Select(field => field.Column).OfType<KeyColumn>().OrderBy(column => column.Place)
                .Select(column => column.Name));

    private static Field<SweepSpec> FieldOf(string name) => AnalysisList.Fields.Single(field => field.Name == name);

    private static IEnumerable<string> Written(SweepSpec spec)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
            SpecJson.Write(writer, spec);
        using var document = JsonDocument.Parse(stream.ToArray());
        return [.. document.RootElement.EnumerateObject().Select(property => property.Name)];
    }
}
