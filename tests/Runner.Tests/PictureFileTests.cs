using GpuMlp.Engine;
using GpuMlp.Engine.Explanations;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Runner.Pictures;
using Xunit;

namespace GpuMlp.Runner.Tests;

public sealed class PictureFileTests : IDisposable
{
    private static readonly SavedModels s_models = new(new ClassTask(4, 9), 42, [new ModelSpec(24, 0.03)], [], [], 0.1);

    private static readonly string s_data = new('0', 64);

    private static readonly PruneMethod[][] s_ways = [[PruneMethod.Layer], [PruneMethod.Random], [PruneMethod.Layer, PruneMethod.Global]];

    private readonly string _folder = Directory.CreateTempSubdirectory("gpumlp-names-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_name_tells_everything_that_makes_the_picture()
    {
        Assert.Equal(
            "4v9-s42-h24-lr0.03-examples-gradient-layer-0.95.png",
            NameOf(s_models, null, "examples", SaliencyMethod.ProbabilityGradient, [PruneMethod.Layer], [0.95]));
        HashSet<string> names = [];
        SavedModels[] all =
        [
            s_models, s_models with { Task = new(0, 1) }, s_models with { Seed = 0 }, s_models with { Models = [new(2, 0.03)] },
            s_models with { Models = [new(24, 0.3)] }, s_models with { Models = [new(2, 0.03), new(24, 0.03)] },
            s_models with { Variant = new(32, 20, 0.1, 1e-3) }, s_models with { Variant = new(null, 20, 0.1, 1e-3) },
        ];
        (int[]?, string)[] shown =
            [(null, "examples"), (null, "average"), ([5], "5"), ([0, 5], "0,5"), ([5, 0], "5,0"), ([0, 1, 2, 3, 4, 5], "0..5")];
        foreach (SavedModels models in all)
        {
            foreach ((int[]? images, string which) in shown)
            {
                foreach (SaliencyMethod method in new[] { SaliencyMethod.ProbabilityGradient, SaliencyMethod.SmoothGradient })
                {
                    foreach (PruneMethod[] pruning in s_ways)
                    {
                        foreach (double[] levels in new double[][] { [0.5], [0.95], [0.5, 0.95] })
                            Assert.True(names.Add(NameOf(models, images, which, method, pruning, levels)));
                    }

                    Assert.True(names.Add(NameOf(models, images, which, method, [PruneMethod.Layer], [])));
                }
            }
        }

        Plan plan = Plan.Create(Presets.Paper.WithoutRates(), s_data, 784, (_, _) => new(9344));
        Assert.Empty(names.Intersect(RunPictures.Names(plan)));
        Assert.Equal(15, RunPictures.Names(plan).Distinct().Count());
    }

    [Fact]
    public void Names_of_long_lists_stay_short_and_differ()
    {
        int[] sizes = [.. Enumerable.Range(1, 64)], images = [.. Enumerable.Range(10000, 40)];
        double[] levels = [.. Enumerable.Range(1, 39).Select(i => i / 41.0)];
        SavedModels many = s_models with
        {
            Task = new(254, 255),
            Seed = int.MaxValue,
            Models = [.. sizes.Select(size => new ModelSpec(size, 1.2345678901234567e-5))],
            Variant = new(60000, 100000, 0.12345678901234567, 1.2345678901234567e-5),
        };
        string Long(int[] shown, double[] asked) =>
            NameOf(many, shown, "", SaliencyMethod.InputGradient, [.. PruneMethod.All], asked);
        string[] names =
        [
            Long(images, levels), Long([.. images.Reverse()], levels), Long(images, [.. levels.Skip(1)]), Long([.. images.Skip(1)], levels),
        ];
        Assert.Equal(4, names.Distinct().Count());
        foreach (string name in names)
        {
            Assert.InRange(name.Length, 50, 184);
            AtomicFile.Write(Path.Combine(_folder, name), [1]);
        }

        string several = NameOf(s_models, images, "", SaliencyMethod.IntegratedGradient, [PruneMethod.Layer], levels);
        Assert.Matches(
            @"^4v9-s42-h24-lr0\.03-i10000-to-10039-[0-9a-f]{8}-integrated-"
                + @"layer-0\.024390243902439025-to-0\.9512195121951219-[0-9a-f]{8}\.png$",
            several);
    }

    [Fact]
    public void No_path_of_a_run_is_written_over_whatever_way_leads_to_it()
    {
        RunDirectory run = Run("run"), other = Run("other");
        string links = Directory.CreateDirectory(Path.Combine(_folder, "links")).FullName;
        string big = Directory.CreateDirectory(Path.Combine(_folder, "big")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(links, "run"), run.Path);
        Directory.CreateSymbolicLink(Path.Combine(links, "weights"), Path.Combine(run.Path, "weights"));
        File.CreateSymbolicLink(Path.Combine(links, "a.png"), run.PlanPath);
        Directory.CreateSymbolicLink(Path.Combine(run.Path, "saliency"), big);
        foreach (string path in new[]
        {
            run.PlanPath, run.TablePath("results.csv"), run.TablePath("anything"), run.TablePath("report.html"),
            run.WeightsPath(new(4, 9), 0), run.SplitPath(new(4, 9), 0), run.UnitPath(0), run.TablePath("plots/pruning.png"),
            run.TablePath("trained/x.png"),
            run.TablePath("saliency/4v9-s0-h24-gradient.png"), run.TablePath("SALIENCY/4v9-s0-H24-gradient.png"),
            run.TablePath("saliency/../plan.json"), Path.Combine(links, "run", "plan.json"), Path.Combine(links, "weights", "x.png"),
            Path.Combine(links, "a.png"), Path.Combine(big, "4v9-s0-sizes-gradient.png"), other.PlanPath,
            other.TablePath("saliency/4v9-s0-h24-average-gradient.png"),
        })
        {
            Assert.StartsWith("--out: ", Assert.Throws<UserErrorException>(() => PictureFile.RefuseRunFiles(run, path)).Message);
        }

        string project = Directory.CreateDirectory(Path.Combine(_folder, "project of another program")).FullName;
        File.WriteAllText(Path.Combine(project, "plan.json"), "{}");
        foreach (string path in new[]
        {
            Path.Combine(project, "plots", "sizes.png"),
            run.TablePath("saliency/4v9-s42-h24-gradient.png"), run.TablePath("saliency/mine.png"), run.TablePath("sizes.png"),
            run.TablePath("for the talk/sizes"), Path.Combine(_folder, "a.png"),
            Path.Combine(links, "b"), Path.Combine(big, "mine.png"), "sizes.png",
        })
        {
            PictureFile.RefuseRunFiles(run, path);
        }
    }

    private RunDirectory Run(string name) => RunDirectory.OpenOrCreate(
        Path.Combine(_folder, name),
        Plan.Create(Presets.Paper.WithoutRates() with { Tasks = [new(4, 9)] }, s_data, 784, (_, _) => new(9344)));

    private static string NameOf(
        SavedModels models, int[]? images, string which, SaliencyMethod method, PruneMethod[] pruning, double[] levels) =>
        PictureFile.Name(models, images, which, method, pruning, levels);
}
