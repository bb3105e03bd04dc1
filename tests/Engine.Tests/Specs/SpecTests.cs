using System.Text;
using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tests.Runs;
using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;

namespace GpuMlp.Engine.Tests.Specs;

public sealed class SpecTests
{
    [Fact]
    public void A_spec_file_overrides_the_fields_that_it_names()
    {
        SweepSpec spec = Read("""{ "tasks": ["4v9", "0v1"], "lr": [1e-3], "batch": 64, /* why */ "init_std": 0, }""");
        Assert.Equal([new ClassTask(4, 9), new ClassTask(0, 1)], spec.Tasks);
        Assert.Equal([1e-3], spec.LearningRates);
        Assert.Equal([64], spec.Batches);
        Assert.Equal([0], spec.InitStds);
        Assert.Equal(Presets.Paper.Hidden, spec.Hidden);
        Assert.Equal([100], spec.Epochs);
        Assert.Equal([0], spec.WeightDecays);
        Assert.Equal(Presets.Paper.Sparsity, spec.Sparsity);
        Assert.Equal([PruneMethod.Random, PruneMethod.W1], Read("""{ "pruning": ["random", "w1"] }""").Pruning);
        Assert.Empty(Read("""{ "sparsity": [], "pruning": [] }""").Sparsity);
        Assert.Equal([0, 1], Read("""{ "sparsity": [0, 1] }""").Sparsity);
        Assert.Equal(Presets.Paper.Corruptions, spec.Corruptions);
        Assert.Equal([new(CorruptionKind.Blur, 1.5)], Read("""{ "corruption": ["blur:1.5"] }""").Corruptions);
        Assert.Empty(Read("""{ "corruption": [] }""").Corruptions);
        Assert.Equal([SaliencyMethod.IntegratedGradient], Read("""{ "similarity": ["integrated"], "similarity_images": 4 }""").Similarity);
        Assert.Equal([null], Read("\uFEFF{ \"batch\": \"full\" }").Batches);
    }

    [Fact]
    public void Ways_to_train_are_one_value_or_a_list()
    {
        SweepSpec spec = Read("""{ "batch": ["full", 32], "epochs": [20, 100], "init_std": [0.03, 0.1], "weight_decay": [0, 1e-3] }""");
        Assert.Equal([null, 32], spec.Batches);
        Assert.Equal([20, 100], spec.Epochs);
        Assert.Equal([0.03, 0.1], spec.InitStds);
        Assert.Equal([0, 1e-3], spec.WeightDecays);
        Assert.Equal(16, spec.Variants().Count);
        Assert.Equal([0.5], Read("""{ "weight_decay": 0.5 }""").WeightDecays);
    }

    [Fact]
    public void The_embedding_of_the_preset_is_fitted_to_other_tasks_and_data_unless_it_is_named()
    {
        ClassTask other = new(1, 2), study = new(4, 9);
        Assert.Equal([study], Read("""{ "tasks": ["0v1", "4v9"] }""").WithFittedEmbedding(otherData: false).Embedding);
        Assert.Empty(Read("""{ "tasks": ["1v2"] }""").WithFittedEmbedding(otherData: false).Embedding);
        Assert.Equal([new ClassTask(0, 1)], Read("""{ "tasks": ["1v2", "0v1"] }""").WithFittedEmbedding(otherData: true).Embedding);
        Assert.Empty(Presets.Quick.WithFittedEmbedding(otherData: true).Embedding);
        Assert.Equal([other], Read("""{ "tasks": ["1v2", "4v9"], "embedding": ["1v2"] }""").Embedding);
        Assert.Empty(Read("""{ "embedding": [] }""").Embedding);
    }

    [Fact]
    public void Further_training_is_written_only_where_there_is_some_and_reads_back()
    {
        SweepSpec spec = Read("""{ "finetune_epochs": 7, "rewind": true }""");
        Assert.Equal((7, true, 2), (spec.FinetuneEpochs, spec.Rewind, spec.FinetuneProtocols));
        Assert.Equal(100 + (7 * 2 * spec.Sparsity.Count * spec.Pruning.Count), spec.EpochsOf(100));
        Assert.Equal((0, false, 0), (Presets.Paper.FinetuneEpochs, Presets.Paper.Rewind, Presets.Paper.FinetuneProtocols));
        Assert.Equal(100, Presets.Paper.EpochsOf(100));
        Plan with = Plan.Create(spec, "data", 9, (_, _) => new(20)),
            without = Plan.Create(Presets.Paper.WithoutRates(), "data", 9, (_, _) => new(20));
        Assert.NotEqual(without.Hash, with.Hash);
        Assert.Equal(
            ["finetune_epochs: 0 -> 7", "rewind: false -> true"],
            PlanDiff.Between(without, with).Select(change => change.ToString()));
    }

    [Theory]
    [InlineData("""{ "finetune_epochs": [1, 2] }""", "finetune_epochs: wrong value; must be a whole number as 10")]
    [InlineData("""{ "finetune_epochs": -1 }""", "finetune_epochs: -1 is out of range")]
    [InlineData("""{ "finetune_epochs": 3, "sparsity": [], "pruning": [] }""", "finetune_epochs: nothing is pruned")]
    [InlineData("""{ "rewind": true }""", "rewind: no epochs")]
    [InlineData("""{ "rewind": 1 }""", "rewind: wrong value; must be true or false")]
    [InlineData("""{ "sparsity": [0.5, 1.01] }""", "sparsity: 1.01 is out of range; must be 0..1")]
    [InlineData("""{ "embedding": "4v8" }""", "embedding: 4v8 is not trained")]
    [InlineData("""{ "embedding": ["4v8"] }""", "embedding: 4v8 is not trained")]
    [InlineData("""{ "embedding": ["4v9", "4v9"] }""", "embedding")]
    [InlineData("""{ "batch": [] }""", "batch")]
    [InlineData("""{ "batch": ["full", "full"] }""", "batch: full occurs twice")]
    [InlineData("""{ "batch": [32, "half"] }""", "batch")]
    [InlineData("""{ "batch": [-2147483649] }""", "batch")]
    [InlineData("""{ "epochs": [20, 0] }""", "epochs")]
    [InlineData("""{ "epochs": [20, 20] }""", "epochs")]
    [InlineData("""{ "init_std": [] }""", "init_std")]
    [InlineData("""{ "weight_decay": -1 }""", "weight_decay")]
    [InlineData("""{ "weight_decay": ["none"] }""", "weight_decay")]
    [InlineData("""{ "weight_decay": [0, 1e31] }""", "weight_decay")]
    [InlineData("""{ "loss": "hinge" }""", "loss: 'hinge' is no loss; must be auto, logistic or softmax")]
    [InlineData("""{ "loss": [] }""", "loss: empty; must be at least one item")]
    [InlineData("""{ "loss": ["softmax", "softmax"] }""", "loss: softmax occurs twice")]
    [InlineData("""{ "loss": ["auto", "softmax"] }""", "loss: auto beside others; must be alone, it stands for one of them")]
    [InlineData(
        """{ "tasks": ["4v9", "0v1v7"], "loss": "logistic" }""",
        "loss: logistic is for two classes; must be softmax with 0v1v7, or be left out")]
    [InlineData(
        """{ "tasks": ["0v2v4v6v8v10v12v14v16v18v20v22v24v26v28v30v32v34v36v38v40v42v44v46v48v50v52v54v56v58v60v62v64v66v68v70v72"] }""",
        "tasks: a task of 37 classes is written with 105 characters; 100 are the most")]
    [InlineData(
        """{ "tasks": ["0v1v7"], "similarity": "gradient" }""", "similarity: maps of models with a logit a class are not compared yet")]
    [InlineData("""{ "hiden": [2] }""", "hiden")]
    [InlineData("""{ "hidden": 0 }""", "line 1: hidden: 0 is out of range; must be 1..1024")]
    [InlineData("""{ "hidden": "2..1" }""", "line 1: hidden: '2..1' runs backwards; write 1..2")]
    [InlineData("{ \"seeds\": [0],\n  \"hidden\": [2, \"3..x\"] }", "line 2: hidden: 'x' is not a whole number")]
    [InlineData("""{ "hidden": [2, "1..4"] }""", "hidden: 2 occurs twice")]
    [InlineData("""{ "hidden": {} }""", "hidden: wrong value; must be a list as [2,4,8,16,32,64], or one of its values")]
    [InlineData("""{ "hidden": true }""", "hidden: wrong value")]
    [InlineData("""{ "hidden": [null] }""", "hidden: wrong value")]
    [InlineData("""{ "hidden": [2.5] }""", "hidden")]
    [InlineData("""{ "hidden": [] }""", "hidden")]
    [InlineData("""{ "hidden": [1025] }""", "hidden")]
    [InlineData("""{ "hidden": [2, 2] }""", "hidden")]
    [InlineData("""{ "hidden": [2], "hidden": [4] }""", "hidden")]
    [InlineData("""{ "tasks": [49] }""", "tasks")]
    [InlineData("""{ "seeds": [-1] }""", "seeds")]
    [InlineData("""{ "lr": [0] }""", "lr")]
    [InlineData("""{ "lr": [1e999] }""", "lr")]
    [InlineData("""{ "epochs": 1000001 }""", "epochs")]
    [InlineData("""{ "epochs": "many" }""", "epochs: 'many' is not a whole number")]
    [InlineData("""{ "preset": "papr" }""", "line 1: preset: no preset is called 'papr'")]
    [InlineData("""{ "preset": 3 }""", "preset: wrong value; must be a text")]
    [InlineData("""{ "name": "a/b" }""", "name: 'a/b' must be fit for the name of a folder")]
    [InlineData("""{ "out": "" }""", "out: wrong value; must be a text")]
    [InlineData("""{ "analyses": ["prunning"] }""", "analyses: 'prunning' is no analysis")]
    [InlineData("""{ "analyses": "none", "corruption": ["blur:1"] }""", "corruption: belongs to robustness, which analyses leaves out")]
    [InlineData("""{ "saliency": "all" }""", "saliency: wrong value; must be a whole number as 24")]
    [InlineData("""{ "sweeps": [] }""", "sweeps: must be a list of sweeps, at least one")]
    [InlineData("""{ "sweeps": { "name": "a" } }""", "sweeps: must be a list of sweeps")]
    [InlineData("""{ "sweeps": [{ "name": "a" }, { }] }""", "sweeps[1].name: missing")]
    [InlineData("""{ "sweeps": [{ "name": "a" }, { "name": "a" }] }""", "sweeps[1].name: a occurs twice")]
    [InlineData("""{ "name": "x", "sweeps": [{ "name": "a" }] }""", "name: belongs to one sweep; must be in the list `sweeps`")]
    [InlineData(
        "{ \"sweeps\": [{ \"name\": \"a\" },\n{ \"name\": \"b\", \"hiden\": 3 }] }",
        "line 2: sweeps[1].hiden: unknown field; did you mean hidden?")]
    [InlineData("""{ "sweeps": [{ "name": "a", "sweeps": [] }] }""", "sweeps[0].sweeps: unknown field")]
    [InlineData("""{ "sweeps": [3] }""", "sweeps[0]: not a JSON object")]
    [InlineData("""{ "plan_hash": "" }""", "plan_hash: must be a SHA-256")]
    [InlineData("""{ "batch": "half" }""", "batch")]
    [InlineData("""{ "batch": 0 }""", "batch")]
    [InlineData("""{ "init_std": -1 }""", "init_std")]
    [InlineData("""{ "sparsity": [1.5] }""", "sparsity")]
    [InlineData("""{ "sparsity": [-0.1] }""", "sparsity")]
    [InlineData("""{ "sparsity": [0.5, 0.5] }""", "sparsity")]
    [InlineData("""{ "sparsity": [], "pruning": ["layer"] }""", "sparsity")]
    [InlineData("""{ "sparsity": [0.5], "pruning": [] }""", "pruning")]
    [InlineData("""{ "pruning": ["layers"] }""", "pruning")]
    [InlineData("""{ "pruning": [0] }""", "pruning")]
    [InlineData("""{ "pruning": ["w1", "w1"] }""", "pruning")]
    [InlineData("""{ "similarity": ["gradients"] }""", "similarity")]
    [InlineData("""{ "similarity": ["gradient", "gradient"] }""", "similarity")]
    [InlineData("""{ "similarity_images": 0 }""", "similarity_images")]
    [InlineData("""{ "similarity_images": 4097 }""", "similarity_images")]
    [InlineData("""{ "corruption": ["blur:-1"] }""", "corruption")]
    [InlineData("""{ "corruption": ["occlusion:1.5"] }""", "corruption")]
    [InlineData("""{ "corruption": ["blur:1", "blur:1.0"] }""", "corruption")]
    [InlineData("""{ "corruption": [1] }""", "corruption")]
    [InlineData("""{ "data": null }""", "data")]
    [InlineData("""{ "epochs": 1""", "JSON")]
    [InlineData("[]", "sweeps: must be a list of sweeps, at least one")]
    [InlineData("[[]]", "[0]: not a JSON object")]
    [InlineData("3", "JSON")]
    [InlineData("", "JSON")]
    public void A_wrong_spec_file_gives_one_line_with_file_and_field(string text, string names)
    {
        UserErrorException e = Assert.Throws<UserErrorException>(() => Read(text));
        Assert.Contains("spec.json: ", e.Message);
        Assert.Contains(names, e.Message);
        Assert.DoesNotContain('\n', e.Message);
        Assert.Equal(ExitCodes.BadInput, e.ExitCode);
    }

    [Theory]
    [InlineData("{ \"data\": \"Daten-f\u00fcr-Netze\" }", "line 1: byte 0xFC there is not UTF-8; the file must be saved as UTF-8")]
    [InlineData("{ \"tasks\": [\"0v1\"],\n  // f\u00fcr\n}", "line 2: byte 0xFC there is not UTF-8; the file must be saved as UTF-8")]
    [InlineData("{\n\"data\": \"\\ud800\" }", "line 2: a text with half a surrogate pair")]
    [InlineData("{ \"data\": \"\\udc00\\ud800\" }", "line 1: a text with half a surrogate pair")]
    [InlineData("{ \"\\ud800\": 1 }", "line 1: a text with half a surrogate pair")]
    [InlineData("{ \"a\\nb\": 1 }", "line 1: a?b: unknown field; must be one of data, label_column, scaling, tasks,")]
    public void A_spec_file_that_is_no_text_is_refused_by_its_place(string text, string message)
    {
        using TemporaryFolder folder = new();
        string path = folder.File("spec.json");
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes(text));
        UserErrorException e = Assert.Throws<UserErrorException>(() => SpecFile.Read(path));
        Assert.StartsWith($"{path}: {message}", e.Message);
        Assert.DoesNotContain(e.Message, char.IsControl);
    }

    [Fact]
    public void A_whole_surrogate_pair_and_letters_of_any_script_are_text() =>
        Assert.Equal("\U0001F989 \u732b \u00fc", Read("""{ "data": "\ud83e\udd89 \u732b \u00fc" }""").Data);

    [Fact]
    public void A_spec_file_without_an_end_is_refused_by_the_limit()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /dev/zero");
        Assert.Equal(
            "/dev/zero: larger than 128 MiB; must be a JSON object of sweep fields",
            Assert.Throws<UserErrorException>(() => SpecFile.Read("/dev/zero")).Message);
    }

    [Fact]
    public void A_list_that_is_too_long_is_refused_by_its_field_and_limit()
    {
        string seeds = string.Concat(Enumerable.Repeat("1,", ListFlags.MaxItems));
        Assert.EndsWith(
            "spec.json: line 1: seeds: 10000001 items; must be at most 10000000",
            Assert.Throws<UserErrorException>(() => Read($"{{ \"seeds\": [{seeds}1] }}")).Message);
    }

    [Fact]
    public void A_missing_spec_file_is_named()
    {
        UserErrorException e = Assert.Throws<UserErrorException>(() => SpecFile.Read("nowhere/spec.json"));
        Assert.StartsWith("nowhere/spec.json: ", e.Message);
    }

    [Fact]
    public void Presets_are_valid_and_have_names()
    {
        Assert.All(Presets.All.Values, spec => SpecValidator.Validate(spec));
        Assert.Same(Presets.Quick, Presets.Get("--preset", "quick"));
        Assert.Contains("paper or quick", Assert.Throws<UserErrorException>(() => Presets.Get("--preset", "papr")).Message);
    }

    [Fact]
    public void Without_a_file_messages_name_the_flag() => Assert.StartsWith(
        "--init-std: ",
        Assert.Throws<UserErrorException>(() => SpecValidator.Validate(Presets.Paper.WithoutRates() with { InitStds = [double.NaN] }))
            .Message);

    private static SweepSpec Read(string text)
    {
        using TemporaryFolder folder = new();
        string path = folder.File("spec.json");
        File.WriteAllText(path, text);
        return Assert.Single(SpecFile.Read(path)).Spec;
    }
}
