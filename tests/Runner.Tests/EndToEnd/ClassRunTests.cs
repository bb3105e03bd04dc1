using System.Globalization;
using GpuMlp.Runner.Pictures;
using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>Runs whose models have a logit a class.</summary>
[Trait("Size", "large")]
public sealed class ClassRunTests : IDisposable
{
    private const string Cheap = "--epochs 4 --batch 8 --lr 0.1 --threads 2 --embedding none --corruption none --quiet";

    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void The_report_shows_the_best_model_of_each_task_class_by_class_and_does_not_speak_of_pairs()
    {
        Sweep("run", $"--tasks 0v1v2,1v3v0 --hidden 2,6 --seeds 0,1 --sparsity none --saliency 0 {Cheap}");
        string run = _place["run"], page = File.ReadAllText(Path.Combine(run, "report.html"));
        Assert.DoesNotContain("pairs", page);
        Assert.DoesNotContain("one logit", page);
        Assert.DoesNotContain("second class", page);
        Assert.Contains("<h2 id=\"classes\">", page);
        Assert.Contains("src=\"data:image/png;base64,", page[page.IndexOf("id=\"plot-confusion\"", StringComparison.Ordinal)..]);
        PngDecoder.Decode(File.ReadAllBytes(Path.Combine(run, "plots", "confusion.png")));

        foreach (string task in new[] { "0v1v2", "1v3v0" })
        {
            string best = Workplace.Rows(run, "results").Where(row => row["task"] == task).GroupBy(row => row["hidden"])
                .MaxBy(size => size.Average(row => Number(row["val_f1"])))!.Key;
            foreach (string one in task.Split('v'))
            {
                double f1 = Workplace.Rows(run, "classes")
                    .Where(row => row["task"] == task && row["hidden"] == best && row["class"] == one)
                    .Average(row => Number(row["val_f1"]));
                Assert.Contains(f1.ToString("0.000", CultureInfo.InvariantCulture), Row(page, task, best, one));
            }
        }
    }

    [Fact]
    public void Names_of_classes_stand_in_the_picture_and_many_classes_have_no_numbers()
    {
        string data = _place.Data(classes: 30, each: 12, rows: 6, columns: 6);
        File.WriteAllLines(Path.Combine(data, "classes.txt"), Enumerable.Range(0, 30).Select(i => $"long name {i}"));
        Sweep("few", $"--tasks 0v7 --loss softmax --hidden 3 --seeds 0 --sparsity none --saliency 0 {Cheap}", data);
        Assert.Contains("0 (long name 0)", File.ReadAllText(Path.Combine(_place["few"], "report.html")));
        Sweep("many", $"--tasks all-classes --hidden 3 --seeds 0 --sparsity none --saliency 0 {Cheap}", data);
        Rgb[,] picture = PngDecoder.Decode(File.ReadAllBytes(Path.Combine(_place["many"], "plots", "confusion.png")));
        Assert.True(picture.GetLength(0) > 1400);
    }

    [Fact]
    public void A_run_draws_its_models_and_the_class_of_maps_on_demand_can_be_chosen()
    {
        string data = _place.Data(classes: 4);
        File.WriteAllLines(Path.Combine(data, "classes.txt"), ["red", "green", "blue", "grey"]);
        Sweep("run", $"--tasks 0v1v3,0v2 --hidden 2,6 --seeds 0 --sparsity 0.5 --pruning layer {Cheap}", data);
        string run = _place["run"], folder = Path.Combine(run, "saliency");
        Assert.Equal(6, Directory.GetFiles(folder).Length);
        byte[] Drawn(params string[] flags)
        {
            Gpumlp.Here(["saliency", run, "--task", "0v1v3", "--hidden", "6", "--image", "0,1", "--out", _place["x.png"], .. flags])
                .AssertSuccess();
            PngDecoder.Decode(File.ReadAllBytes(_place["x.png"]));
            return File.ReadAllBytes(_place["x.png"]);
        }

        byte[] usual = Drawn(), third = Drawn("--class", "3");
        Assert.Equal(third, Drawn("--class", "grey"));
        Assert.NotEqual(usual, third);
        Assert.NotEqual(third, Drawn("--class", "0"));
        Gpumlp.Here("saliency", run, "--task", "0v1v3", "--hidden", "6", "--class", "3").AssertSuccess();
        Assert.Contains("0v1v3-s0-h6-lr0.1-examples-gradient-c3-layer-0.95.png", Directory.GetFiles(folder).Select(Path.GetFileName));

        foreach (string bad in new[] { "2", "blue", "9", "x" })
        {
            Assert.Contains(
                $"--class: '{bad}' is no class of 0v1v3; must be one of 0",
                Gpumlp.Here("saliency", run, "--task", "0v1v3", "--class", bad, "--out", _place["bad.png"]).AssertOneLine(2));
        }

        Assert.Contains(
            "--class: models of 0v2 with the logistic loss have one logit",
            Gpumlp.Here("saliency", run, "--task", "0v2", "--class", "2", "--out", _place["bad.png"]).AssertOneLine(2));
        Assert.False(File.Exists(_place["bad.png"]));
    }

    [Fact]
    public void Grown_analysed_and_joined_runs_have_the_files_of_a_run_made_at_once()
    {
        string data = _place.Data(classes: 4), flags = $"--tasks 0v1v2,1v3 --loss softmax --hidden 2,3 --similarity none {Cheap}";
        Sweep("grown", $"{flags} --seeds 0 --sparsity none", data);
        Sweep("other", $"{flags} --seeds 1 --sparsity none", data);
        Gpumlp.Here("join", _place["grown"], _place["other"], "--out", _place["joined"], "--quiet").AssertSuccess();
        Sweep("grown", $"{flags} --seeds 0,1 --sparsity none", data);
        Sweep("once", $"{flags} --seeds 0,1 --sparsity none", data);
        AssertSame("once", "grown");
        AssertSame("once", "joined");
        Gpumlp.Here(
            "analyse", _place["once"], "--sparsity", "0.5", "--pruning", "layer", "--predictions", "--out", _place["analysed"], "--quiet")
            .AssertSuccess();
        Sweep("asked", $"{flags} --seeds 0,1 --sparsity 0.5 --pruning layer --predictions", data);
        AssertSame("asked", "analysed");
    }

    private void AssertSame(string expected, string run)
    {
        Assert.Equal(Files(_place[expected]), Files(_place[run]));

        // What it has been made of is told by files of its own.
        static Dictionary<string, string> Files(string folder) => Workplace.FilesOf(folder)
            .Where(file => file.Key.Split(Path.DirectorySeparatorChar)[0] is not ("sources.json" or "parts"))
            .ToDictionary();
    }

    private void Sweep(string run, string flags, string? data = null) => Gpumlp.Here(
        ["sweep", "--data", data ?? _place.Data(classes: 4), .. flags.Split(' '), "--out", _place[run]]).AssertSuccess();

    // What a table of the page says of a class of a model.
    private static string Row(string page, string task, string hidden, string one)
    {
        string start = $"<tr><td>{task}</td><td class=\"number\" data-value=\"{hidden}\">{hidden}</td>"
            + $"<td class=\"number\" data-value=\"0.1\">0.1</td><td>{one}</td>";
        int at = page.IndexOf(start, StringComparison.Ordinal);
        Assert.True(at >= 0, start);
        return page[at..page.IndexOf("</tr>", at, StringComparison.Ordinal)];
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
