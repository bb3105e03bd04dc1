using GpuMlp.Engine.Data;
using GpuMlp.Engine.Explanations;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Runs;
using GpuMlp.Runner.Pictures;
using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>Pictures of a run that are drawn while its units are trained.</summary>
[Trait("Size", "large")]
public sealed class SheetsAheadTests : IDisposable
{
    private readonly Workplace _place = new();

    private string Folder => _place["run"];

    public void Dispose() => _place.Dispose();

    [Fact]
    public void Pictures_of_a_task_are_there_before_the_merge_and_the_same_as_after_it()
    {
        Gpumlp.Here(["sweep", .. Flags(), "--out", _place["whole"]]).AssertSuccess();
        (RunDirectory run, Dataset data) = Trained();
        using SheetsAhead ahead = new(run, data);
        ClassTask first = run.Plan.Spec.Tasks[0], second = run.Plan.Spec.Tasks[1];
        int[] units = [.. UnitModels.UnitsOf(run.Plan, first).Select(unit => unit.Id)];

        // Neither those of other seeds nor some of its units are enough for the second task.
        foreach (int unit in run.Plan.Units.Select(unit => unit.Id).Except(UnitModels.UnitsOf(run.Plan, second).Select(unit => unit.Id)))
            ahead.Saved(unit);
        Assert.NotEmpty(units);
        SpinWait.SpinUntil(() => PicturesOf(run, first).All(File.Exists));
        Assert.True(ahead.Has(first));
        Assert.False(ahead.Has(second));
        Assert.DoesNotContain(PicturesOf(run, second), File.Exists);
        Assert.False(File.Exists(run.TablePath("manifest.json")));
        AssertSame(run, first);

        // What is there is not drawn again, what is not there is.
        File.WriteAllText(PicturesOf(run, first)[0], "drawn");
        Assert.Empty(RunMerger.Merge(run));
        List<(int, int)> told = [];
        RunSheets.Draw(run, data, threads: 1, ahead, (done, all) => told.Add((done, all)));
        Assert.Equal([(0, 2), (1, 2), (2, 2)], told);
        Assert.Equal("drawn", File.ReadAllText(PicturesOf(run, first)[0]));
        AssertSame(run, second);
        RunSheets.Draw(run, data, threads: 2);
        AssertSame(run, first);
    }

    [Fact]
    public void A_picture_that_cannot_be_drawn_costs_no_unit_and_is_told_when_the_run_ends()
    {
        Gpumlp.Here(["plan", .. Flags(), "--shards", "1", "--out", Folder]).AssertSuccess();
        File.WriteAllText(Path.Combine(Folder, "saliency"), "no folder");
        Gpumlp.Outcome sweep = Gpumlp.Here(["sweep", .. Flags(), "--quiet", "--out", Folder]);
        string line = sweep.AssertOneLine(sweep.ExitCode);
        Assert.NotEqual(0, sweep.ExitCode);
        Assert.Contains("saliency", line);
        var run = RunDirectory.Open(Folder);
        Assert.Equal(run.Plan.Units.Count, Workplace.UnitsIn(Folder));
        Assert.True(File.Exists(run.TablePath("manifest.json")));

        // As a sweep that has nothing left to train says it.
        Gpumlp.Outcome again = Gpumlp.Here(["sweep", .. Flags(), "--quiet", "--out", Folder]);
        Assert.Equal((sweep.ExitCode, line), (again.ExitCode, again.AssertOneLine(again.ExitCode)));
        File.Delete(Path.Combine(Folder, "saliency"));
        Gpumlp.Here(["sweep", .. Flags(), "--quiet", "--out", Folder]).AssertSuccess();
        Gpumlp.Here(["sweep", .. Flags(), "--out", _place["whole"]]).AssertSuccess();
        Assert.All(run.Plan.Spec.Tasks, task => AssertSame(run, task));
    }

    [Fact]
    public void Drawing_stops_with_its_run()
    {
        (RunDirectory run, Dataset data) = Trained();
        SheetsAhead ahead = new(run, data);
        foreach (int unit in run.Plan.Units.Select(unit => unit.Id))
            ahead.Saved(unit);
        ahead.Dispose();

        // Files are whole or not there, and nobody writes any more.
        Assert.DoesNotContain(Workplace.FilesOf(Folder).Keys, file => file.EndsWith(".tmp", StringComparison.Ordinal));
        SortedDictionary<string, string> files = Workplace.FilesOf(Folder);
        Assert.Empty(RunMerger.Merge(run));
        RunSheets.Draw(run, data, threads: 2);
        Assert.All(files, file => Assert.Equal(file.Value, Workplace.FilesOf(Folder)[file.Key]));
    }

    private static string[] PicturesOf(RunDirectory run, ClassTask task) =>
    [
        RunPictures.PathOf(run, RunPictures.OfModel(run.Plan, task)), RunPictures.PathOf(run, RunPictures.OfClasses(run.Plan, task)),
        RunPictures.PathOf(run, RunPictures.OfSizes(run.Plan, task)),
    ];

    private void AssertSame(RunDirectory run, ClassTask task)
    {
        foreach (string path in PicturesOf(run, task))
            Assert.Equal(File.ReadAllBytes(Path.Combine(_place["whole"], Path.GetRelativePath(run.Path, path))), File.ReadAllBytes(path));
    }

    private (RunDirectory Run, Dataset Data) Trained()
    {
        Gpumlp.Here(["plan", .. Flags(), "--shards", "1", "--out", Folder]).AssertSuccess();
        Gpumlp.Here("run", Folder, "--quiet").AssertSuccess();
        var run = RunDirectory.OpenForWriting(Folder, clean: false);
        return (run, RunData.Load(run.Plan, null));
    }

    private string[] Flags() =>
    [
        "--data", _place.Data(), "--tasks", "0v1,1v2", "--hidden", "2,3", "--seeds", "0,1", "--epochs", "3", "--sparsity", "0.5",
        "--pruning", "layer", "--threads", "2",
    ];
}
