using GpuMlp.Engine.Export;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Tests.Runs;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Analyses.Pruning;
using Microsoft.ML.OnnxRuntime;

namespace GpuMlp.Engine.Tests.Export;

public sealed class ModelExportTests : IDisposable
{
    private static readonly ModelSelection s_all = new(null, null, null, null);

    private readonly TemporaryFolder _temporary = new();

    private string Folder => _temporary.Path;

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void Chosen_models_come_out_with_the_weights_and_the_description_that_the_run_has()
    {
        RunDirectory run = Merged(SampleRun.Plan);
        string folder = Path.Combine(Folder, "out");
        var selection = new ModelSelection([new ClassTask(4, 9)], [42], [4], [1e-5]);

        Assert.Equal(1, ModelExport.Write(run, selection, null, ExportFormats.Onnx | ExportFormats.Safetensors, folder).Written);

        Assert.Equal(["4v9-s42-h4-lr1e-05.onnx", "4v9-s42-h4-lr1e-05.safetensors"], Names(folder));
        using Safetensors merged = Safetensors.Open(run.WeightsPath(new ClassTask(4, 9), 42));
        using Safetensors exported = Safetensors.Open(Path.Combine(folder, "4v9-s42-h4-lr1e-05.safetensors"));
        Assert.Equal([SampleRun.Inputs, 4], exported.Tensors.Single(tensor => tensor.Name == "w1").Shape);
        Assert.All(new[] { "w1", "b1", "w2", "b2" }, name => Assert.Equal(merged.Read($"h4-lr1e-05.{name}"), exported.Read(name)));
        Assert.Equal("9", exported.Metadata["positive_class"]);
        Assert.Equal(run.Plan.Hash, exported.Metadata["plan_hash"]);
        using var session = new InferenceSession(Path.Combine(folder, "4v9-s42-h4-lr1e-05.onnx"));
        Assert.Equal(exported.Metadata, session.ModelMetadata.CustomMetadataMap);
    }

    [Fact]
    public void Without_a_selection_all_models_come_out_each_once()
    {
        RunDirectory run = Merged(SampleRun.Plan);
        Assert.Equal(2 * 2 * 4, ModelExport.Write(run, s_all, null, ExportFormats.Onnx, Path.Combine(Folder, "out")).Written);
        Assert.Equal(16, Names(Path.Combine(Folder, "out")).Length);
    }

    [Fact]
    public void Pruned_models_have_the_zeros_that_the_reference_gives_them_and_tell_it()
    {
        RunDirectory run = Merged(SampleRun.Plan);
        string folder = Path.Combine(Folder, "out");
        var selection = new ModelSelection([new ClassTask(4, 9)], [42], [4, 2], [1e-5]);
        var pruning = new ModelPruning([PruneMethod.Layer, PruneMethod.W1], [0, 0.5, 1]);

        Assert.Equal(2 * 2 * 3, ModelExport.Write(run, selection, pruning, ExportFormats.Onnx | ExportFormats.Safetensors, folder).Written);

        Assert.Equal(2 * 2 * 3 * 2, Names(folder).Length);
        using Safetensors merged = Safetensors.Open(run.WeightsPath(new ClassTask(4, 9), 42));
        foreach (PruneMethod method in pruning.Methods)
        {
            foreach (double level in pruning.Levels)
            {
                foreach (int hidden in selection.Hidden!)
                {
                    string name = $"h{hidden}-lr1e-05", pruned = FormattableString.Invariant(
                        $"{method.ToString().ToLowerInvariant()}{level:R}");
                    using Safetensors exported = Safetensors.Open(Path.Combine(folder, $"4v9-s42-{name}-{pruned}.safetensors"));
                    Assert.Equal(Pruned(merged.Read($"{name}.w1"), level), exported.Read("w1"));
                    Assert.Equal(Pruned(merged.Read($"{name}.w2"), method == PruneMethod.W1 ? 0 : level), exported.Read("w2"));
                    Assert.Equal(merged.Read($"{name}.b1"), exported.Read("b1"));
                    Assert.Equal(pruned, exported.Metadata["pruning"] + exported.Metadata["sparsity"]);
                }
            }
        }
    }

    [Fact]
    public void What_is_drawn_for_a_model_does_not_depend_on_which_models_are_exported_beside()
    {
        RunDirectory run = Merged(SampleRun.Plan);
        var selection = new ModelSelection([new ClassTask(4, 9)], [42], [4], [1e-5]);
        var pruning = new ModelPruning([PruneMethod.Random, PruneMethod.Movement], [0.5]);
        ModelExport.Write(run, selection, pruning, ExportFormats.Safetensors, Path.Combine(Folder, "one"));
        ModelExport.Write(run, s_all, pruning, ExportFormats.Safetensors, Path.Combine(Folder, "all"));
        string[] names = Names(Path.Combine(Folder, "one"));
        Assert.Equal(2, names.Length);
        Assert.Equal(32, Names(Path.Combine(Folder, "all")).Length);
        foreach (string name in names)
            Assert.Equal(File.ReadAllBytes(Path.Combine(Folder, "one", name)), File.ReadAllBytes(Path.Combine(Folder, "all", name)));
    }

    [Fact]
    public void Training_variants_stand_in_the_names()
    {
        RunDirectory run = Merged(SampleRun.VariedPlan);
        var selection = new ModelSelection([new ClassTask(0, 1)], [0], [2], [0.1]);
        Assert.Equal(4, ModelExport.Write(run, selection, null, ExportFormats.Onnx, Path.Combine(Folder, "out")).Written);
        Assert.Contains("0v1-s0-b4-e3-i0.1-wd0.001-h2-lr0.1.onnx", Names(Path.Combine(Folder, "out")));
    }

    [Fact]
    public void A_value_that_the_run_does_not_have_is_named_with_those_it_has()
    {
        RunDirectory run = Merged(SampleRun.Plan);
        var error = Assert.Throws<UserErrorException>(
            () => ModelExport.Write(run, s_all with { Hidden = [3] }, null, ExportFormats.Onnx, Folder));
        Assert.Equal("--hidden: 3 is not in this run; must be one of 4, 2", error.Message);
        Assert.Equal(ExitCodes.BadInput, error.ExitCode);
    }

    [Fact]
    public void A_run_that_was_not_merged_has_no_weights_to_export()
    {
        var run = RunDirectory.OpenOrCreate(Path.Combine(Folder, "run"), SampleRun.Plan);
        var error = Assert.Throws<UserErrorException>(
            () => ModelExport.Write(run, s_all, null, ExportFormats.Onnx, Path.Combine(Folder, "out")));
        Assert.Contains("manifest.json: not there, or the run is not merged", error.Message);
        Assert.Equal(ExitCodes.Incomplete, error.ExitCode);
        Assert.False(Directory.Exists(Path.Combine(Folder, "out")));
    }

    [Fact]
    public void Failed_models_are_left_out_and_named_and_where_all_failed_nothing_is_written()
    {
        RunDirectory run = Merged(SampleRun.Plan, model => model.Key is { Hidden: 4, LearningRate: 0.1 } ? model.AsFailed() : model);
        string folder = Path.Combine(Folder, "out");
        foreach (ModelPruning? pruning in new[] { null, new ModelPruning([PruneMethod.Layer], [0.5]) })
        {
            ExportOutcome outcome = ModelExport.Write(
                run,
                s_all with { Tasks = [new ClassTask(4, 9)] },
                pruning,
                ExportFormats.Safetensors,
                folder);
            Assert.Equal(2 * 3, outcome.Written);
            Assert.Equal(["4v9-s42-h4-lr0.1", "4v9-s0-h4-lr0.1"], outcome.LeftOut);
        }

        Assert.Equal(2 * 2 * 3, Names(folder).Length);
        Assert.DoesNotContain(Names(folder), name => name.Contains("h4-lr0.1", StringComparison.Ordinal));
        string none = Path.Combine(Folder, "none");
        var error = Assert.Throws<UserErrorException>(
            () => ModelExport.Write(run, s_all with { Hidden = [4], LearningRates = [0.1] }, null, ExportFormats.Onnx, none));
        Assert.Equal(ExitCodes.SomeModelsFailed, error.ExitCode);
        Assert.Contains("failed", error.Message);
        Assert.False(Directory.Exists(none));
    }

    // Without the smallest magnitudes, ties at the threshold too.
    private static float[] Pruned(float[] weights, double level)
    {
        int count = (int)(level * weights.Length);
        float threshold = count == 0 ? -1 : weights.Select(Math.Abs).Order().ElementAt(count - 1);
        return [.. weights.Select(weight => Math.Abs(weight) <= threshold ? 0 : weight)];
    }

    private RunDirectory Merged(Plan plan, Func<ModelResult, ModelResult>? change = null)
    {
        var run = RunDirectory.OpenOrCreate(Path.Combine(Folder, "run"), plan);
        foreach (WorkUnit unit in plan.Units)
        {
            UnitResult result = SampleRun.ResultOf(plan, unit);
            run.WriteUnit(result with { Models = [.. result.Models.Select(change ?? (model => model))] });
        }

        Assert.Empty(RunMerger.Merge(run));
        return run;
    }

    private static string[] Names(string folder)
        => [.. Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal)!];
}
