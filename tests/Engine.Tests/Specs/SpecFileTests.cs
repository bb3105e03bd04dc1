using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Tests.Runs;
using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Tests;

namespace GpuMlp.Engine.Tests.Specs;

/// <summary>Ways to write spec files; what is wrong in a single JSON object is in <see cref="SpecTests"/>.</summary>
public sealed class SpecFileTests
{
    private const string Json = """
        { "tasks": ["4v9", "0v1"], "hidden": [2, 4, 8, 16], "seeds": [0, 1, 2], "lr": [0.0001, 0.001, 0.01], "epochs": 20,
          "batch": ["full", 32], "corruption": ["blur:1"], "sparsity": [], "pruning": [], "embedding": [] }
        """;

    [Theory]
    [InlineData("spec.json", """
        { "tasks": "4v9,0v1", "hidden": "2..16*2", "seeds": ["0..1", 2], "lr": "1e-4..1e-2*10", "epochs": "20", "batch": "full,32",
          "corruption": "blur:1", "sparsity": "none", "pruning": "none", "embedding": "none" }
        """)]
    [InlineData("spec.YML", """
        # The same.
        tasks: [4v9, 0v1]
        hidden: 2..16*2
        seeds: [0, 1..2]
        lr:
          - 1e-4
          - .001
          - 0.01
        epochs: 20
        batch: [full, 32]
        corruption: blur:1
        sparsity: none
        pruning: []
        embedding: "none"
        """)]
    public void Ranges_and_lists_may_be_written_as_in_flags_and_all_of_it_as_yaml(string name, string text)
    {
        Assert.Equal(Written(Read("spec.json", Json).Single()), Written(Read(name, text).Single()));
    }

    [Fact]
    public void What_only_the_data_can_tell_is_read_beside_them()
    {
        SpecEntry entry = Read("spec.yaml", "hidden: 3\ntasks: all\nembedding: [4v9]\ncorruption: [blur, rotation:15]\n").Single();
        Dataset data = DatasetLoader.Load(null);
        SweepSpec spec = entry.SpecFor(data);
        Assert.Equal(45, spec.Tasks.Count);
        Assert.Equal([new ClassTask(4, 9)], spec.Embedding);
        Assert.Equal(
            [.. Presets.Paper.Corruptions.Where(one => one.Kind == CorruptionKind.Blur), new(CorruptionKind.Rotation, 15)],
            spec.Corruptions);
        Assert.EndsWith(
            "spec.yaml: line 2: tasks: 'nonsense' is not a task; give different classes as in 4v9 or 0v1v7, a list as in 0v1,4v9, all or "
                + "all-classes.",
            Assert.Throws<UserErrorException>(() => Read("spec.yaml", "hidden: 3\ntasks: [nonsense]").Single().SpecFor(data)).Message);
    }

    [Fact]
    public void Several_sweeps_share_what_stands_beside_their_list()
    {
        IReadOnlyList<SpecEntry> sweeps = Read("spec.yaml", """
            preset: quick
            seeds: 0..4
            epochs: 7
            saliency: 0
            sweeps:
              - name: small
                hidden: 2..8*2
              - name: wide
                out: runs/wide
                hidden: [64]
                epochs: 9
                analyses: none
            """);
        Assert.Equal([("small", null), ("wide", "runs/wide")], sweeps.Select(sweep => (sweep.Name!, sweep.Out)));
        Assert.All(sweeps, sweep => Assert.Equal(Presets.Quick.Tasks, sweep.Spec.Tasks));
        Assert.All(sweeps, sweep => Assert.Equal([0, 1, 2, 3, 4], sweep.Spec.Seeds));
        Assert.All(sweeps, sweep => Assert.Equal(0, sweep.PicturesOf(PictureChoice.Usual(sweep.Spec), sweep.Spec).Hidden));
        Assert.Equal([[2, 4, 8], [64]], sweeps.Select(sweep => sweep.Spec.Hidden));
        Assert.Equal([[7], [9]], sweeps.Select(sweep => sweep.Spec.Epochs));
        Assert.Equal(Presets.Quick.Pruning, sweeps[0].Spec.Pruning);
        Assert.Empty(sweeps[1].Spec.Pruning);
        IReadOnlyList<SpecEntry> list = Read("spec.json", """[{ "name": "a", "hidden": 2 }, { "name": "b" }]""");
        Assert.Equal([[2], Presets.Paper.Hidden], list.Select(sweep => sweep.Spec.Hidden));
    }

    [Fact]
    public void The_plan_of_a_run_is_a_spec()
    {
        using TemporaryFolder folder = new();
        Plan plan = Plan.Create(Presets.Quick, new string('a', 64), 784, (_, _) => new(100));
        plan = plan with { Pictures = PictureChoice.Usual(plan.Spec) with { Hidden = 4 } };
        string path = folder.File("plan.json");
        File.WriteAllBytes(path, PlanJson.Write(plan));
        SpecEntry entry = SpecFile.Read(path).Single();
        Assert.Equal(new string('a', 64), entry.DataSha256);
        Assert.Equal(4, entry.PicturesOf(PictureChoice.Usual(entry.Spec), entry.Spec).Hidden);
        Assert.Equal(plan.Hash, Plan.Create(entry.Spec, plan.DataSha256, 784, (_, _) => new(100)).Hash);

        // By hand it is no plan any more, and not taken for something else.
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"seeds\":[0]", "\"seeds\":[1]"));
        Assert.Contains("changed by hand", Assert.Throws<UserErrorException>(() => SpecFile.Read(path)).Message);
    }

    [Theory]
    [InlineData("hidden: [2\nseeds: 0", "line 1: not valid YAML")]
    [InlineData("hidden: 2\n\thidden: 3", "line 1: not valid YAML (While scanning a plain scalar, found a tab")]
    [InlineData("hidden: 2\nhidden: 3", "line 2: not valid YAML")]
    [InlineData("hidden: 2\nseeds:\n  - 0\n  - no\n", "line 2: seeds: 'no' is not a whole number")]
    [InlineData("hidden: 2\n\nhiden: 3", "line 3: hiden: unknown field; did you mean hidden? The fields are data, label_column,")]
    [InlineData("sweep:\n  - name: a\n", "line 1: sweep: unknown field; did you mean sweeps? The fields are data,")]
    [InlineData("hidden: .inf", "line 1: hidden: '.inf' is not a whole number")]
    [InlineData("lr: 1e999", "line 1: lr: wrong value")]
    [InlineData("hidden:\nseeds: 0", "line 1: hidden: wrong value; must be a list")]
    [InlineData("rewind: yes", "line 1: rewind: wrong value; must be true or false")]
    [InlineData("hidden: 2\n---\nhidden: 3", "2 YAML documents; must be one, with a list `sweeps`")]
    [InlineData("", "0 YAML documents")]
    [InlineData("- 3", "[0]: not a JSON object")]
    [InlineData("[a, b]: 3", "line 1: a key that is no name")]
    [InlineData("sweeps:\n  - name: a\n  - name: b\n    epochs: 0\n", "line 4: sweeps[1].epochs: 0 is out of range")]
    [InlineData("a: &a [1]\nb: &b [*a, *a]\nc: [[[[[[[[[[[[[[[[[[[*b]]]]]]]]]]]]]]]]]]]", "line 3: too deep or too large")]
    public void Wrong_yaml_gives_one_line_with_file_line_and_field(string text, string message)
    {
        string told = Refused("spec.yaml", text);
        Assert.Contains("spec.yaml: " + message, told);
        Assert.DoesNotContain(told, char.IsControl);
    }

    [Fact]
    public void A_few_lines_of_yaml_cannot_become_gigabytes()
    {
        string text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + string.Concat(Enumerable.Range(1, 10).Select(
            i => $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));
        Assert.Contains("too deep or too large", Refused("spec.yaml", text));
        Assert.Equal([3, 4], Read("spec.yaml", "hidden: &sizes [3, 4]\nseeds: *sizes").Single().Spec.Seeds);
    }

    [Fact]
    public void The_docs_list_every_field_and_no_other()
    {
        string text = File.ReadAllText(Checkout.PathOf("docs", "specs.md"));
        IEnumerable<string> documented = text.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(line => line.Split('|')[1].Split('`').Where((_, i) => i % 2 == 1));
        Assert.Equal(
            AnalysisList.Fields.Where(field => field.PartOf is null).Select(field => field.Name).Concat(SpecFile.MetaFields)
                .Order(StringComparer.Ordinal),
            documented.Order(StringComparer.Ordinal));

        // Its examples are files that can be read.
        string[] blocks = text.Split("```");
        (string Kind, string Body)[] examples =
        [
            .. blocks.Where((_, i) => i % 2 == 1).Select(block => block.Split('\n', 2)).Select(parts => (parts[0], parts[1])),
        ];
        Assert.Equal(2, examples.Count(example => example.Kind == "yaml"));
        Assert.All(examples.Where(example => example.Kind is "yaml" or "json"), example => Read($"spec.{example.Kind}", example.Body));
    }

    private static string Written(SpecEntry entry) => string.Join(
        '\n', AnalysisList.Fields.Select(field => $"{field.Name} {field.Show(entry.Spec)}"));

    private static string Refused(string name, string text)
    {
        UserErrorException e = Assert.Throws<UserErrorException>(() => Read(name, text));
        Assert.Equal(ExitCodes.BadInput, e.ExitCode);
        return e.Message;
    }

    private static IReadOnlyList<SpecEntry> Read(string name, string text)
    {
        using TemporaryFolder folder = new();
        string path = folder.File(name);
        File.WriteAllText(path, text);
        return SpecFile.Read(path);
    }
}
