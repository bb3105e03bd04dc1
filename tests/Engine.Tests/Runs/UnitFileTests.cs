using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;

namespace GpuMlp.Engine.Tests.Runs;

public sealed class UnitFileTests
{
    private static readonly Plan s_plan = SampleRun.Plan;

    [Fact]
    public void A_unit_reads_back_as_it_was_written()
    {
        using TemporaryFolder folder = new();
        UnitResult result = SampleRun.ResultOf(s_plan, s_plan.Units[1]);
        UnitFile.Write(folder.File("u.parquet"), result, s_plan.Hash);
        AssertSame(result, UnitFile.Read(folder.File("u.parquet")));
    }

    [Fact]
    public void The_same_result_gives_the_same_bytes()
    {
        using TemporaryFolder folder = new();
        UnitResult result = SampleRun.ResultOf(s_plan, s_plan.Units[0]);
        UnitFile.Write(folder.File("a"), result, s_plan.Hash);
        UnitFile.Write(folder.File("other"), SampleRun.ResultOf(s_plan, s_plan.Units[1]), s_plan.Hash);
        UnitFile.Write(folder.File("b"), result, s_plan.Hash);
        Assert.Equal(File.ReadAllBytes(folder.File("a")), File.ReadAllBytes(folder.File("b")));
    }

    [Fact]
    public void Figures_that_are_not_finite_come_back_as_NaN()
    {
        using TemporaryFolder folder = new();
        UnitResult result = SampleRun.ResultOf(s_plan, s_plan.Units[0]);
        ModelResult failed = result.Models[0] with
        {
            Train = Metrics(double.PositiveInfinity),
            BestTrainF1 = double.NaN,
            Status = "failed",
            Rows = RowLists.None.With<EpochMetrics>([Epoch(0.5, 1), Epoch(double.NegativeInfinity, double.NaN)]),
            Weights = result.Models[0].Weights with { B2 = [float.NaN] },
        };
        UnitFile.Write(folder.File("u"), result with { Models = [failed, .. result.Models.Skip(1)] }, s_plan.Hash);
        ModelResult back = UnitFile.Read(folder.File("u")).Models[0];
        Assert.Equal(Metrics(double.NaN), back.Train);
        Assert.Equal(double.NaN, back.BestTrainF1);
        Assert.Equal([Epoch(0.5, 1), Epoch(double.NaN, double.NaN)], back.History);
        Assert.Equal([float.NaN], back.Weights.B2);

        static Metrics Metrics(double loss) => new() { Loss = loss, Accuracy = 0.5, Precision = double.NaN, Recall = 0, F1 = 0, Auc = 0 };
        static EpochMetrics Epoch(double loss, double f1) => new() { Loss = loss, Accuracy = 0, Precision = 0, Recall = 1, F1 = f1 };
    }

    [Fact]
    public void Pruning_comes_back_in_order_with_NaN_and_a_run_without_it_has_none()
    {
        using TemporaryFolder folder = new();
        UnitResult result = SampleRun.ResultOf(s_plan, s_plan.Units[0]);
        PruningRow row = result.Models[0].Pruning[0];
        PruningRow[] rows = [row with { Sparsity = 0.1 + 0.2, ValAuc = double.NaN, DeadInactive = null },
            row.AsFailed(), row with { ZeroW1 = 0 }];
        IEnumerable<ModelResult> models = result.Models.Select((model, m) => model with { Rows = model.Rows.With(m == 0 ? rows : []) });
        UnitFile.Write(folder.File("u"), result with { Models = [.. models] }, s_plan.Hash);
        UnitResult back = UnitFile.Read(folder.File("u"));
        Assert.Equal(rows, back.Models[0].Pruning);
        Assert.All(back.Models.Skip(1), model => Assert.Empty(model.Pruning));
    }

    [Fact]
    public void A_result_that_does_not_fit_its_unit_is_refused()
    {
        using TemporaryFolder folder = new();
        UnitResult result = SampleRun.ResultOf(s_plan, s_plan.Units[0]);
        Assert.Throws<ArgumentException>(() => UnitFile.Write(folder.File("u"), result with { Models = [] }, s_plan.Hash));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Reading_what_is_no_unit_gives_one_line_with_the_file()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.File("u"), "nonsense");
        UserErrorException e = Assert.Throws<UserErrorException>(() => UnitFile.Read(folder.File("u")));
        Assert.StartsWith(folder.File("u"), e.Message);
        Assert.DoesNotContain('\n', e.Message);
        e = Assert.Throws<UserErrorException>(() => UnitFile.Read(folder.File("absent")));
        Assert.StartsWith(folder.File("absent"), e.Message);
        Assert.Equal(ExitCodes.BadInput, e.ExitCode);
    }

    internal static void AssertSame(UnitResult expected, UnitResult actual)
    {
        Assert.Equal(expected.Unit, actual.Unit);
        Assert.Equal(expected.Split.Train, actual.Split.Train);
        Assert.Equal(expected.Split.Validation, actual.Split.Validation);
        Assert.Equal(expected.Split.Noisy, actual.Split.Noisy);
        Assert.Equal(expected.Split.NoisyLabels, actual.Split.NoisyLabels);
        Assert.Equal(expected.Models.Count, actual.Models.Count);
        foreach ((ModelResult a, ModelResult b) in expected.Models.Zip(actual.Models))
        {
            Assert.Equal(a.History, b.History);
            Assert.Equal(a.Weights.W1, b.Weights.W1);
            Assert.Equal(a.Weights.B1, b.Weights.B1);
            Assert.Equal(a.Weights.W2, b.Weights.W2);
            Assert.Equal(a.Weights.B2, b.Weights.B2);
            Assert.Equal(a.Pruning, b.Pruning);
            Assert.Equal(a.Robustness, b.Robustness);
            Assert.Equal(a.Finetune, b.Finetune);
            Assert.Equal(a.Pictures, b.Pictures);
            Assert.Equal(a.Places, b.Places);
            Assert.Equal(a.Similarity, b.Similarity);
            Assert.Equal(a.State, b.State);
            Assert.Equal(a with { Rows = b.Rows, Weights = b.Weights, State = b.State }, b);
        }
    }
}
