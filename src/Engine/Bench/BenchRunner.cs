using System.Globalization;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Statistics;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Verification;

namespace GpuMlp.Engine.Bench;

/// <summary>Told what a sweep of measurements is about.</summary>
public interface IBenchObserver
{
    /// <summary>Called before each problem with how many came before it and how many there are.</summary>
    void Problem(int done, int all, string name);
}

/// <summary>Everything measured so far; lists only grow.</summary>
public sealed class BenchResult
{
    /// <summary>In the order measured.</summary>
    public List<BenchRow> Rows { get; } = [];

    public List<BenchSkip> Skips { get; } = [];
}

/// <summary>
/// Goes through all combinations of a spec on one device: trains and prunes models, compares each form with the reference,
/// then takes its time.
/// </summary>
public sealed class BenchRunner
{
    private static readonly ClassTask s_task = new(4, 9);

    // Parameters, gradients, mask, compressed copies, and results of the forms on the host, all at once.
    private const long BytesAWeight = 40;

    // Memory of one problem from which on the garbage of the one before is worth a collection.
    private const long LargeBytes = 1L << 28;

    // Maps beyond this many numbers (400 MB) are not worth their memory: the rate no longer changes.
    private const long MostMapNumbers = 100_000_000;

    private readonly DeviceKernels _kernels;
    private readonly Dataset _data;
    private readonly BenchSpec _spec;
    private readonly IBenchObserver _observer;
    private readonly BenchForms _forms;
    private readonly BenchSampler _sampler;
    private readonly Dictionary<(BenchOp, BenchForm), double> _msPerFlop = [];

    /// <param name="kernels">Of the device to measure.</param>
    /// <param name="data">Holds the classes 4 and 9.</param>
    public BenchRunner(DeviceKernels kernels, Dataset data, BenchSpec spec, IBenchObserver observer)
        : this(kernels, data, spec, observer, new BenchForms(kernels.Device))
    {
    }

    internal BenchRunner(DeviceKernels kernels, Dataset data, BenchSpec spec, IBenchObserver observer, BenchForms forms)
    {
        _kernels = kernels;
        _data = data;
        _spec = spec;
        _observer = observer;
        _forms = forms;
        _sampler = new BenchSampler(spec.MeasureMs);
    }

    /// <summary>Filled by <see cref="Run"/>, also when it does not come to its end.</summary>
    public BenchResult Result { get; } = new();

    /// <exception cref="UserErrorException">A result is wrong (exit code 4), or the data have too few images for a batch.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what is in <see cref="Result"/> is whole.</exception>
    public void Run(CancellationToken cancel)
    {
        Split split = Splitter.Create(_data, s_task, seed: 0);
        if (_spec.Batch.Max() > split.Train.Length)
        {
            throw new UserErrorException(
                $"--batch: {_spec.Batch.Max()} images are more than the {split.Train.Length} that task {s_task} trains on");
        }

        using (_forms)
        {
            BenchImages[] batches =
                [.. _spec.Batch.Select(
                    batch => new BenchImages(
                        _kernels.Device, SplitImages.Gather(_data, s_task, split.Train.AsSpan(0, batch)), _data.Inputs))];
            try
            {
                int done = 0, all = _spec.Hidden.Sum(hidden => Levels(hidden).Length) * _spec.Models.Count * batches.Length;
                foreach (int hidden in _spec.Hidden.Order())
                    done = OfHidden(split, hidden, batches, done, all, cancel);
            }
            finally
            {
                foreach (BenchImages images in batches)
                    images.Dispose();
            }
        }
        if (Result.Rows.Count == 0)
        {
            throw new UserErrorException(Result.Skips.Count > 0
                ? $"nothing could be measured: {Result.Skips[0].Reason}"
                : "--forms: none of them has one of --ops on this device");
        }
    }

    private int OfHidden(Split split, int hidden, BenchImages[] batches, int done, int all, CancellationToken cancel)
    {
        Level[] levels = Levels(hidden);
        _observer.Problem(done, all, $"training models of {hidden} hidden units");
        using var models = new BenchModels(_kernels, _data, split, hidden, _spec.Models.Max(), _spec.Epochs);
        foreach (int count in _spec.Models.Order())
        {
            if (TooLarge(hidden, count) is { } reason)
            {
                done += levels.Length * batches.Length;
                Result.Skips.Add(new BenchSkip(
                    new BenchCase(_spec.Ops[0], BenchForm.Dense, levels[0].Masks, levels[0].Sparsity, hidden, count, _spec.Batch[0]),
                    reason));
                continue;
            }
            ColumnLayout layout = ColumnLayout.Create([.. Enumerable.Repeat(hidden, count)], _data.Inputs, _kernels.Device.LayoutWays);
            using var cohort = new DeviceCohort(_kernels.Device, layout, new float[count]);
            foreach (Level level in levels)
            {
                ModelParameters[] different = level.File is { } file ? models.Prune(file.Mask) : models.Prune(level.Masks, level.Sparsity);
                ModelParameters[] parameters = [.. Enumerable.Range(0, count).Select(m => different[m % different.Length])];
                cohort.Upload(parameters);
                foreach (BenchImages images in batches)
                {
                    cancel.ThrowIfCancellationRequested();
                    var at = new BenchCase(BenchOp.Forward, BenchForm.Dense, level.Masks, level.Sparsity, hidden, count, images.Count);
                    _observer.Problem(done++, all, string.Create(CultureInfo.InvariantCulture,
                        $"{count} models of {hidden}, {images.Count} images, "
                            + $"{BenchNames.Of(level.Masks)} masks at {level.Sparsity:0.####}"));
                    try
                    {
                        OfProblem(new BenchProblem(_kernels, cohort, parameters, images), at, cancel);
                    }
                    catch (Exception error) when (DeviceFaults.Of(error) == DeviceFault.OutOfMemory)
                    {
                        Result.Skips.Add(new BenchSkip(at, "memory ran out"));
                    }
                }
            }
        }
        return done;
    }

    // What is pruned from models of one hidden size, in the order of the measurements.
    private Level[] Levels(int hidden) => _spec.Files.Count > 0
        ? [.. _spec.Files.Where(file => file.Hidden == hidden).OrderBy(file => file.Sparsity)
            .Select(file => new Level(BenchMasks.File, file.Sparsity, file))]
        : [.. _spec.Masks.SelectMany(masks => _spec.Sparsity.Order().Select(sparsity => new Level(masks, sparsity, File: null)))];

    private string? TooLarge(int hidden, int models)
    {
        long weights = (long)_data.Inputs * hidden * models, bytes = BytesAWeight * weights, most = GC.GetGCMemoryInfo()
            .TotalAvailableMemoryBytes / 2;
        return bytes > most || weights > int.MaxValue / 2
            ? FormattableString.Invariant($"{models} models of {hidden} hidden units would take about {bytes / 1e9:F1} GB in all forms")
            : null;
    }

    private void OfProblem(BenchProblem problem, BenchCase at, CancellationToken cancel)
    {
        var check = new BenchCheck(problem);
        var open = new Dictionary<BenchForm, FormRun>();
        try
        {
            foreach (BenchOp op in _spec.Ops)
                OfOperation(problem, at with { Op = op }, check, open, cancel);
        }
        finally
        {
            foreach (FormRun run in open.Values)
                run.Dispose();
        }

        // Arrays of hundreds of megabytes are garbage now, and the collector would let them pile up to all the memory there is.
        if (BytesAWeight * problem.Inputs * problem.Cohort.Layout.Columns > LargeBytes)
            GC.Collect();
    }

    private void OfOperation(
        BenchProblem problem,
        BenchCase at,
        BenchCheck check,
        Dictionary<BenchForm, FormRun> open,
        CancellationToken cancel)
    {
        var ready = new List<Ready>();
        BenchOutput? dense = null;

        // The dense form comes first whatever was asked for: all others are compared with it, in results and in time.
        foreach (BenchForm form in _spec.Forms.Prepend(BenchForm.Dense).Distinct())
        {
            cancel.ThrowIfCancellationRequested();
            BenchCase here = at with { Form = form };
            if (!_forms.Has(form, at.Op))
                continue;
            BenchWork work = BenchWork.Of(at.Op, form, problem.Images.Pixels, problem.Models, problem.Inputs);
            FormRun run;
            try
            {
                if (Hindrance(here, work, problem) is { } reason)
                {
                    Result.Skips.Add(new BenchSkip(here, reason));
                    if (form == BenchForm.Dense)
                        return;
                    continue;
                }
                run = open.TryGetValue(form, out FormRun? made) ? made : open[form] = _forms.Create(form, problem);
            }
            catch (NotSupportedException lacking)
            {
                Result.Skips.Add(new BenchSkip(here, lacking.Message));
                continue;
            }
            double callMs = _sampler.WarmUp(run, at.Op, out double? compileMs);
            BenchOutput output = run.Read(at.Op);
            dense ??= output;
            try
            {
                (double error, bool sameBits) = check.Verify(at.Op, run.MasksGradients, output, dense);
                ready.Add(new Ready(here, run, work, callMs, compileMs, error, sameBits));
            }
            catch (VerificationException wrong)
            {
                throw new UserErrorException(
                    $"{here}: not timed, its result is wrong: {wrong.Message}",
                    ExitCodes.VerificationFailed,
                    wrong);
            }

            // The best rate so far: what a form needs besides its work must not look as if it grew with the work.
            double perFlop = callMs / Effort(here, work);
            _msPerFlop[(at.Op, form)] = Math.Min(perFlop, _msPerFlop.GetValueOrDefault((at.Op, form), double.PositiveInfinity));
        }
        Take(ready, at.Op, cancel);
    }

    private void Take(List<Ready> ready, BenchOp op, CancellationToken cancel)
    {
        List<double>[] samples = _sampler.Sample([.. ready.Select(r => (r.Run, r.CallMs))], op, cancel);
        double denseMs = Spread.Quantile(samples[0], 0.5);
        for (int i = 0; i < ready.Count; i++)
        {
            Ready r = ready[i];
            if (!_spec.Forms.Contains(r.Case.Form))
                continue;
            double conversion = r.Run.ConversionMs.Count == 0 ? 0 : Spread.Quantile(r.Run.ConversionMs, 0.5);
            Result.Rows.Add(new BenchRow(r.Case, samples[i], r.Work, conversion, r.CompileMs, r.LargestError, r.SameBits, denseMs));
        }
    }

    /// <summary>Why a case cannot be measured within the limits; null when it can.</summary>
    private string? Hindrance(BenchCase at, BenchWork work, BenchProblem problem)
    {
        long numbers = (long)at.Models * at.Batch * problem.Inputs;
        if (at.Op == BenchOp.Saliency && numbers > MostMapNumbers)
            return FormattableString.Invariant($"its maps would take {numbers * sizeof(float) / 1e6:F0} MB");
        double expected = _forms.ExpectedMs(at, work) ?? _msPerFlop.GetValueOrDefault((at.Op, at.Form)) * Effort(at, work);
        if (expected > _spec.LongestMs)
            return FormattableString.Invariant($"a call would take about {expected / 1000:F1} s");
        return null;
    }

    private static double Effort(BenchCase at, BenchWork work) =>
        work.DenseFlop * (at.Form == BenchForm.WeightSparse ? 1.001 - at.Sparsity : 1);

    private sealed record Level(BenchMasks Masks, double Sparsity, MaskFile? File);

    private sealed record Ready(
        BenchCase Case,
        FormRun Run,
        BenchWork Work,
        double CallMs,
        double? CompileMs,
        double LargestError,
        bool SameBits);
}
