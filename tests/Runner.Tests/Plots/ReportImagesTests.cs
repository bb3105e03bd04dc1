using System.Text;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Engine.Study;
using GpuMlp.Runner.Plots;
using GpuMlp.Runner.Report;
using Xunit;

namespace GpuMlp.Runner.Tests.Plots;

/// <summary>Plots that are drawn while the page is written.</summary>
public sealed class ReportImagesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gpumlp-plots-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_plot_has_the_bytes_that_it_has_alone_and_a_file()
    {
        StudyPlot[] plots = [Plot("first", 1), Plot("second", 2), Plot("third", 3)];
        IReadOnlyList<DrawnPlot> drawn = ReportImages.Begin(Run(), plots);
        Assert.Equal(plots.Select(plot => plot.Name), drawn.Select(plot => plot.Name));
        foreach ((StudyPlot plot, DrawnPlot own) in plots.Zip(drawn))
        {
            string element = Encoding.UTF8.GetString(own.Element);
            byte[] png = Alone(plot);
            Assert.Contains($"\"data:image/png;base64,{Convert.ToBase64String(png)}\" width=\"", element);
            Assert.Equal(png, File.ReadAllBytes(FileOf(own.Name)));
        }
    }

    [Fact]
    public void What_goes_wrong_with_a_plot_comes_out_as_it_is_and_the_others_are_drawn()
    {
        StudyPlot wrong = Plot("wrong", 1) with { Draw = () => throw new InvalidDataException("no such column") };
        IReadOnlyList<DrawnPlot> drawn = ReportImages.Begin(Run(), [wrong, Plot("right", 2)]);
        Assert.Equal("no such column", Assert.Throws<InvalidDataException>(drawn[0].Wait).Message);
        ReportImages.End(drawn);
        drawn[1].Wait();
        Assert.False(File.Exists(FileOf("wrong")));
        Assert.True(File.Exists(FileOf("right")));
    }

    [Fact]
    public Task What_is_warmed_up_can_be_drawn() => ReportWarmUp.Begin(Run());

    // A rehearsal that stops half way would be noticed by nobody.
    [Fact]
    public void A_page_is_rehearsed_to_its_end_and_leaves_nothing_behind()
    {
        RunDirectory run = Run(Presets.Paper);
        string[] files = Directory.GetFileSystemEntries(_folder, "*", SearchOption.AllDirectories);
        StudyTables tables = MadeUpStudy.Of(run.Plan);
        Assert.True(tables.Judges);
        Assert.True(StudyPlot.Of(tables, run).Count > 5);
        ReportWriter.Rehearse(run);
        Assert.Equal(files, Directory.GetFileSystemEntries(_folder, "*", SearchOption.AllDirectories));
    }

    private static StudyPlot Plot(string name, double top) => new(name, "C1", name, () =>
    {
        Figure figure = new(name, "", panelWidth: 200, panelHeight: 150);
        figure.Add("", "x", "y").Series(PlotTheme.Series(0, "line"), [0, 1], [0, top]);
        return figure;
    });

    private static byte[] Alone(StudyPlot plot)
    {
        using Figure figure = plot.Draw();
        return figure.Encode();
    }

    private string FileOf(string plot) => Path.Combine(_folder, "run", "plots", plot + ".png");

    private RunDirectory Run(SweepSpec? sweep = null) => RunDirectory.OpenOrCreate(
        Path.Combine(_folder, "run"), Plan.Create(sweep ?? Presets.Quick, new('0', 64), 784, (_, _) => new(9344)));
}
