using System.Text.Json;
using GpuMlp.Engine.Bench;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Tests.Runs;
using GpuMlp.Engine.Tests.Training;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Tests.Bench;

/// <summary>Sweeps of tiny measurements; what is asserted is what was measured, never how fast it was.</summary>
[Trait("Size", "large")]
public sealed class BenchRunnerTests
{
    private static readonly BenchSpec s_tiny = BenchSpec.Quick with
    {
        Sparsity = [0, 0.9],
        Hidden = [5],
        Models = [1, 3],
        Batch = [16, 300],
        Epochs = 2,
        MeasureMs = 0.1,
        LongestMs = 1e6,
    };

    [Fact]
    public void Every_combination_that_has_a_kernel_gives_one_row()
    {
        BenchResult result = Run(s_tiny);
        Assert.Empty(result.Skips);
        using var device = new CpuDevice(threads: 1);
        using var forms = new BenchForms(device);
        var expected = from op in s_tiny.Ops
                       from form in s_tiny.Forms
                       where forms.Has(form, op)
                       from masks in s_tiny.Masks
                       from sparsity in s_tiny.Sparsity
                       from models in s_tiny.Models
                       from batch in s_tiny.Batch
                       select new BenchCase(op, form, masks, sparsity, 5, models, batch);
        Assert.Equal(expected.ToHashSet(), result.Rows.Select(row => row.Case).ToHashSet());
        Assert.Equal(expected.Count(), result.Rows.Count);
    }

    [Fact]
    public void Rows_hold_samples_and_comparisons_with_the_dense_form()
    {
        BenchResult result = Run(s_tiny with { Models = [3], Batch = [16], Masks = [BenchMasks.Magnitude] });
        Assert.All(result.Rows, row =>
        {
            Assert.True(row.SamplesMs.Count >= 3 && row.SamplesMs.All(ms => ms > 0));
            Assert.InRange(row.MedianMs, row.P10Ms, row.P90Ms);
            Assert.InRange(row.LargestError, 0, 1);
            Assert.True(row.Work.UsefulFlop > 0 && row.Work.UsefulFlop < row.Work.DenseFlop);
            BenchRow dense = result.Rows.Single(other => other.Case == row.Case with { Form = BenchForm.Dense });
            Assert.Equal(dense.MedianMs, row.DenseMs);
            Assert.Equal(row.Case.Form == BenchForm.Dense, row.ConversionMs == 0);
        });
        Assert.Contains(result.Rows, row => row.CompileMs > 0);
    }

    [Fact]
    public void Masks_of_the_users_are_levels_of_their_own()
    {
        MaskFile Mask(int hidden, int kept) => new(
            $"h{hidden}", "", hidden, new ModelMask(
                [.. Enumerable.Range(0, Mnist.Few.Inputs * hidden).Select(i => i % 10 < kept)],
                [.. Enumerable.Repeat(true, hidden)]));
        MaskFile[] files = [Mask(5, 1), Mask(3, 2), Mask(5, 9)];
        BenchResult result = Run((s_tiny with { Batch = [16] }).With(files));
        Assert.Empty(result.Skips);

        // Sizes from small to large, levels of a size from few zeros to many.
        Assert.Equal(
            new[] { files[1], files[2], files[0] }.SelectMany(file => new[] { (file.Hidden, file.Sparsity) }),
            result.Rows.Where(row => row.Case is { Op: BenchOp.Forward, Form: BenchForm.Dense, Models: 3 })
                .Select(row => (row.Case.Hidden, row.Case.Sparsity)));
        Assert.All(result.Rows, row => Assert.Equal(BenchMasks.File, row.Case.Masks));

        // Useful work is what the mask leaves.
        double useful = result.Rows.First(row => row.Case.Hidden == 5 && row.Case.Sparsity == files[2].Sparsity).Work.UsefulFlop;
        double less = result.Rows.First(row => row.Case.Hidden == 5 && row.Case.Sparsity == files[0].Sparsity).Work.UsefulFlop;
        Assert.InRange(less / useful, 0.1, 0.12);
    }

    [Theory]
    [InlineData(BenchOp.Forward)]
    [InlineData(BenchOp.Backward)]
    [InlineData(BenchOp.Saliency)]
    public void A_wrong_result_is_never_timed(BenchOp op)
    {
        var error = Assert.Throws<UserErrorException>(
            () => Run(s_tiny with { Ops = [op], Models = [3], Batch = [16] }, device => new WrongForms(device, model: 2)));
        Assert.Equal(ExitCodes.VerificationFailed, error.ExitCode);
        Assert.Contains(
            $"{BenchNames.Of(op)} input-sparse, magnitude masks at 0, 3 models of 5 hidden units, 16 images: not timed",
            error.Message);
    }

    [Fact]
    public void A_model_that_the_reference_does_not_look_at_is_not_wrong_unseen()
    {
        var error = Assert.Throws<UserErrorException>(
            () => Run(s_tiny with { Models = [3], Batch = [16] }, device => new WrongForms(device, model: 1)));
        Assert.Equal(ExitCodes.VerificationFailed, error.ExitCode);
        Assert.Contains("differs from the dense form", error.Message);
    }

    [Fact]
    public void What_would_take_too_long_is_left_out_and_told()
    {
        BenchResult result = Run(s_tiny with { LongestMs = 1e-9, Masks = [BenchMasks.Uniform] });
        Assert.NotEmpty(result.Skips);
        Assert.All(result.Skips, skip => Assert.StartsWith("a call would take about", skip.Reason));

        // The first of each form and operation has nothing to go by and is measured; the outside baseline is tried on a small product.
        Assert.Equal(result.Rows.Count, result.Rows.Select(row => (row.Case.Op, row.Case.Form)).Distinct().Count());
        Assert.DoesNotContain(result.Rows, row => row.Case.Form == BenchForm.Outside);
    }

    [Fact]
    public void What_would_not_fit_memory_is_left_out_before_it_is_made()
    {
        BenchResult result = Run(s_tiny with
        {
            Ops = [BenchOp.Forward],
            Models = [1, 1_600_000],
            Hidden = [64],
            Batch = [16],
            Forms
            = [BenchForm.Dense],
            Sparsity = [0]
        });
        BenchSkip skip = Assert.Single(result.Skips);
        Assert.Equal(1_600_000, skip.Case.Models);
        Assert.StartsWith("1600000 models of 64 hidden units would take about 3211.3 GB", skip.Reason);
        Assert.All(result.Rows, row => Assert.Equal(1, row.Case.Models));
    }

    [Fact]
    public void More_images_than_there_are_is_the_flags_fault()
    {
        var error = Assert.Throws<UserErrorException>(() => Run(s_tiny with { Batch = [16, 60_000] }));
        Assert.Equal(ExitCodes.BadInput, error.ExitCode);
        Assert.StartsWith("--batch: 60000 images", error.Message);
    }

    [Fact]
    public void Every_form_of_ours_has_the_bits_of_the_dense_one_but_for_gradients_summed_over_many_images_at_once()
    {
        BenchResult result = Run(s_tiny with { Models = [3], Forms = [BenchForm.Masked, BenchForm.WeightSparse, BenchForm.InputSparse] });
        Assert.Equal((3 + 3 + 3) * 2 * 2 * 2, result.Rows.Count);

        // dW1 over compressed weights is summed in sixteen lanes.
        Assert.All(result.Rows, row => Assert.True(row.SameBitsAsDense || IsSummedOtherwise(row.Case), row.Case.ToString()));
        static bool IsSummedOtherwise(BenchCase at) => at is { Form: BenchForm.WeightSparse, Op: BenchOp.Backward };
    }

    [Fact]
    public void Forms_without_the_operations_asked_for_are_the_flags_fault()
    {
        var error = Assert.Throws<UserErrorException>(() => Run(s_tiny with { Ops = [BenchOp.Saliency], Forms = [BenchForm.Outside] }));
        Assert.Equal(ExitCodes.BadInput, error.ExitCode);
        Assert.StartsWith("--forms: ", error.Message);
    }

    [Fact]
    public void Cancelling_keeps_what_is_measured()
    {
        using var cancel = new CancellationTokenSource();
        using var device = new CpuDevice(threads: 1);
        var runner = new BenchRunner(DeviceKernels.Create(device), Mnist.Few, s_tiny, new CancelAt(cancel, problem: 1));
        Assert.ThrowsAny<OperationCanceledException>(() => runner.Run(cancel.Token));
        Assert.NotEmpty(runner.Result.Rows);
    }

    [Fact]
    public void The_table_has_the_promised_columns_and_a_line_a_row()
    {
        BenchResult result = Run(s_tiny with { Models = [3], Batch = [16] });
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "bench.csv");
        BenchFiles.WriteCsv(path, [Of(result)]);
        string[] lines = File.ReadAllLines(path);
        Assert.Equal(
            "device,op,form,masks,sparsity,hidden,models,batch,median_ms,p10_ms,p90_ms,useful_gflops,dense_gflops,speedup_vs_dense", lines[
                0]);
        Assert.Equal(result.Rows.Count, lines.Length - 1);
        Assert.All(lines.Skip(1), line =>
        {
            string[] cells = line.Split(',');
            Assert.Equal(14, cells.Length);
            Assert.All(cells.Skip(4), cell => Assert.Matches(@"^\d+(\.\d+)?$", cell));
        });
        Assert.StartsWith("cpu,forward,dense,magnitude,0,5,3,16,", lines[1]);
    }

    [Fact]
    public void The_json_file_has_all_samples_and_where_they_are_from()
    {
        BenchSpec spec = s_tiny with { Models = [3], Batch = [16] };
        BenchResult result = Run(spec);
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "bench.json");
        var info = Engine.Runs.RunInfo
            .Create("gpumlp bench", DeviceSelection.Cpu(threads: 1), "128 bit", DateTime.UtcNow, new Dictionary<string, double>(), 0, 0);
        BenchFiles.WriteJson(path, info, spec, [Of(result)]);
        using var json = JsonDocument.Parse(File.ReadAllBytes(path));
        JsonElement root = json.RootElement;
        Assert.Equal("gpumlp bench", root.GetProperty("run").GetProperty("command_line").GetString());
        JsonElement device = root.GetProperty("devices")[0];
        Assert.Equal(100, device.GetProperty("roof").GetProperty("gflops").GetDouble());
        JsonElement[] rows = [.. device.GetProperty("rows").EnumerateArray()];
        Assert.Equal(result.Rows.Count, rows.Length);
        Assert.All(rows.Zip(result.Rows), pair =>
            Assert.Equal(pair.Second.SamplesMs, pair.First.GetProperty("samples_ms").EnumerateArray().Select(ms => ms.GetDouble())));
        Assert.Equal(
            BenchFiles.Curves(result).Count(curve => curve.Key.Form != BenchForm.Masked),
            device.GetProperty("break_even").GetArrayLength());
    }

    private static BenchResult Run(BenchSpec spec, Func<CpuDevice, BenchForms>? forms = null)
    {
        using var device = new CpuDevice(threads: 2);
        var kernels = DeviceKernels.Create(device);
        var runner = new BenchRunner(kernels, Mnist.Few, spec, new Silent(), forms?.Invoke(device) ?? new BenchForms(device));
        runner.Run(CancellationToken.None);
        return runner.Result;
    }

    private static BenchRun Of(BenchResult result) => new("cpu", "a CPU", new BenchRoof(100, 10), 5, result);

    private sealed class Silent : IBenchObserver
    {
        public void Problem(int done, int all, string name)
        {
        }
    }

    private sealed class CancelAt(CancellationTokenSource source, int problem) : IBenchObserver
    {
        public void Problem(int done, int all, string name)
        {
            if (done == problem)
                source.Cancel();
        }
    }

    /// <summary>The input-sparse form gives one number of one model a little wrong.</summary>
    private sealed class WrongForms(CpuDevice device, int model) : BenchForms(device)
    {
        public override FormRun Create(BenchForm form, BenchProblem problem) =>
            form == BenchForm.InputSparse ? new WrongRun(base.Create(form, problem), model) : base.Create(form, problem);
    }

    private sealed class WrongRun(FormRun right, int model) : FormRun
    {
        public override BenchForm Form => right.Form;

        public override double Call(BenchOp op) => right.Call(op);

        public override BenchOutput Read(BenchOp op)
        {
            BenchOutput output = right.Read(op);
            return op switch
            {
                BenchOp.Forward => BenchOutput.OfLogits([.. output.Logits.Select((logits, m) => Spoil(m, logits.ToArray()))]),
                BenchOp.Backward => BenchOutput.OfGradients(
                    [.. output.Gradients.Select((g, m) => new ModelParameters(Spoil(m, g.W1).ToArray(), g.B1, g.W2, g.B2))]),
                _ => BenchOutput.OfMaps([.. output.Maps.Select((map, m) => Spoil(m, map.ToArray()))]),
            };
        }

        public override void Dispose() => right.Dispose();

        private ReadOnlyMemory<float> Spoil(int m, float[] values)
        {
            int largest = Array.IndexOf(values, values.MaxBy(Math.Abs));
            if (m == model)
                values[largest] *= 1.1f;
            return values;
        }
    }
}
