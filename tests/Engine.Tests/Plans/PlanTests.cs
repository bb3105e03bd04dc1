using System.Text;
using System.Text.Json;
using CsCheck;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tests.Runs;
using GpuMlp.Engine.Tests.Training;
using GpuMlp.Kernels.Analyses.Saliency;

namespace GpuMlp.Engine.Tests.Plans;

public sealed class PlanTests
{
    private const string DataHash = SampleRun.DataHash;

    [Fact]
    public void The_paper_is_15_units_of_11_models_in_order()
    {
        Plan plan = PlanOf(Presets.Paper.WithoutRates());
        Assert.Equal(15, plan.Units.Count);
        Assert.All(plan.Units, unit => Assert.Equal(11, unit.ModelCount));
        Assert.Equal(Enumerable.Range(0, 15), plan.Units.Select(unit => unit.Id));
        Assert.Equal(new WorkUnit(4, new ClassTask(1, 7), 42, 0, 11), plan.Units[4]);
        Assert.Equal(new ModelSpec(24, 0.03), plan.ModelsOf(plan.Units[0])[7]);
        Assert.Equal("full", Assert.Single(plan.Variants).BatchName);
    }

    [Fact]
    public void The_rates_of_the_study_are_units_of_their_own_behind_those_of_their_cohort()
    {
        Plan plan = PlanOf(Presets.Paper);
        WorkUnit[] rates = [.. plan.Units.Where(plan.IsForRates)];
        Assert.Equal([(13, 0), (15, 42), (17, 78)], rates.Select(unit => (unit.Id, unit.Seed)));
        Assert.All(rates, unit => Assert.Equal((new ClassTask(4, 9), 11, 77), (unit.Task, unit.FirstModel, unit.ModelCount)));
        Assert.Equal([new ModelSpec(2, 1e-4), new ModelSpec(64, 0.3)], new[] { plan.ModelsOf(rates[0])[0], plan.ModelsOf(rates[0])[^1] });
        Assert.Equal(
            PlanOf(Presets.Paper.WithoutRates()).Units.Select(unit => unit with { Id = 0 }),
            plan.Units.Where(unit => !plan.IsForRates(unit)).Select(unit => unit with { Id = 0 }));
        Assert.Equal(11, plan.CohortModels.Count);
        Assert.Equal(88, plan.ModelsFor(new ClassTask(4, 9), 0).Count);
        Assert.Equal(11, plan.ModelsFor(new ClassTask(3, 8), 0).Count);

        // They are trained and evaluated; pruning and corruption are for the others.
        Assert.Empty(
            plan.SpecOf(rates[0]).Sparsity.Select(level => $"{level}").Concat(plan.SpecOf(rates[0]).Corruptions.Select(kind => $"{kind}")));
        Assert.Same(plan.Spec, plan.SpecOf(plan.Units[0]));
        Plan back = PlanReader.Read(PlanJson.Write(plan), "plan.json");
        Assert.Equal((plan.Hash, 18), (back.Hash, back.Units.Count));
        Assert.Equal(plan.ModelsOf(rates[2]), back.ModelsOf(rates[2]));
    }

    [Theory]
    [InlineData("""{ "rate_grid": [0.1] }""", "rate_grid")]
    [InlineData("""{ "rate_grid": [0.03], "rate_tasks": ["4v9"] }""", "rate_grid")]
    [InlineData("""{ "tasks": ["0v1"], "embedding": [], "rate_grid": [0.1], "rate_tasks": ["4v9"] }""", "rate_tasks")]
    [InlineData("""{ "rate_grid": [-1], "rate_tasks": ["4v9"] }""", "rate_grid")]
    public void Rates_that_cannot_be_compared_are_refused(string json, string field)
    {
        using var document = JsonDocument.Parse(json);
        SweepSpec spec = SpecJson.Read(document.RootElement, Presets.Paper.WithoutRates(), "spec.json");
        Assert.Contains(field, Assert.Throws<UserErrorException>(() => SpecValidator.Validate(spec, name => name)).Message);
    }

    [Fact]
    public void A_plan_reads_back_as_itself()
    {
        Plan plan = PlanOf(
            Presets.Paper.WithoutRates() with { LearningRates = [1e-5, 0.1 + 0.2], Batches = [128], Data = "my \"data\" \u00e4" });
        byte[] text = PlanJson.Write(plan);
        Plan back = PlanReader.Read(text, "plan.json");
        Assert.Equal(plan.Hash, back.Hash);
        Assert.Equal(plan.Units, back.Units);
        Assert.Equal(plan.Spec.LearningRates, back.Spec.LearningRates);
        Assert.Equal(plan.Spec.Sparsity, back.Spec.Sparsity);
        Assert.Equal(plan.Spec.Pruning, back.Spec.Pruning);
        Assert.Equal(text, PlanJson.Write(back));
    }

    [Fact]
    public void The_hash_is_a_function_of_spec_and_data()
    {
        string hash = PlanOf(Presets.Paper.WithoutRates()).Hash;
        Assert.Matches("^[0-9a-f]{64}$", hash);
        Assert.Equal(hash, PlanOf(Presets.Paper.WithoutRates() with { Seeds = [0, 42, 78] }).Hash);
        Assert.NotEqual(hash, PlanOf(Presets.Paper.WithoutRates() with { Epochs = [50] }).Hash);
        Assert.NotEqual(hash, Plan.Create(Presets.Paper.WithoutRates(), "other", 784, (_, _) => new(9344)).Hash);
    }

    [Fact]
    public void Test_files_of_a_users_data_are_part_of_the_plan_and_its_hash()
    {
        SweepSpec spec = Presets.Quick with { Data = "/data/mine" };
        TestSet test = TestSet.Of([1], [2]);
        Dataset data = new("mine", [1], [2], 1, 1, 3, DataHash) { Test = test };
        Assert.Equal(test.Sha256, Plan.TestOf(spec, data));
        Assert.Null(Plan.TestOf(spec, data with { Test = null }));
        Assert.Null(Plan.TestOf(Presets.Quick, data));
        Plan without = PlanOf(spec), with = Plan.Create(spec, DataHash, 784, (_, _) => new(9344), testSha256: test.Sha256);
        Assert.NotEqual(without.Hash, with.Hash);
        Assert.Equal(test.Sha256, PlanReader.Read(PlanJson.Write(with), "plan.json").TestSha256);
        Assert.Null(PlanReader.Read(PlanJson.Write(without), "plan.json").TestSha256);
        Assert.Equal($"test data sha256: none -> {test.Sha256[..12]}", PlanDiff.Between(without, with).Single().ToString());
        string text = Encoding.UTF8.GetString(PlanJson.Write(with));
        AssertDamaged(Encoding.UTF8.GetBytes(text.Replace(test.Sha256, test.Sha256[..63] + "x")));
        AssertDamaged(Encoding.UTF8.GetBytes(text.Replace($"\"test_sha256\":\"{test.Sha256}\",\n", "")));
    }

    /// <summary>It is in the tables and manifests of everyone who has run it, and changes with what the models are alone.</summary>
    [Fact]
    public void The_default_sweep_keeps_its_hash() => Assert.Equal(
        "142ee596717ba848275dc4c2bda08021df40bfed853925a4dda4ff34d8a7d814",
        Plan.Create(Presets.Paper, Mnist.All.Sha256, Mnist.All.Inputs, Splitter.SizesOf(Mnist.All)).Hash);

    [Fact]
    public void Validation_while_training_is_part_of_the_hash_and_plans_without_it_keep_theirs()
    {
        Plan without = PlanOf(Presets.Quick), with = PlanOf(Presets.Quick with { ValidateEvery = 5 });
        Assert.NotEqual(without.Hash, with.Hash);
        Assert.DoesNotContain("validate_every", Encoding.UTF8.GetString(PlanJson.Write(without)));
        Assert.Equal(5, PlanReader.Read(PlanJson.Write(with), "plan.json").Spec.ValidateEvery);
        Assert.Equal("validate_every: 0 -> 5", PlanDiff.Between(without, with).Single().ToString());
    }

    [Fact]
    public void Shards_are_kept_but_are_no_part_of_the_hash()
    {
        Plan plan = PlanOf(Presets.Paper) with { Shards = 7 };
        Assert.Equal(PlanOf(Presets.Paper).Hash, plan.Hash);
        Assert.Equal(7, PlanReader.Read(PlanJson.Write(plan), "plan.json").Shards);
        string text = Encoding.UTF8.GetString(PlanJson.Write(plan));
        AssertDamaged(Encoding.UTF8.GetBytes(text.Replace("\"shards\":7", "\"shards\":0")));
        AssertDamaged(Encoding.UTF8.GetBytes(text.Replace("\"shards\":7", "\"shards\":19")));
        AssertDamaged(Encoding.UTF8.GetBytes(text.Replace("\"shards\":7,\n", "")));
    }

    [Fact]
    public void Pictures_are_kept_but_are_no_part_of_the_hash()
    {
        PictureChoice choice = new(12, SaliencyMethod.Perturbation);
        Plan plan = PlanOf(Presets.Paper) with { Pictures = choice };
        Assert.Equal(PlanOf(Presets.Paper).Hash, plan.Hash);
        string text = Encoding.UTF8.GetString(PlanJson.Write(plan));
        Assert.Equal(choice, PlanReader.Read(Encoding.UTF8.GetBytes(text), "plan.json").Pictures);
        AssertDamaged(Encoding.UTF8.GetBytes(text.Replace("\"saliency\":12", "\"saliency\":13")));
        AssertDamaged(Encoding.UTF8.GetBytes(text.Replace("\"saliency_method\":\"perturbation\"", "\"saliency_method\":\"none\"")));
        AssertDamaged(Encoding.UTF8.GetBytes(text.Replace("\"saliency\":12,\n", "")));
        Assert.Equal(new PictureChoice(24, SaliencyMethod.ProbabilityGradient), PlanOf(Presets.Paper).Pictures);
        Assert.Empty(PlanDiff.Between(plan, plan));
        Assert.Equal(
            ["saliency: 12 -> 0", "saliency_method: perturbation -> gradient"],
            PlanDiff.Between(plan, plan with { Pictures = new(0, SaliencyMethod.ProbabilityGradient) }).Select(change => $"{change}"));
    }

    [Fact]
    public void Every_unit_belongs_to_one_shard_and_shards_differ_by_one_unit_at_most()
    {
        Shard[] shards = [.. Enumerable.Range(0, 7).Select(index => new Shard(index, 7))];
        int[] counts = [.. shards.Select(shard => Enumerable.Range(0, 1000).Count(shard.Holds))];
        Assert.Equal((1000, 142, 143), (counts.Sum(), counts.Min(), counts.Max()));
        Assert.All(Enumerable.Range(0, 1000), unit => Assert.Single(shards, shard => shard.Holds(unit)));
    }

    [Fact]
    public void Units_lie_one_a_line()
    {
        string text = Encoding.UTF8.GetString(PlanJson.Write(PlanOf(Presets.Paper)));
        Assert.Equal(18, text.Split('\n').Count(line => line.StartsWith("{\"id\":", StringComparison.Ordinal)));
        Assert.DoesNotContain('\r', text);
    }

    [Theory]
    [InlineData("\"epochs\":100", "\"epochs\":50")]
    [InlineData("0.95,0.99", "0.95,0.98")]
    [InlineData("\"w1\"", "\"w2\"")]
    [InlineData("\"seed\":42", "\"seed\":43")]
    [InlineData("\"units\":[", "\"units\":")]
    [InlineData("\"task\":\"0v1\"", "\"task\":\"0v0\"")]
    [InlineData("\"format\":5", "\"format\":4")]
    [InlineData("\"format\":5", "\"format\":6")]
    [InlineData("\"format\":5", "\"format\":\"5\"")]
    [InlineData("\"data_sha256\"", "\"data\"")]
    public void A_changed_plan_is_refused_in_one_line(string old, string @new)
    {
        string text = Encoding.UTF8.GetString(PlanJson.Write(PlanOf(Presets.Paper)));
        Assert.Contains(old, text);
        AssertDamaged(Encoding.UTF8.GetBytes(text.Replace(old, @new)));
    }

    [Fact]
    public void A_plan_cut_off_anywhere_is_refused_in_one_line()
    {
        byte[] text = PlanJson.Write(PlanOf(Presets.Quick));
        Gen.Int[0, text.Length - 3].Sample(length => AssertDamaged(text[..length]));
    }

    [Fact]
    public void Slices_cover_every_model_exactly_once_and_keep_to_the_limit()
    {
        Gen<SweepSpec> specs =
            from hidden in Gen.Int[1, 1024].HashSet[1, 30]
            from rates in Gen.Double[1e-5, 1].HashSet[1, 5]
            from epochs in Gen.Int[1, 5000]
            select Presets.Paper.WithoutRates() with { Hidden = [.. hidden], LearningRates = [.. rates], Epochs = [epochs] };
        specs.Sample(spec =>
        {
            Plan plan = PlanOf(spec);
            foreach (IGrouping<(ClassTask, int), WorkUnit> cohort in plan.Units.GroupBy(unit => (unit.Task, unit.Seed)))
            {
                Assert.Equal(plan.CohortModels, cohort.SelectMany(plan.ModelsOf));
                Assert.Equal(cohort.Select(unit => unit.FirstModel).Order(), cohort.Select(unit => unit.FirstModel));
            }

            Assert.All(plan.Units, unit => Assert.True(
                unit.ModelCount == 1 || 4.0 * 9344 * 784 * spec.Epochs[0] * plan.ModelsOf(unit).Sum(model => model.Hidden) <= 20e12));
        }, iter: 50);
    }

    [Fact]
    public void Every_cohort_is_trained_in_every_way_batch_outside_and_decay_inside()
    {
        SweepSpec spec = Presets
            .Quick with
        { Batches = [null, 32], Epochs = [20, 5], InitStds = [0.1, 0.03], WeightDecays = [0, 1e-3], Seeds = [0, 1] };
        Plan plan = PlanOf(spec);
        Assert.Equal(16, plan.Variants.Count);
        Assert.Equal(
            ["bfull-e20-i0.1-wd0", "bfull-e20-i0.1-wd0.001", "bfull-e20-i0.03-wd0"],
            plan.Variants.Take(3).Select(variant => variant.Name));
        Assert.Equal("b32-e5-i0.03-wd0.001", plan.Variants[^1].Name);
        Assert.Equal(Enumerable.Range(0, 16).Concat(Enumerable.Range(0, 16)), plan.Units.Select(unit => unit.Variant));
        Assert.Equal(new TrainingVariant(32, 20, 0.1, 0), plan.VariantOf(plan.Units[8]));

        Plan back = PlanReader.Read(PlanJson.Write(plan), "plan.json");
        Assert.Equal(plan.Hash, back.Hash);
        Assert.Equal(plan.Variants, back.Variants);
        Assert.Equal(plan.Units, back.Units);
    }

    [Fact]
    public void A_cohort_is_trained_in_every_way_training_outside_and_rates_of_the_grid_in_the_first_one_alone()
    {
        SweepSpec spec = Presets.Paper with
        {
            Tasks = [new ClassTask(4, 9)],
            Seeds = [0],
            Hidden = [2, 4],
            LearningRates = [0.03, 0.1],
            RateGrid = [0.5],
            Schedules = [new StepSchedule(30, 0.1), RateSchedule.Constant],
        };
        Plan plan = PlanOf(spec);
        Assert.Equal(
            [
                "h2-lr0.03-step-30-0.1", "h4-lr0.03-step-30-0.1", "h2-lr0.1-step-30-0.1", "h4-lr0.1-step-30-0.1",
                "h2-lr0.03", "h4-lr0.03", "h2-lr0.1", "h4-lr0.1",
            ],
            plan.CohortModels.Select(model => model.Name));
        Assert.Equal(
            ["h2-lr0.5-step-30-0.1", "h4-lr0.5-step-30-0.1"],
            plan.ModelsFor(new ClassTask(4, 9), 0).Skip(8).Select(model => model.Name));
        Assert.Equal([(0, 8, false), (8, 2, true)], plan.Units.Select(unit => (unit.FirstModel, unit.ModelCount, plan.IsForRates(unit))));
        Assert.Equal(ModelTraining.Usual, ShownModel.Of(spec).Model.Training);

        Plan back = PlanReader.Read(PlanJson.Write(plan), "plan.json");
        Assert.Equal(plan.Hash, back.Hash);
        Assert.Equal(plan.CohortModels, back.CohortModels);
    }

    [Fact]
    public void Units_of_many_epochs_hold_fewer_models_than_those_of_few()
    {
        SweepSpec spec = Presets.Quick with { Hidden = [.. Enumerable.Range(1, 100)], Epochs = [10, 1000] };
        Plan plan = PlanOf(spec);
        int[] units = [.. plan.Units.CountBy(unit => plan.VariantOf(unit).Epochs).OrderBy(count => count.Key).Select(count => count.Value)];
        Assert.Equal(1, units[0]);
        Assert.True(units[1] > 1);
    }

    [Fact]
    public void A_plan_of_one_variant_reads_and_hashes_as_before_there_were_any()
    {
        string text = Encoding.UTF8.GetString(PlanJson.Write(PlanOf(Presets.Paper)));
        Assert.DoesNotContain("variant", text);
        Assert.DoesNotContain("weight_decay", text);
        Assert.Contains("\"epochs\":100,\"batch\":\"full\",\"init_std\":0.1,", text);
    }

    [Fact]
    public void Learning_rates_are_outside_and_hidden_sizes_inside() =>
        Assert.Equal(
            ["h4-lr0.01", "h2-lr0.01", "h4-lr0.1", "h2-lr0.1"],
            PlanOf(Presets.Quick with { Hidden = [4, 2], LearningRates = [0.01, 0.1] }).CohortModels.Select(model => model.Name));

    [Fact]
    public void Hostile_sweeps_are_refused_before_they_fill_the_memory()
    {
        SweepSpec spec = Presets.Paper.WithoutRates() with { Seeds = [.. Enumerable.Range(0, 2_000_000)] };
        Assert.Contains("models", Assert.Throws<UserErrorException>(() => PlanOf(spec)).Message);
        Assert.Contains("units", Assert.Throws<UserErrorException>(
            () => PlanOf(spec with { Hidden = [2], Tasks = [new ClassTask(0, 1)], Embedding = [] })).Message);
    }

    [Fact]
    public void A_diff_names_what_changed_and_nothing_else()
    {
        SweepSpec changed = Presets.Paper.WithoutRates() with
        {
            Epochs = [50],
            Batches = [128],
            Hidden = [.. Enumerable.Range(
            1,
            100)],
            Sparsity = [],
            Pruning = []
        };
        Assert.Equal(
            [
                "hidden: 2,4,6,8,10,12,16,24,32,48,64 -> 1,2,3,4,5,6,7,8,9,10,11,12,... (100 in all)",
                "epochs: 100 -> 50",
                "batch: full -> 128",
                "sparsity: 0.001,0.003,0.005,0.0095,0.0099,0.1,0.15,0.2,0.3,0.4,0.5,0.8,... (15 in all) -> none",
                "pruning: layer,global,w1,random -> none",
                "data sha256: 001122334455 -> bb",
            ],
            PlanDiff.Between(PlanOf(Presets.Paper.WithoutRates()), Plan.Create(changed, "bb", 784, (_, _) => new(9344)))
                .Select(change => change.ToString()));
    }

    private static Plan PlanOf(SweepSpec spec) => Plan.Create(spec, DataHash, 784, (_, _) => new(9344));

    private static void AssertDamaged(byte[] text)
    {
        UserErrorException e = Assert.Throws<UserErrorException>(() => PlanReader.Read(text, "plan.json"));
        Assert.StartsWith("plan.json: ", e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }
}
