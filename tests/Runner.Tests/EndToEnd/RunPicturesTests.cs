using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Xunit;

namespace GpuMlp.Runner.Tests.EndToEnd;

/// <summary>The saliency pictures of a run: which are its own, who may touch them, and what may lie beside them.</summary>
[Trait("Size", "large")]
public sealed partial class RunPicturesTests : IDisposable
{
    private readonly Workplace _place = new();

    private string Run => _place["run"];

    public void Dispose() => _place.Dispose();

    [Fact]
    public void Pictures_on_demand_have_names_of_their_own_and_leave_every_file_of_the_run_alone()
    {
        Sweep("--lr", "0.03,0.3", "--batch", "full,8");
        SortedDictionary<string, string> before = Workplace.FilesOf(Run);
        string[][] asked =
        [
            [], ["--lr", "0.3"], ["--variant", "1"], ["--sparsity", "0.5", "--pruning", "random"], ["--sparsity", "0.5"],
            ["--sparsity", "none"], ["--image", "average"], ["--image", "average", "--sparsity", "0.5"], ["--image", "0,3"],
            ["--hidden", "2,3"], ["--method", "integrated"], ["--seed", "1"],
        ];
        foreach (string[] flags in asked)
            Gpumlp.Here(["saliency", Run, .. flags]).AssertSuccess();

        SortedDictionary<string, string> after = Workplace.FilesOf(Run);
        Assert.Equal(before.Count + asked.Length, after.Count);
        Assert.All(before, file => Assert.Equal(file.Value, after[file.Key]));
        string[] pictures = [.. after.Where(file => file.Key.StartsWith("saliency", StringComparison.Ordinal)).Select(file => file.Value)];
        Assert.Equal(3 + asked.Length, pictures.Distinct().Count());

        foreach (string file in after.Keys.Concat(["run.json", "report.html"]).Where(before.ContainsKey))
            Assert.Contains("--out", Gpumlp.Here("saliency", Run, "--out", Path.Combine(Run, file)).AssertOneLine(2));
        Assert.Equal(after, Workplace.FilesOf(Run));
    }

    [Theory]
    [InlineData("report")]
    [InlineData("merge")]
    public void The_report_shows_the_pictures_of_the_run_and_nothing_else_that_lies_there(string command)
    {
        Sweep();
        string page = File.ReadAllText(Path.Combine(Run, "report.html")), folder = Path.Combine(Run, "saliency");
        Assert.Equal(3, SheetCaption().Count(page));
        Gpumlp.Here("saliency", Run, "--sparsity", "0.5", "--pruning", "random").AssertSuccess();
        File.WriteAllBytes(Path.Combine(folder, "0-empty.png"), []);
        File.WriteAllText(Path.Combine(folder, "1-text.png"), "no picture");
        Directory.CreateDirectory(Path.Combine(folder, "2-folder.png"));
        File.Copy(Path.Combine(folder, "0v1-s0-sizes-gradient.png"), Path.Combine(folder, "3-copy.png"));
        Gpumlp.Here(command, Run, "--quiet").AssertSuccess();
        Assert.Equal(Sheets(page), Sheets(File.ReadAllText(Path.Combine(Run, "report.html"))));
    }

    [Fact]
    public void A_picture_of_the_run_that_is_gone_or_damaged_is_named_on_the_page_and_drawn_again_by_a_merge()
    {
        Sweep();
        string page = File.ReadAllText(Path.Combine(Run, "report.html")), folder = Path.Combine(Run, "saliency");
        string gone = Path.Combine(folder, "0v1-s0-h3-gradient.png"), cut = Path.Combine(folder, "0v1-s0-h3-average-gradient.png");
        string bent = Path.Combine(folder, "0v1-s0-sizes-gradient.png");
        byte[] whole = File.ReadAllBytes(cut), picture = File.ReadAllBytes(bent);
        File.Delete(gone);
        File.WriteAllBytes(cut, whole[..^20]);
        picture[picture.Length / 2] ^= 1;
        File.WriteAllBytes(bent, picture);
        Gpumlp.Here("report", Run).AssertSuccess();
        string told = File.ReadAllText(Path.Combine(Run, "report.html"));
        Assert.Contains("Not there, or damaged: 0v1-s0-h3-gradient.png, 0v1-s0-h3-average-gradient.png, 0v1-s0-sizes-gradient.png.", told);
        Assert.Equal(0, SheetCaption().Count(told));
        Gpumlp.Here("merge", Run).AssertSuccess();
        Assert.Equal(whole, File.ReadAllBytes(cut));
        Assert.Equal(Sheets(page), Sheets(File.ReadAllText(Path.Combine(Run, "report.html"))));
    }

    [Fact]
    public void A_merge_without_the_data_goes_on_without_pictures_and_says_how_to_get_them()
    {
        string[] flags = [.. Flags(), "--saliency", "2", "--saliency-method", "perturbation"];
        Gpumlp.Here(["sweep", .. flags, "--out", _place["whole"]]).AssertSuccess();
        Gpumlp.Here(["plan", .. flags, "--shards", "1", "--out", Run]).AssertSuccess();
        Gpumlp.Here("run", Run, "--quiet").AssertSuccess();
        string data = _place["data"], moved = _place["moved"];
        Directory.Move(data, moved);
        Gpumlp.Outcome merge = Gpumlp.Here("merge", Run, "--quiet");
        merge.AssertSuccess();
        string line = Assert.Single(Cli.Told(merge.Error));
        Assert.Contains($"no saliency pictures: --data: the folder '{data}' does not exist", line);
        Assert.Contains($"`gpumlp merge {GpuMlp.Engine.Quoting.Bash(Run)} --data DIR` draws them", line);
        Assert.False(Directory.Exists(Path.Combine(Run, "saliency")));
        Assert.Contains("Not there, or damaged: ", File.ReadAllText(Path.Combine(Run, "report.html")));

        Assert.Contains("--data", Gpumlp.Here("merge", Run, "--data", _place.Data("other", each: 31)).AssertOneLine(2));
        Gpumlp.Outcome again = Gpumlp.Here("merge", Run, "--data", moved, "--quiet");
        again.AssertSuccess();
        Assert.Equal("", again.Error);
        Assert.Equal(Workplace.FilesOf(_place["whole"]), Workplace.FilesOf(Run));
        Assert.Contains(Workplace.FilesOf(Run).Keys, file => file.EndsWith("0v1-s0-h2-perturbation.png", StringComparison.Ordinal));
    }

    [Fact]
    public void Pictures_can_be_drawn_after_the_data_have_moved()
    {
        Sweep();
        string data = _place["data"], moved = _place["moved"];
        Gpumlp.Here("saliency", Run, "--out", _place["before.png"]).AssertSuccess();
        Directory.Move(data, moved);
        Assert.Contains(data, Gpumlp.Here("saliency", Run).AssertOneLine(2));
        Gpumlp.Here("saliency", Run, "--data", moved, "--out", _place["after.png"]).AssertSuccess();
        Assert.Equal(File.ReadAllBytes(_place["before.png"]), File.ReadAllBytes(_place["after.png"]));
        string other = _place.Data("other", each: 31);
        string line = Gpumlp.Here("saliency", Run, "--data", other, "--out", _place["x.png"]).AssertOneLine(2);
        Assert.Contains($"--data: {other} holds other data", line);
        Assert.False(File.Exists(_place["x.png"]));
    }

    [Fact]
    public void An_image_of_neither_class_is_warned_of()
    {
        Sweep();
        Gpumlp.Outcome foreign = Gpumlp.Here("saliency", Run, "--image", "0,2,5", "--out", _place["a.png"]);
        foreign.AssertSuccess();
        string[] lines = Cli.Lines(foreign.Error);
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("images 2,5: of class 2, neither 0 nor 1; ", lines[0]);
        Assert.Single(Cli.Told(Gpumlp.Here("saliency", Run, "--image", "0,1,3", "--out", _place["b.png"]).Error));

        // Its row says so in the picture, which begins further right for it.
        Gpumlp.Here("saliency", Run, "--hidden", "2,3", "--image", "2", "--quiet", "--out", _place["c.png"]).AssertSuccess();
        Gpumlp.Here("saliency", Run, "--hidden", "2,3", "--image", "1", "--quiet", "--out", _place["d.png"]).AssertSuccess();
        Assert.True(FirstFrame("c.png") > FirstFrame("d.png") + 20);

        int FirstFrame(string name)
        {
            Pictures.Rgb[,] pixels = PngDecoder.Decode(File.ReadAllBytes(_place[name]));
            return Enumerable.Range(0, pixels.GetLength(1)).First(x => pixels[130, x] == Pictures.Rgb.Grey(150));
        }
    }

    [Fact]
    public void The_pictures_of_a_run_are_part_of_its_plan()
    {
        Sweep();
        SortedDictionary<string, string> before = Workplace.FilesOf(Run);
        Assert.Contains("saliency 3 -> 2", Gpumlp.Here(["sweep", .. Flags(), "--saliency", "2", "--out", Run]).AssertOneLine(2));
        Assert.Contains(
            "saliency_method gradient -> perturbation",
            Gpumlp.Here(["sweep", .. Flags(), "--saliency-method", "perturbation", "--out", Run]).AssertOneLine(2));
        Gpumlp.Here(["sweep", .. Flags(), "--saliency", "3", "--out", Run]).AssertSuccess();
        Assert.Equal(before, Workplace.FilesOf(Run));
    }

    [Fact]
    public void Classes_named_in_a_script_that_the_font_lacks_are_drawn_as_those_without_names_and_a_line_more()
    {
        string data = _place.Data();
        string[] flags =
        [
            "--data", data, "--tasks", "0v1", "--hidden", "3", "--seeds", "0", "--epochs", "2", "--corruption", "none",
            "--embedding", "0v1", "--similarity", "none", "--sparsity", "0.5",
        ];
        Gpumlp.Here(["sweep", .. flags, "--out", _place["plain"]]).AssertSuccess();
        File.WriteAllText(Path.Combine(data, "classes.txt"), "\u304a\n\u30ad\n\u3059\n");
        Gpumlp.Here(["sweep", .. flags, "--out", Run]).AssertSuccess();
        Assert.Contains("0 (\u304a) v 1 (\u30ad)", File.ReadAllText(Path.Combine(Run, "report.html")));

        // All but the height and the line is what numbers alone would be.
        const string Name = "0v1-s0-h3-gradient.png";
        Pictures.Rgb[,] plain = Decode(_place["plain"]), named = Decode(Run);
        int more = named.GetLength(0) - plain.GetLength(0);
        Assert.InRange(more, 10, 30);
        int height = plain.GetLength(0), width = plain.GetLength(1);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                int below = y < 71 ? y : y + more;
                Assert.Equal(plain[y, x], named[below, x]);
            }
        }

        static Pictures.Rgb[,] Decode(string run) => PngDecoder.Decode(File.ReadAllBytes(Path.Combine(run, "saliency", Name)));
    }

    private void Sweep(params string[] more) => Gpumlp.Here(["sweep", .. Flags(), .. more, "--out", Run]).AssertSuccess();

    private string[] Flags() =>
    [
        "--data", Directory.Exists(_place["data"]) ? _place["data"] : _place.Data(), "--tasks", "0v1", "--hidden", "2,3", "--seeds", "0,1",
        "--epochs", "5", "--sparsity", "0.5,0.95", "--corruption", "none", "--embedding", "none", "--similarity", "none", "--threads", "1",
    ];

    // Short, so that a failure can be read.
    private static string Sheets(string page) =>
        Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(SheetsPart().Match(page).Value)));

    [GeneratedRegex("<figcaption>saliency/")]
    private static partial Regex SheetCaption();

    [GeneratedRegex("<h3>Saliency maps</h3>.*?</div>", RegexOptions.Singleline)]
    private static partial Regex SheetsPart();
}
