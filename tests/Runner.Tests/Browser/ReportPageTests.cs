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
            "--similarity-images", "4", "--out", run).AssertSuccess();
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

            // Plots are drawn for the reader's light: another source is shown.
            bool dark = await browser.Evaluate<bool>(
                "document.querySelector('picture img').currentSrc === document.querySelector('picture source').srcset");
            Assert.Equal(scheme == "dark", dark);
            byte[] picture = await browser.Screenshot();
            Keep($"report-{scheme}-{width}.png", picture);
            Rgb corner = PngDecoder.Decode(picture)[2, 2];
            Assert.Equal(scheme == "dark", corner.R + corner.G + corner.B < 3 * 64);
        }

        await Sorts(browser);
        byte[] pdf = await browser.Pdf();
        Keep("report.pdf", pdf);
        Assert.Equal("%PDF-"u8, pdf.AsSpan(0, 5));
        Assert.True(
            await browser.Evaluate<bool>("[...document.querySelectorAll('details')].every(item => item.open)"),
            "paper lacks what is folded away");

        Assert.Empty(browser.Complaints);
        Assert.All(browser.Requests, url => Assert.Equal(new Uri(page).AbsoluteUri, url));
    }

    [Fact]
    public void A_run_on_other_data_says_what_it_cannot_judge_and_report_writes_the_same_page_again()
    {
        string run = _place["other"];
        Gpumlp.Here(
            "sweep",
            "--data",
            _place.Data(),
            "--tasks",
            "0v1",
            "--hidden",
            "2",
            "--seeds",
            "0",
            "--sparsity",
            "none",
            "--epochs",
            "2",
            "--out",
            run).AssertSuccess();
        string path = Path.Combine(run, "report.html"), page = File.ReadAllText(path);
        Assert.Contains("this run is on other data", page);
        Assert.Contains("the run has no pruning table", page);
        Assert.Contains("One seed", page);
        File.Delete(path);
        Gpumlp.Outcome again = Gpumlp.Here("report", run);
        again.AssertSuccess();
        Assert.Equal("", again.Out);
        Assert.Contains("report.html", again.Error);
        Assert.Equal(page, File.ReadAllText(path));
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
