using GpuMlp.Engine.Bench;
using GpuMlp.Runner.Commands;
using GpuMlp.Runner.Pictures;
using GpuMlp.Runner.Plots;
using GpuMlp.Runner.Tables;
using Xunit;

namespace GpuMlp.Runner.Tests;

/// <summary>Flags, tables and plots of <c>gpumlp bench</c>, from made-up measurements.</summary>
public sealed class BenchTests
{
    private static readonly BenchRoof s_roof = new(233, 20);

    [Theory]
    [InlineData("--sparsity 0.5,1.5", "--sparsity: 1.5 is out of range; must be 0..1")]
    [InlineData("--hidden 0", "--hidden: 0 is out of range; must be 1..1024")]
    [InlineData("--models 100001", "--models: 100001 is out of range; must be 1..100000")]
    [InlineData("--batch full", "--batch: 'full' is not a whole number; write for example 2,4,8 or 0..9 or 2..64+2 or 2..64*2")]
    [InlineData("--ops forward,sideward", "--ops: 'sideward' is unknown; must be some of forward, backward, saliency")]
    [InlineData("--forms dense,dense", "--forms: dense occurs twice; name every one once")]
    [InlineData("--masks file", "--masks: 'file' is unknown; must be some of magnitude, uniform")]
    [InlineData("--mask a,,b", "--mask: a name is empty; must be FILE or FILE,FILE")]
    [InlineData("--mask a --hidden 3", "--hidden: not together with --mask, whose files say what is pruned from models of which size")]
    [InlineData("--mask no/such --out o", "--mask: no/such: no such file or folder; it must be there")]
    [InlineData("--masks", "--masks: a value must follow, as in `--masks magnitude`.")]
    [InlineData("--threads 0", "--threads: '0' is not a whole number from 1 to 1024.")]
    [InlineData("--quik", "--quik: unknown flag of bench; did you mean --quick?")]
    public void A_wrong_flag_gets_one_line_and_exit_code_2(string flags, string message)
    {
        (int exitCode, string stdout, string stderr) = Cli.Run(["bench", .. flags.Split(' ')]);
        Assert.Equal((2, ""), (exitCode, stdout));
        Assert.Equal("gpumlp: " + message, Assert.Single(Cli.Told(stderr)));
    }

    [Fact]
    public void Flags_change_parts_of_the_quick_or_the_full_sweep()
    {
        BenchRequest request = Request("--quick --sparsity 0,0.95 --forms dense,weight-sparse --out o --threads 3 --quiet");
        Assert.Equal([0, 0.95], request.Spec.Sparsity);
        Assert.Equal([BenchForm.Dense, BenchForm.WeightSparse], request.Spec.Forms);
        Assert.Equal(BenchSpec.Quick.Hidden, request.Spec.Hidden);
        Assert.Equal(("o", 3, true), (request.Out, request.Threads, request.Quiet));
        Assert.Equal(BenchSpec.Full, Request("").Spec);
        Assert.Equal([0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99], BenchSpec.Full.Sparsity);
        Assert.Equal([1, 10, 100, 1000], BenchSpec.Full.Models);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Tables_fit_100_columns(bool terminal)
    {
        string text = Text(Made(BenchSpec.Full), terminal);
        Assert.All(Cli.Lines(text), line => Assert.True(line.TrimEnd().Length <= 100, line));
        Assert.Contains("100 models of 24 hidden units, 256 images, magnitude masks at 0.95", text);
        Assert.Contains("measured peak 233 GFLOP/s, memory 20.0 GB/s", text);
    }

    [Fact]
    public void Tables_say_what_is_gained_lost_and_from_where_on()
    {
        string[] lines = Cli.Lines(Text(Made(BenchSpec.Full), terminal: false));

        // Made takes the form's time as 2 (1 - sparsity) of the dense one's: its median is even at a half, its slow decile, 1.08 times
        // that, where 1 - s is 1 / 2.16.
        string[] rows = [.. lines.Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
        Assert.Contains("forward weight-sparse magnitude 0.500 1.00 1.67 2.50 5.00 10.0 25.0 50.0 0.54", rows);
        Assert.Contains("forward outside uniform 0.010 0.010 0.010 0.010 0.010 0.010 0.010 0.010 never", rows);

        // The input-sparse form takes a third: weight-sparse passes it where 2.16 (1 - s) is 1/3.
        Assert.Contains("weight-sparse forward beats the faster of dense and input-sparse from: 0.85 (uniform masks)", lines);
    }

    [Fact]
    public void Only_forms_that_skip_something_have_a_break_even_and_chance_makes_none()
    {
        BenchResult result = Made(BenchSpec.Full with { Masks = [BenchMasks.Magnitude] });

        // One level at which the input-sparse form happened to be slow, as when something else took a core meanwhile.
        for (int i = 0; i < result.Rows.Count; i++)
        {
            if (result.Rows[i].Case is { Form: BenchForm.InputSparse, Sparsity: 0.99 })
                result.Rows[i] = result.Rows[i] with { DenseMs = 100 };
        }
        string[] rows = [.. Cli.Lines(Text(result, terminal: false))
            .Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
        Assert.Contains("forward input-sparse magnitude 3.00 3.00 3.00 3.00 3.00 3.00 3.00 0.300 always", rows);
        Assert.Contains("forward masked magnitude 0.909 0.909 0.909 0.909 0.909 0.909 0.909 0.909 -", rows);
        Assert.DoesNotContain(rows, row => row.StartsWith("forward masked 24", StringComparison.Ordinal));

        // A single level says nothing of where a gain begins.
        Assert.DoesNotContain("always", Text(Made(BenchSpec.Full with { Sparsity = [0.95] }), terminal: false));
    }

    [Fact]
    public void One_size_needs_no_table_of_sizes()
    {
        BenchResult result = Made(BenchSpec.Full with { Hidden = [24], Models = [100], Batch = [256] });
        Assert.DoesNotContain("by models a launch", Text(result, terminal: false));
    }

    [Fact]
    public void A_baseline_marks_the_times_that_have_left_its_spread()
    {
        BenchSpec spec = BenchSpec.Full with
        {
            Ops = [BenchOp.Forward],
            Masks = [BenchMasks.Magnitude],
            Sparsity = [0, 0.5],
            Hidden = [24],
            Models = [100],
            Batch = [256],
        };
        BenchResult old = Made(spec), now = Made(spec);
        string folder = Directory.CreateTempSubdirectory("gpumlp-baseline").FullName, file = Path.Combine(folder, "bench.csv");
        try
        {
            BenchFiles.WriteCsv(file, [new BenchRun("cpu", "another cpu", s_roof, 0, old)]);
            File.WriteAllText(Path.Combine(folder, "bench.json"), """{"devices":[{"device":"cpu","name":"another cpu"}]}""");
            Change(BenchForm.WeightSparse, 0.5, times: 3);
            Change(BenchForm.InputSparse, 0, times: 0.5);
            BenchRow left = now.Rows.Single(row => row.Case is { Form: BenchForm.Masked, Sparsity: 0.5 });
            now.Rows.Remove(left);
            BenchRun[] runs = [new BenchRun("cpu", "this cpu", s_roof, 0, now)];
            var baseline = BenchBaseline.Read(file);
            Assert.Equal(old.Rows.Count, baseline.Count);
            Assert.Equal(now.Rows.Count, baseline.Compare(runs).Count);
            using StringWriter text = new() { NewLine = "\n" };
            BaselineTable.Write(baseline, runs, Cli.Piped(text, TextWriter.Null));
            Assert.Matches(@"forward +weight-sparse +magnitude +0\.5 +24 +100 +256 +1000 +3000 +3\.00 +slower\n", text.ToString());
            Assert.Matches(@"forward +input-sparse +magnitude +0 +24 +100 +256 +\S+ +\S+ +0\.50 +faster\n", text.ToString());
            Assert.Contains(
                $"1 slower, 1 faster, {now.Rows.Count - 2} within the spread; 0 have no baseline, 1 of it were not measured",
                text.ToString());
            Assert.Contains("Another machine: cpu of the baseline is another cpu; here it is this cpu.", text.ToString());

            baseline.CheckMeets(spec, ["cpu"]);
            Assert.Contains(
                "none of its 10 rows is measured here on cuda:0",
                Assert.Throws<Engine.UserErrorException>(() => baseline.CheckMeets(spec, ["cuda:0"])).Message);
            Assert.Throws<Engine.UserErrorException>(() => baseline.CheckMeets(spec with { Hidden = [8] }, ["cpu"]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        void Change(BenchForm form, double sparsity, double times)
        {
            int at = now.Rows.FindIndex(row => row.Case.Form == form && row.Case.Sparsity == sparsity);
            BenchRow row = now.Rows[at];
            now.Rows[at] = new BenchRow(
                row.Case, [.. row.SamplesMs.Select(ms => ms * times)], row.Work, row.ConversionMs, null, row.LargestError, true,
                row.DenseMs);
        }
    }

    [Theory]
    [InlineData("a,b\n1,2\n", "no column device; must be the bench.csv of a gpumlp bench")]
    [InlineData("", "no column device")]
    [InlineData(Header, "no row")]
    [InlineData(Header + "cpu,forward,dense,magnitude,0,8,1,32,1,1,1,1,1\n", "line 2: 13 values; must be 14, one a column")]
    [InlineData(Header + "cpu,forward,dense,magnitude,0,8,1,32,x,1,1,1,1,1\n", "line 2: median_ms: 'x' is no time; must be a number")]
    [InlineData(Header + "cpu,forward,dense,magnitude,0,8,1,32,1,0,1,1,1,1\n", "line 2: p10_ms: '0' is no time")]
    [InlineData(Header + Good + Good, "line 3: cpu,forward,dense,magnitude,0,8,1,32 occurs twice")]
    [InlineData(Header + "cuda:7,forward,dense,magnitude,0,8,1,32,1,1,1,1,1,1\n", "none of its 1 rows is measured here on cpu")]
    public void A_file_that_is_no_baseline_is_refused_before_anything_is_measured(string text, string message)
    {
        string folder = Directory.CreateTempSubdirectory("gpumlp-baseline").FullName, file = Path.Combine(folder, "bench.csv");
        try
        {
            File.WriteAllText(file, text);
            string written = Path.Combine(folder, "out");
            (int exitCode, string stdout, string stderr) = Cli.Run("bench", "--baseline", file, "--device", "cpu", "--out", written);
            Assert.Equal((2, ""), (exitCode, stdout));
            Assert.StartsWith($"gpumlp: {file}: {message}", Assert.Single(Cli.Told(stderr)));
            Assert.False(Directory.Exists(written));
            Assert.Contains(
                "no such file", Cli.Run("bench", "--baseline", Path.Combine(folder, "none.csv"), "--out", written).Error);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private const string Header =
        "device,op,form,masks,sparsity,hidden,models,batch,median_ms,p10_ms,p90_ms,useful_gflops,dense_gflops,speedup_vs_dense\n";

    private const string Good = "cpu,forward,dense,magnitude,0,8,1,32,1,1,1,1,1,1\n";

    [Fact]
    public void Both_plots_are_drawn_for_many_sizes_and_for_one()
    {
        foreach (BenchSpec spec in new[] { BenchSpec.Full, BenchSpec.Quick with { Models = [1], Ops = [BenchOp.Forward], Sparsity = [1] } })
        {
            BenchResult result = Made(spec);
            using Figure breakEven = BreakEvenPlot.Draw(result, "cpu, 2 threads");
            using Figure roofline = RooflinePlot.Draw(result, s_roof, "cpu, 2 threads");
            foreach (Figure figure in new[] { breakEven, roofline })
            {
                Rgb[,] picture = PngDecoder.Decode(figure.Encode());
                int colours = picture.Cast<Rgb>().Distinct().Count();
                Assert.True(
                    picture.GetLength(0) > 400 && picture.GetLength(1) > 800 && colours > 50,
                    $"{picture.GetLength(1)} x {picture.GetLength(0)}, {colours} colours");
            }
        }
    }

    private static BenchRequest Request(string flags) =>
        BenchRequest.From(
            (BenchCommand.Options)BenchCommand.Verb.Parse(["bench", .. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries)]));

    private static string Text(BenchResult result, bool terminal)
    {
        using StringWriter stdout = new() { NewLine = "\n" };
        BenchTables.Write(result, s_roof, "cpu, 2 threads, AMD EPYC", Cli.Piped(stdout, TextWriter.Null) with { OutIsTerminal = terminal });
        return Cli.WithoutEscapes(stdout.ToString());
    }

    /// <summary>A result with every row of a spec: a dense call takes 1000 ms, the others a part of it.</summary>
    private static BenchResult Made(BenchSpec spec)
    {
        var result = new BenchResult();
        foreach (int hidden in spec.Hidden)
        {
            foreach (int models in spec.Models)
            {
                foreach (int batch in spec.Batch)
                {
                    foreach (BenchMasks masks in spec.Masks)
                    {
                        foreach (double sparsity in spec.Sparsity)
                        {
                            foreach (BenchOp op in spec.Ops)
                            {
                                result.Rows.AddRange(
                                    spec.Forms.Select(form => Row(new BenchCase(op, form, masks, sparsity, hidden, models, batch))));
                            }
                        }
                    }
                }
            }
        }
        return result;
    }

    private static BenchRow Row(BenchCase at)
    {
        const double Dense = 1000;
        double ms = at.Form switch
        {
            BenchForm.Dense => Dense,
            BenchForm.Masked => 1.1 * Dense,
            BenchForm.WeightSparse => Dense * 2 * Math.Max(1 - at.Sparsity, 1e-6),
            BenchForm.InputSparse => Dense / 3,
            _ => 100 * Dense,
        };
        double flop = 2.0 * at.Batch * 784 * at.Hidden * at.Models;
        return new BenchRow(
            at, [ms, 1.1 * ms, 0.9 * ms], new BenchWork(flop, 0.2 * flop * (1 - at.Sparsity), flop / 50), at.Form == BenchForm.Dense
                ? 0
                : 12, null, 0.1, true, Dense);
    }
}
