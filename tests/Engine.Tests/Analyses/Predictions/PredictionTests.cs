using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Analyses.Predictions;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Tests.Runs;
using GpuMlp.Engine.Tests.Training;
using GpuMlp.Engine.Training;

namespace GpuMlp.Engine.Tests.Analyses.Predictions;

public sealed class PredictionTests
{
    private static readonly SweepSpec s_spec = Mnist.Spec.WithoutAnalyses() with
    {
        Epochs = [20],
        Hidden = [3, 24],
        LearningRates = [0.1],
        Predictions = true,
    };

    private static readonly ModelSpec[] s_models = [new(3, 0.1), new(24, 0.1)];

    [Fact]
    public void Every_image_of_every_split_is_there_once_and_its_figures_are_those_of_the_results()
    {
        Split split = Splitter.Create(Mnist.Few, s_spec.Tasks[0], s_spec.Seeds[0]);
        foreach (ModelResult result in Mnist.Train(Mnist.Few, s_spec, s_models))
        {
            ILookup<string, PredictionRow> rows = result.Rows.Of<PredictionRow>().ToLookup(row => row.Part);
            Assert.Equal(split.Train, rows[PredictionRow.Train].Select(row => row.Image));
            Assert.Equal(split.Validation, rows[PredictionRow.Validation].Select(row => row.Image));
            Assert.All(
                rows[PredictionRow.Train].Concat(rows[PredictionRow.Validation]),
                row => Assert.Equal(Mnist.Few.Labels[row.Image] == 9 ? 1 : 0, row.Label));
            int[] test = [.. rows[PredictionRow.Test].Select(row => row.Image)];
            Assert.Equal(test.Order(), test);
            Assert.Equal(982 + 1009, test.Distinct().Count());
            Assert.All(rows[PredictionRow.Test], row => Assert.Equal(Mnist.Few.Test!.Labels[row.Image] == 9 ? 1 : 0, row.Label));
            AssertFigures(result.Train, rows[PredictionRow.Train]);
            AssertFigures(result.Validation, rows[PredictionRow.Validation]);
            AssertFigures(result.Test, rows[PredictionRow.Test]);
            Assert.All(result.Rows.Of<PredictionRow>(), row => Assert.Equal(row.Logit, (float)row.Logit));
        }
    }

    [Fact]
    public void They_change_nothing_else()
    {
        SweepSpec without = s_spec with { Predictions = false };
        IReadOnlyList<ModelResult> plain = Mnist.Train(Mnist.Few, without, s_models);
        Assert.All(plain, result => Assert.Empty(result.Rows.Of<PredictionRow>()));
        Mnist.AssertSameBits(plain, Mnist.Train(Mnist.Few, s_spec, s_models));
    }

    [Fact]
    public void A_model_that_failed_has_none()
    {
        ModelResult failed = Mnist.Train(Mnist.Few, s_spec with { Epochs = [3] }, [new(3, 1e30)]).Single();
        Assert.Equal(Statuses.Failed, failed.Status);
        Assert.Empty(failed.Rows.Of<PredictionRow>());
    }

    [Fact]
    public void The_merged_table_has_every_row_behind_its_models_key()
    {
        using TemporaryFolder folder = new();
        var plan = Plan.Create(s_spec, Mnist.Few.Sha256, Mnist.Few.Inputs, Splitter.SizesOf(Mnist.Few));
        var run = RunDirectory.OpenOrCreate(folder.Path, plan);
        WorkUnit unit = plan.Units.Single();
        IReadOnlyList<ModelResult> results = Mnist.Train(Mnist.Few, s_spec, s_models);
        run.WriteUnit(new UnitResult(unit, Splitter.Create(Mnist.Few, unit.Task, unit.Seed), results));
        Assert.Empty(RunMerger.Merge(run));
        Assert.False(File.Exists(run.TablePath("predictions.csv")));
        string table = DuckSession.Parquet(run.TablePath("predictions.parquet"));
        foreach (ModelResult result in results)
        {
            Assert.Equal(
                result.Rows.Of<PredictionRow>(), Schema<PredictionRow>.Query(table, $"WHERE {Schema<ModelKey>.Equal(result.Key)}"));
        }

        Assert.Equal(results[0].Rows.Of<PredictionRow>(), UnitFile.Read(run.UnitPath(0)).Models[0].Rows.Of<PredictionRow>());
    }

    [Fact]
    public void Units_of_a_sweep_that_keeps_them_hold_so_few_models_that_memory_is_bounded()
    {
        SweepSpec wide = s_spec with { Hidden = [1, 2, 3, 4, 5], LearningRates = [.. Enumerable.Range(1, 200).Select(i => i / 1e3)] };
        const int Images = 9344;
        var plan = Plan.Create(wide, SampleRun.DataHash, 784, (_, _) => new(Images), unitFlop: 1e30);
        Assert.All(plan.Units, unit => Assert.InRange(unit.ModelCount * 1.5 * Images, 1, 1 << 22));
        Assert.True(plan.Units.Count > Plan.Create(
            wide with { Predictions = false }, SampleRun.DataHash, 784, (_, _) => new(Images), unitFlop: 1e30).Units.Count);
    }

    private static void AssertFigures(Metrics expected, IEnumerable<PredictionRow> rows)
    {
        PredictionRow[] all = [.. rows];
        double Count(bool predicted, int label) => all.Count(row => row.Logit >= 0 == predicted && row.Label == label);
        double hits = Count(true, 1), wrong = Count(true, 0), missed = Count(false, 1);
        Assert.Equal(expected.Accuracy, (all.Length - wrong - missed) / all.Length, 12);
        Assert.Equal(expected.F1, 2 * hits / ((2 * hits) + wrong + missed), 12);
        Assert.Equal(expected.Loss, all.Average(row => Math.Log(1 + Math.Exp(row.Label == 1 ? -row.Logit : row.Logit))), 9);
    }
}
