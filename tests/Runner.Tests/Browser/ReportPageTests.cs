using System.Text;
using System.Text.RegularExpressions;
using GpuMlp.Runner.Pictures;
using GpuMlp.Runner.Tests.EndToEnd;
using Xunit;

namespace GpuMlp.Runner.Tests.Browser;

/// <summary>report.html of a real run in a real browser: complete, quiet, alone, readable in every light and width.</summary>
[Trait("Size", "large")]
public sealed class ReportPageTests : IDisposable
{
    // A folder with a name that would be markup where it is not escaped.
    private const string Hostile = "run <img src=x onerror='document.title=1'> & \"co\"";

    private readonly Workplace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task The_report_opens_alone_in_light_and_dark_wide_and_narrow_sorts_and_prints()
    {
        string? program = Chromium.Find();
        if (program is null && Environment.GetEnvironmentVariable("CI") is null or "")
            Assert.Skip("chromium is not installed; apt-get install chromium, or CI=true to fail");
        Assert.True(program is not null, "chromium is not installed");

        string run = _place[Hostile];
        Gpumlp.Here(
            "sweep", "--tasks", "4v9", "--hidden", "2,5", "--seeds", "0,1", "--lr", "0.03,0.1", "--epochs", "3",
            "--similarity-images", "4", "--sparsity", "0.5,0.95", "--out", run).AssertSuccess();
        Gpumlp.Here("report", run, "--claims").AssertSuccess();
        string page = Path.Combine(run, "report.html");
        Assert.InRange(new FileInfo(page).Length, 100_000, 10_000_000);

        using Chromium browser = await Chromium.Start(program);
        foreach ((int width, string scheme) in new[] { (1280, "light"), (1280, "dark"), (390, "light"), (390, "dark") })
        {
            await browser.Open(page, width, 900, scheme);
            Assert.True(await browser.Evaluate<int>("document.images.length") > 5);
            Assert.Equal(0, await browser.Evaluate<int>(
                "Promise.all([...document.images].map(i => i.decode().then(() => 0, () => 1))).then(all => all.reduce((a, b) => a + b))"));
            Assert.Equal(0, await browser.Evaluate<int>("[...document.images].filter(i => !i.alt || i.naturalWidth < 50).length"));
            Assert.True(
                await browser.Evaluate<bool>("document.documentElement.scrollWidth <= innerWidth"),
                $"the page is wider than {width} pixels");
            Assert.Equal("gpumlp: " + Hostile, await browser.Evaluate<string>("document.title"));
            Assert.Equal(7, await browser.Evaluate<int>("document.querySelectorAll('table.claims .verdict').length"));

            // Plots are turned to the reader's light, pictures of the run are not.
            Assert.Equal(scheme == "dark", await browser.Evaluate<bool>(Filter("img.plot")));
            Assert.False(await browser.Evaluate<bool>(Filter(".sheets img")));
            byte[] picture = await browser.Screenshot();
            Keep($"report-{scheme}-{width}.png", picture);
            Rgb corner = PngDecoder.Decode(picture)[2, 2];
            Assert.Equal(scheme == "dark", corner.R + corner.G + corner.B < 3 * 64);
        }

        await Opens_large(browser);
        await Sorts(browser);
        byte[] pdf = await browser.Pdf();
        Keep("report.pdf", pdf);
        Assert.Equal("%PDF-"u8, pdf.AsSpan(0, 5));
        Assert.InRange(Pages(pdf), 2, 25);
        Assert.True(
            await browser.Evaluate<bool>("[...document.querySelectorAll('details')].every(item => item.open)"),
            "paper lacks what is folded away");

        Assert.Empty(browser.Complaints);
        Assert.All(browser.Requests, url => Assert.Equal(new Uri(page).AbsoluteUri, url));
    }

    [Fact]
    public void A_sweep_of_ones_own_has_a_page_of_its_own_which_report_writes_again_with_another_target_or_with_claims()
    {
        string run = _place["other"];
        Gpumlp.Outcome sweep = Gpumlp.Here(
            "sweep", "--data", _place.Data(), "--tasks", "0v1", "--hidden", "2,9", "--seeds", "0,1", "--batch", "full,16",
            "--sparsity", "0.5,0.9", "--corruption", "gaussian:0.3", "--epochs", "4", "--out", run);
        sweep.AssertSuccess();
        string path = Path.Combine(run, "report.html"), page = File.ReadAllText(path);
        Assert.All(
            new[]
            {
                "Best models", "Smallest and fastest models that are enough", "within 0.01 of the best of their task",
                "How many of the weights can go", "What corruption costs", "plots/capacity.png", "plots/trainings.png",
                "plots/training-curves.png", "batch 16",
            },
            text => Assert.Contains(text, page));
        // The letters of a picture's bytes may spell anything.
        string read = Regex.Replace(page[page.IndexOf("<body>", StringComparison.Ordinal)..], "base64,[^\"]*", "");
        Assert.All(new[] { "erdict", "the study", "published", "Kumar", "true 95 %" }, text => Assert.DoesNotContain(text, read));
        File.Delete(path);
        Gpumlp.Outcome again = Gpumlp.Here("report", run);
        again.AssertSuccess();
        Assert.Equal("", again.Out);
        Assert.Contains("report.html", again.Error);
        Assert.Equal(page, File.ReadAllText(path));

        Gpumlp.Here("report", run, "--target-f1", "1", "--batch", "16").AssertSuccess();
        page = File.ReadAllText(path);
        Assert.Contains("a mean validation F1 of at least 1", page);
        Assert.Contains("Learning rate 0.03, batch 16, 4 epochs", page);
        Assert.DoesNotContain("Learning rate 0.03, batch full, 4 epochs", page);

        // The same names choose models for other commands.
        Gpumlp.Here("export", run, "--batch", "16", "--format", "onnx", "--out", _place["models"]).AssertSuccess();
        string[] exported = Directory.GetFiles(_place["models"]);
        Assert.Equal(4, exported.Length);
        Assert.All(exported, file => Assert.Contains("-b16-", file));
        Gpumlp.Here("saliency", run, "--batch", "16", "--data", _place.Data(), "--out", _place["named.png"]).AssertSuccess();
        Gpumlp.Here("saliency", run, "--variant", "1", "--data", _place.Data(), "--out", _place["numbered.png"]).AssertSuccess();
        Assert.Equal(File.ReadAllBytes(_place["numbered.png"]), File.ReadAllBytes(_place["named.png"]));
        Assert.Contains("--batch: 32 is not in this run", Gpumlp.Here("export", run, "--batch", "32").AssertOneLine(2));
        Assert.Contains("--variant", Gpumlp.Here("saliency", run, "--batch", "16", "--variant", "1").AssertOneLine(2));

        Gpumlp.Here("report", run, "--claims").AssertSuccess();
        page = File.ReadAllText(path);
        Assert.Contains("this run is on other data", page);
        Assert.Equal(7, page.Split("class=\"said\"").Length - 1);
    }

    [Theory]
    [InlineData("--target-f1", "0")]
    [InlineData("--target-f1", "1.5")]
    [InlineData("--target-f1", "high")]
    [InlineData("--batch", "7")]
    [InlineData("--epochs", "3")]
    [InlineData("--init-std", "x")]
    [InlineData("--weight-decay", "0.5")]
    public void A_choice_that_cannot_be_is_one_line_and_the_page_stays(string flag, string value)
    {
        string run = _place["small"], path = Path.Combine(run, "report.html");
        Gpumlp.Here(
            "sweep", "--data", _place.Data(), "--tasks", "0v1", "--hidden", "2", "--seeds", "0", "--epochs", "2", "--train-only",
            "--out", run).AssertSuccess();
        File.WriteAllText(path, "as it was");
        Assert.Contains(flag, Gpumlp.Here("report", run, flag, value).AssertOneLine(2));
        Assert.Equal("as it was", File.ReadAllText(path));
    }

    [Fact]
    public void Report_tells_what_is_wrong_with_its_run()
    {
        Assert.Contains("no plan.json", Gpumlp.Here("report", _place["nowhere"]).AssertOneLine(2));
        Assert.Contains("RUN is missing", Gpumlp.Here("report").AssertOneLine(2));
        string run = _place["planned"];
        Gpumlp.Here("plan", "--data", _place.Data(), "--tasks", "0v1", "--hidden", "2", "--seeds", "0", "--out", run).AssertSuccess();
        Assert.Contains("results.parquet", Gpumlp.Here("report", run).AssertOneLine(3));
    }

    /// <summary>On a phone a plot that is pressed is as wide as it was made, can be moved, and goes when it is pressed again.</summary>
    private static string Filter(string image) => $"getComputedStyle(document.querySelector('{image}')).filter !== 'none'";

    private static async Task Opens_large(Chromium browser)
    {
        const string Dialog = "document.querySelector('dialog')";
        await browser.Evaluate<bool>("(document.querySelector('img.plot').closest('button').click(), true)");
        Assert.True(await browser.Evaluate<bool>($"{Dialog}.open && {Dialog}.scrollWidth > 2 * innerWidth"));
        Assert.True(await browser.Evaluate<bool>(
            $"{Dialog}.querySelector('img.plot').src === document.querySelector('img.plot').src"));
        await browser.Evaluate<bool>($"({Dialog}.querySelector('img').click(), true)");
        Assert.False(await browser.Evaluate<bool>($"{Dialog}.open"));
    }

    /// <summary>The largest number of pages that a node of a PDF's page tree counts: that of its root.</summary>
    private static int Pages(byte[] pdf) =>
        Regex.Matches(Encoding.Latin1.GetString(pdf), @"/Count (\d+)").Max(match => int.Parse(match.Groups[1].Value));

    /// <summary>Presses the head of a column of numbers twice: up, then down.</summary>
    private static async Task Sorts(Chromium browser)
    {
        const string Table = "document.querySelector('#C1 ~ details table')";
        int column = await browser.Evaluate<int>($"[...{Table}.tHead.rows[0].cells].findIndex(cell => cell.textContent === 'val F1')");
        Assert.True(column > 0);
        string values = $"[...{Table}.tBodies[0].rows].map(row => +row.cells[{column}].dataset.value)";
        string sorted = $"JSON.stringify({values}) === JSON.stringify({values}.sort((a, b) => a - b))";
        string press = $"{Table}.tHead.rows[0].cells[{column}].querySelector('button').click()";
        await browser.Evaluate<bool>($"({press}, true)");
        Assert.True(await browser.Evaluate<bool>(sorted));
        await browser.Evaluate<bool>($"({press}, true)");
        Assert.Equal("descending", await browser.Evaluate<string>($"{Table}.tHead.rows[0].cells[{column}].getAttribute('aria-sort')"));
        Assert.True(await browser.Evaluate<bool>(sorted.Replace("a - b", "b - a")));
    }

    /// <summary>For people who want to look: GPUMLP_SCREENSHOTS names the folder.</summary>
    private static void Keep(string name, byte[] bytes)
    {
        if (Environment.GetEnvironmentVariable("GPUMLP_SCREENSHOTS") is { Length: > 0 } folder)
            File.WriteAllBytes(Path.Combine(Directory.CreateDirectory(folder).FullName, name), bytes);
    }
}
