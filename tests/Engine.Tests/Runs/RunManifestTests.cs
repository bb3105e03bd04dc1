using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using GpuMlp.Engine.Analyses.Pruning;
using GpuMlp.Engine.Explanations;
using GpuMlp.Engine.Export;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Study;
using GpuMlp.Engine.Tables;
using GpuMlp.Tests;

namespace GpuMlp.Engine.Tests.Runs;

/// <summary>Two merged runs, each made when first asked for; tests tamper with copies.</summary>
public sealed class MergedRuns : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Lazy<RunDirectory> _own, _other;

    public MergedRuns()
    {
        _own = new(() => Make(SampleRun.Plan, _folder.File("own")));
        _other = new(() => Make(OtherPlan, _folder.File("other")));
    }

    internal static Plan OtherPlan { get; } = Plan.Create(
        SampleRun.Spec with { Seeds = [42, 1], Epochs = [4] },
        SampleRun.DataHash,
        SampleRun.Inputs,
        (_, _) => new(20));

    /// <summary>Of <see cref="SampleRun.Plan"/>, to be read only.</summary>
    internal RunDirectory Own => _own.Value;

    /// <summary>Of <see cref="OtherPlan"/>, to be read only.</summary>
    internal RunDirectory Other => _other.Value;

    internal static RunDirectory Make(Plan plan, string path)
    {
        var run = RunDirectory.OpenOrCreate(path, plan);
        foreach (WorkUnit unit in plan.Units)
        {
            run.WriteUnit(SampleRun.ResultOf(plan, unit));
        }

        Assert.Empty(RunMerger.Merge(run));
        return run;
    }

    public void Dispose() => _folder.Dispose();
}

/// <summary>What is read back from a run is what its merge wrote, or it is refused by name.</summary>
[Trait("Size", "large")]
public sealed class RunManifestTests(MergedRuns merged) : IClassFixture<MergedRuns>, IDisposable
{
    private static readonly Plan s_plan = SampleRun.Plan;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_manifest_has_size_and_hash_of_every_merged_file_and_no_other()
    {
        RunDirectory run = Copy();
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllBytes(run.TablePath(RunManifest.FileName)));
        Assert.Equal(s_plan.Hash, manifest.RootElement.GetProperty("plan_hash").GetString());
        Assert.Equal(
            Directory.EnumerateFiles(run.Path, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(run.Path, file).Replace('\\', '/'))
                .Where(
                    file => !file.StartsWith("units/", StringComparison.Ordinal) && file is not ("plan.json" or RunManifest.FileName))
                .Order(StringComparer.Ordinal)
                .Select(file => (file, (long?)new FileInfo(run.TablePath(file)).Length, (string?)Convert.ToHexStringLower(
                    SHA256.HashData(File.ReadAllBytes(run.TablePath(file)))))),
            manifest.RootElement.GetProperty("files").EnumerateObject()
                .Select(
                    file => (file.Name, (long?)file.Value.GetProperty("bytes").GetInt64(), file.Value.GetProperty("sha256").GetString())));
    }

    [Theory]
    [InlineData("weights/4v9-s42.safetensors")]
    [InlineData("split/4v9-s42.json")]
    [InlineData("results.parquet")]
    [InlineData("history.parquet")]
    [InlineData("pruning.parquet")]
    [InlineData("robustness.parquet")]
    [InlineData("saliency.parquet")]
    [InlineData("finetune.parquet")]
    [InlineData("embedding.parquet")]
    [InlineData("embedding_points.parquet")]
    public void A_file_of_another_run_or_with_one_flipped_bit_is_refused_by_name_and_made_again_by_a_merge(string file)
    {
        RunDirectory run = Copy(), other = merged.Other;
        string path = run.TablePath(file);
        string foreign = other.TablePath(file.Replace("split/4v9-s42", "split/4v9-s1"));
        byte[] right = File.ReadAllBytes(path), flipped = [.. right];
        flipped[flipped.Length / 2] ^= 1;
        foreach (byte[] wrong in new[] { flipped, File.ReadAllBytes(foreign), right[..^1], [] })
        {
            File.WriteAllBytes(path, wrong);
            UserErrorException error = Assert.Throws<UserErrorException>(() => ReadAll(RunDirectory.Open(run.Path)));
            Assert.Equal(ExitCodes.BadInput, error.ExitCode);
            Assert.StartsWith($"{path}: ", error.Message);
            Assert.Contains($"`gpumlp merge {Quoting.Bash(run.Path)}` makes it again", error.Message);
        }

        Assert.Empty(RunMerger.Merge(RunDirectory.Open(run.Path)));
        Assert.Equal(right, File.ReadAllBytes(path));
        ReadAll(RunDirectory.Open(run.Path));
    }

    [Fact]
    public void Of_files_of_another_run_not_even_all_together_are_taken()
    {
        RunDirectory run = Copy(), other = merged.Other;
        foreach (string file in new[] {
            RunManifest.FileName,
            "results.parquet",
            "history.parquet",
            "pruning.parquet",
            "weights/4v9-s42.safetensors" })
        {
            File.Copy(other.TablePath(file), run.TablePath(file), overwrite: true);
        }

        UserErrorException error = Assert.Throws<UserErrorException>(() => ReadAll(RunDirectory.Open(run.Path)));
        Assert.Equal(ExitCodes.BadInput, error.ExitCode);
        string stranger = MergedRuns.OtherPlan.Hash[..12];
        Assert.Contains($"manifest.json: of another plan ({stranger}, this run's is {s_plan.Hash[..12]})", error.Message);
    }

    [Theory]
    [InlineData("", ExitCodes.BadInput)]
    [InlineData("{}", ExitCodes.BadInput)]
    [InlineData("{\"format\": 1, \"plan_hash\": null}", ExitCodes.BadInput)]
    [InlineData("{\"format\": 2}", ExitCodes.BadInput)]
    [InlineData(null, ExitCodes.Incomplete)]
    public void A_run_without_a_good_manifest_is_refused_and_the_line_says_what_makes_one(string? text, int exitCode)
    {
        RunDirectory run = Copy();
        string path = run.TablePath(RunManifest.FileName);
        File.Delete(path);
        if (text is not null)
        {
            File.WriteAllText(path, text);
        }

        UserErrorException error = Assert.Throws<UserErrorException>(() => ReadAll(RunDirectory.Open(run.Path)));
        Assert.Equal(exitCode, error.ExitCode);
        Assert.StartsWith($"{path}: ", error.Message);
        Assert.Contains($"`gpumlp merge {Quoting.Bash(run.Path)}` makes it", error.Message);
        Assert.Empty(RunMerger.Merge(RunDirectory.Open(run.Path)));
        ReadAll(RunDirectory.Open(run.Path));
    }

    [Fact]
    public void A_table_that_the_run_has_and_that_is_gone_or_a_folder_is_told()
    {
        RunDirectory run = Copy();
        File.Delete(run.TablePath("pruning.parquet"));
        File.Delete(run.TablePath("history.parquet"));
        Directory.CreateDirectory(run.TablePath("history.parquet"));
        StudyTables tables = StudyReader.Read(RunDirectory.Open(run.Path));
        Assert.Null(tables.Pruning);
        Assert.Empty(tables.Curves);
        Assert.NotEmpty(tables.Robustness!);
        Assert.Equal(
            [run.TablePath("history.parquet"), run.TablePath("pruning.parquet")],
            tables.Unread.Select(line => line.Split(": ")[0]));
        Assert.Contains("a folder, not a regular file", tables.Unread[0]);
        Assert.Contains("not there", tables.Unread[1]);
        Assert.Equal(["history", "pruning"], tables.Omitted.Select(line => line.Split(',')[0]));
    }

    [Theory]
    [InlineData("plan.json")]
    [InlineData("manifest.json")]
    [InlineData("results.parquet")]
    [InlineData("split/4v9-s42.json")]
    [InlineData("weights/4v9-s42.safetensors")]
    public void A_pipe_in_the_place_of_a_file_is_refused_at_once(string file)
    {
        RunDirectory run = Copy();
        MakePipe(run.TablePath(file));
        UserErrorException error = Soon(() => Assert.Throws<UserErrorException>(() => ReadAll(RunDirectory.Open(run.Path))));
        Assert.Equal(ExitCodes.BadInput, error.ExitCode);
        Assert.StartsWith($"{run.TablePath(file)}: a pipe", error.Message);
    }

    [Fact]
    public void A_pipe_in_the_place_of_a_unit_is_set_aside_and_missing()
    {
        RunDirectory run = Copy();
        MakePipe(run.UnitPath(1));
        IReadOnlyList<string> told = [];
        Assert.Contains("pipe", Assert.Single(Soon(() => RunStatus.Read(run)).Bad));
        Assert.Equal([1], Soon(() => RunMerger.Merge(run, out told)));
        Assert.Contains("a pipe", Assert.Single(told));
    }

    [Fact]
    public void A_line_of_what_cannot_be_read_asks_for_the_right_to_read()
    {
        UserErrorException error = StorageErrors.MapRead(new UnauthorizedAccessException("denied"), "run/plan.json");
        Assert.Equal(
            "run/plan.json: no permission to read it; the right to read it and to enter the folders above it must be given",
            error.Message);
        Assert.Equal(ExitCodes.BadInput, error.ExitCode);
        Assert.Contains("right to write", StorageErrors.Map(new UnauthorizedAccessException("denied"), "run").Message);
    }

    [Fact]
    public void Folders_above_a_run_that_are_named_like_its_columns_are_no_columns()
    {
        // What the readers give of a run in such a folder, and of one in a plain folder.
        string odd = Path.Combine("hidden=7", "lr=0.03", "val_f1=x", "task=1v0", "seed=nan");
        RunDirectory plain = merged.Own, columns = MergedRuns.Make(s_plan, _folder.File(Path.Combine(odd, "best_train_f1=0.5")));
        Assert.Equal(RunTables.Read<ResultRow>(plain), RunTables.Read<ResultRow>(columns));
        string where = $"WHERE {RunTables.AtLevels([0.5])}";
        Assert.Equal(RunTables.Read<FinetuneRow>(plain, where), RunTables.Read<FinetuneRow>(columns, where));
        StudyTables expected = StudyReader.Read(plain), actual = StudyReader.Read(columns);
        Assert.Equal(expected.Results, actual.Results);
        Assert.Equal(expected.Pruning!, actual.Pruning!);
        Assert.Equal(expected.Curves, actual.Curves);
        Assert.Equal(StudyReader.Points(plain, expected.Embedding![0]), StudyReader.Points(columns, actual.Embedding![0]));
        foreach (WorkUnit unit in s_plan.Units)
        {
            Assert.Equal(
                UnitFile.Read(plain.UnitPath(unit.Id)).Models.Select(model => model.Key),
                UnitFile.Read(columns.UnitPath(unit.Id)).Models.Select(model => model.Key));
        }

        foreach (string file in Directory.EnumerateFiles(plain.Path, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(plain.Path, file)))
        {
            Assert.Equal(File.ReadAllBytes(plain.TablePath(file)), File.ReadAllBytes(columns.TablePath(file)));
        }
    }

    [Theory]
    [InlineData("back\\slash", true)]
    [InlineData("back\\slash [1]", false)]
    [InlineData("back\\slash?", false)]
    [InlineData("**", true)]
    [InlineData("[!a]", true)]
    [InlineData("~", true)]
    [InlineData("s3:", true)]
    public void A_folder_that_looks_like_a_pattern_is_read_as_it_is_or_refused_before_anything_is_trained(string name, bool works)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no such names there");
        string folder = Directory.CreateTempSubdirectory("gpumlp-").FullName;
        try
        {
            // Beside it a folder that a pattern would take too.
            foreach (string run in new[] { Path.Combine(folder, "back_slash", "run"), Path.Combine(folder, name, "run") }.Take(
                works ? 2 : 1))
            {
                Assert.Equal(RunTables.Read<ResultRow>(merged.Own), RunTables.Read<ResultRow>(MergedRuns.Make(s_plan, run)));
            }

            if (!works)
            {
                UserErrorException error = Assert.Throws<UserErrorException>(
                    () => RunDirectory.OpenOrCreate(Path.Combine(folder, name, "run"), s_plan));
                Assert.Equal(ExitCodes.BadInput, error.ExitCode);
                Assert.Contains("must not hold a backslash beside", error.Message);
                Assert.False(Directory.Exists(Path.Combine(folder, name)));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Parquet_is_read_in_one_place_of_the_source()
    {
        // Also FROM 'file': DuckDB reads a quoted name as it reads read_parquet.
        string[] readers = ["read_parquet", "parquet_scan", "FROM '", "FROM {DuckSession.Quote"];
        var found = from file in new[] { "src", "perf" }.SelectMany(
            folder => Directory.EnumerateFiles(Checkout.PathOf(folder), "*.cs", SearchOption.AllDirectories))
                    from line in File.ReadLines(file)
                    where readers.Any(line.Contains) && !line.TrimStart().StartsWith("//", StringComparison.Ordinal)
                    select (Path.GetFileName(file), line.Contains("hive_partitioning=false"));
        Assert.Equal([("DuckSession.cs", true)], found);
    }

    private static void ReadAll(RunDirectory run)
    {
        // As a report, a merge's summary, a picture and an export read it.
        StudyTables tables = StudyReader.Read(run);
        RunTables.Read<ResultRow>(run);
        Assert.Empty(tables.Unread);
        SavedModels.Read(run, new ClassTask(4, 9), 42, new TrainingWay(0, ModelTraining.Usual), [4], 0.1);
        string folder = Directory.CreateTempSubdirectory("gpumlp export ").FullName;
        try
        {
            ModelExport.Write(run, new ModelSelection(null, null, null, null), null, ExportFormats.Safetensors, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The first of the two runs in a place of its own.</summary>
    private RunDirectory Copy()
    {
        string run = _folder.File("run");
        foreach (string file in Directory.EnumerateFiles(merged.Own.Path, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(run, Path.GetRelativePath(merged.Own.Path, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return RunDirectory.Open(run);
    }

    private static void MakePipe(string path)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "folders there hold no pipes");
        File.Delete(path);
        using Process make = Process.Start("mkfifo", [path]);
        make.WaitForExit();
        Assert.Equal(0, make.ExitCode);
    }

    /// <summary>Fails where the work waits for a writer that never comes.</summary>
    private static T Soon<T>(Func<T> work)
    {
        var task = Task.Run(work);
        Assert.True(task.Wait(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken), "still waiting");
        return task.Result;
    }
}
