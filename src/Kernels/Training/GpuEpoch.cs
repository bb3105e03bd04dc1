using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Products.Digits;
using GpuMlp.Kernels.Training.Optimisers;
using ILGPU;

namespace GpuMlp.Kernels.Training;

/// <summary>
/// An epoch of a cohort on a GPU: a few launches a batch, on the device's stream. Whatever is cut into runs or parts changes no bit.
/// </summary>
internal readonly struct GpuEpoch<TLoss>
    where TLoss : struct, ILoss
{
    private readonly IReadOnlyList<OptimiserRange> _ranges;
    private readonly GpuDevice _device;
    private readonly CohortViews _cohort;
    private readonly ScratchViews _scratch;
    private readonly int _epoch;

    /// <param name="epoch">From 0.</param>
    public GpuEpoch(GpuDevice device, DeviceCohort cohort, int epoch)
    {
        _epoch = epoch;
        _device = device;
        _cohort = cohort.Cohort;
        _scratch = cohort.Scratch;
        _ranges = cohort.Layout.Ranges;
    }

    /// <summary>
    /// Five launches a batch: Wq, Z, the output and gate q in place of Z, G, the step; one more behind Z where units are dropped. A batch
    /// that takes too much memory goes through those in the middle in several runs, and G of a narrow cohort is summed in parts, which
    /// another launch adds.
    /// </summary>
    public void Run(DeviceImages images)
    {
        GpuWeights weights = Begin();
        IGpuProducts products = GpuProducts.Of(_device, images);
        int rowsAtOnce = GpuProducts.RowsAtOnce(_device, _cohort), most = images.Schedule.Chunks.Max(chunk => chunk.BatchRows);
        int parts = OutputParts(Math.Min(rowsAtOnce, most));
        GpuTotals totals = Totals(parts);
        bool opensEpoch = true;
        int step = 0;
        for (int chunk = 0; chunk < images.Chunks; chunk++)
        {
            Chunk batch = images.Schedule.Chunks[chunk];
            if (!batch.IsFirst)
                continue;
            GpuQuantise.Run(_device, _cohort, weights);
            for (int done = 0; done < batch.BatchRows; done += rowsAtOnce)
            {
                int rows = Math.Min(rowsAtOnce, batch.BatchRows - done);
                GpuImages run = GpuImages.Of(images, batch.FirstRow + done, rows, chunk + (done / ChunkSchedule.ChunkRows));
                GpuActivations activations = GpuProducts.Activations(_device, _cohort, Math.Min(rowsAtOnce, most));
                products.Forward(_cohort, weights, run, activations);
                DropoutOperation.Run(_device, _cohort, run, activations, _epoch);
                if (_cohort.Outputs == 1)
                    Pass(weights, run, activations, totals, parts, opensEpoch, opensBatch: done == 0);
                else
                    PassClasses(weights, run, activations, totals, parts, batch.BatchRows, opensEpoch, opensBatch: done == 0);
                products.Backward(_cohort, run, activations, _scratch.GradSums, goesOn: done > 0);
                opensEpoch = false;
            }
            Step(new GpuStep(weights, totals.Deltas, parts, batch.BatchRows, step++));
        }
        End(totals, parts);
    }

    /// <summary>One launch for all batches: a group takes a model through them.</summary>
    /// <param name="rows">Of every batch but the last.</param>
    public void Run(DeviceImages images, int rows)
    {
        GpuWeights weights = Begin();
        var batches = new GpuSmallBatches(images, rows, weights, Totals(1), GpuProducts.Activations(_device, _cohort, rows));
        foreach (OptimiserRange range in _ranges)
            Optimiser.All[range.Optimiser].SmallBatches(this, batches, range);
        End(batches.Totals, 1);
    }

    /// <summary>The launch of some models.</summary>
    internal void SmallBatches<TOptimiser>(in GpuSmallBatches batches, OptimiserRange range)
        where TOptimiser : struct, IOptimiser
    {
        ImageViews views = batches.Images.Views;
        var epoch = new SmallBatchGpu<TLoss, TOptimiser>
        {
            Cohort = _cohort,
            States = _scratch.Steps,
            FirstSlot = range.FirstSlot,
            Chunks = views.Chunks,
            ImageStarts = views.ImageStarts,
            ImageIndex = views.ImageIndex,
            ImageValue = views.ImageValue,
            PixelStarts = views.PixelStarts,
            PixelIndex = views.PixelIndex,
            PixelValue = views.PixelValue,
            Labels = views.Labels,
            Numbers = views.Numbers,
            Epoch = _epoch,
            Weights = batches.Weights,
            Activations = batches.Activations,
            Totals = batches.Totals,
            Whole = BatchFactors.Of(batches.Rows, _cohort.Inputs),
            Last = BatchFactors.Of(batches.Images.Schedule.Chunks[^1].Rows, _cohort.Inputs),
        };
        _device.Launch(SmallBatchGpu<TLoss, TOptimiser>.Kernel, SmallBatchGpu<TLoss, TOptimiser>.Threads, range.Slots, epoch);
    }

    /// <summary>The launch of a step of some models.</summary>
    internal void Step<TOptimiser>(in GpuStep step, OptimiserRange range)
        where TOptimiser : struct, IOptimiser
    {
        var job = GradientGpu<TOptimiser>.Of(_cohort, _scratch, step.Weights, step.Batch);
        (job.Deltas, job.DeltaParts, job.Steps, job.OutputSums) = (step.Deltas, step.DeltaParts, 1, OutputSums(step.DeltaParts));
        (job.Step, job.FirstVector) = (step.Number, range.FirstVector);
        _device.Launch(GradientGpu<TOptimiser>.Kernel, GradientGpu<TOptimiser>.Threads, range.Vectors, job);
    }

    /// <summary>
    /// Six launches a batch: Wq, its digits, gates and logits, the output and digits of q, G, the step. Z stays in registers, so that no
    /// unit can be dropped.
    /// </summary>
    public void Run(DeviceImages images, DigitImages digits)
    {
        GpuWeights weights = Begin();
        var products = new DigitProducts(_device);
        products.Open(_cohort, digits, _scratch.GradSums);
        int rowsAtOnce = products.RowsAtOnce(_cohort, digits);
        int parts = OutputParts(rowsAtOnce);
        GpuTotals totals = Totals(parts);
        bool opensEpoch = true;
        int step = 0;
        foreach (DigitRun batch in digits.Batches)
        {
            GpuQuantise.Run(_device, _cohort, weights);
            products.Weights(_cohort, weights, digits);
            foreach (DigitRun run in batch.Cut(rowsAtOnce))
            {
                bool opensBatch = run.FirstRow == batch.FirstRow;
                products.Forward(_cohort, weights, digits, run);
                products.Output<TLoss>(_cohort, weights.Failed, images.Views.Labels, run, totals, parts, opensEpoch, opensBatch);
                products.Backward(_cohort, digits, run, _scratch.GradSums, goesOn: !opensBatch);
                opensEpoch = false;
            }
            Step(new GpuStep(weights, totals.Deltas, parts, batch.Rows, step++));
        }
        End(totals, parts);
    }

    private void Pass(
        in GpuWeights weights, in GpuImages run, in GpuActivations activations, in GpuTotals totals, int parts, bool opensEpoch,
        bool opensBatch)
    {
        var pass = new OutputPassGpu<TLoss>
        {
            Cohort = _cohort,
            Images = run,
            Activations = activations,
            Failed = weights.Failed,
            Totals = totals,
            Parts = GpuParts.Of(run.Rows, parts),
            Gates = 1,
            Values = _scratch.Logits,
            OpensEpoch = opensEpoch ? 1 : 0,
            OpensBatch = opensBatch ? 1 : 0,
        };
        _device.Launch(OutputPassGpu<TLoss>.Kernel, OutputPassGpu<TLoss>.Threads, pass.Groups, pass);
    }

    private void PassClasses(
        in GpuWeights weights, in GpuImages run, in GpuActivations activations, in GpuTotals totals, int parts, int batch, bool opensEpoch,
        bool opensBatch)
    {
        var pass = new ClassPassGpu
        {
            Cohort = _cohort,
            Images = run,
            Activations = activations,
            Weights = weights,
            Totals = totals,
            Parts = GpuParts.Of(run.Rows, parts),
            Values = parts == 1
                ? _scratch.Logits
                : _device.Workspace.Take<float>("logits of parts", (long)parts * _cohort.B2.Length * ClassPassGpu.Threads),
            OutputSums = OutputSums(parts),
            Losses = 1,
            Backs = 1,
            OpensEpoch = opensEpoch ? 1 : 0,
            OpensBatch = opensBatch ? 1 : 0,
            Halvings = Softmax.Halvings(_cohort.Outputs),
            ActivationBits = ExactSums.ActivationBits(batch),
        };
        _device.Launch(ClassPassGpu.Kernel, ClassPassGpu.Threads, pass.Groups, pass);
    }

    // [part, O, padded columns].
    private ArrayView<long> OutputSums(int parts) => parts == 1 || _cohort.Outputs == 1
        ? _scratch.OutputSums
        : _device.Workspace.Take<long>("parts of output sums", parts * _cohort.W2.Length);

    private GpuWeights Begin()
    {
        GpuWeights weights = GpuQuantise.Room(_device, _cohort, _scratch.Failed);
        GpuQuantise.Mask(_device, _cohort);
        ClearGpu.Run(_device, weights.Failed);
        return weights;
    }

    private void Step(in GpuStep step)
    {
        foreach (OptimiserRange range in _ranges)
            Optimiser.All[range.Optimiser].Step(this, step, range);
    }

    private void End(in GpuTotals totals, int parts)
    {
        var sum = new TotalsGpu { Parts = totals, Target = GpuTotals.Of(_scratch), Count = parts };
        _device.Launch(TotalsGpu.Kernel, TotalsGpu.Threads, sum.Groups, sum);
    }

    private GpuTotals Totals(int parts) => new()
    {
        Loss = _device.Workspace.Take<long>("parts of losses", parts * 2 * _cohort.SlotCount),
        Counts = _device.Workspace.Take<int>("parts of counts", (long)parts * ClassCounts.Fields(_cohort.Outputs) * _cohort.SlotCount),
        Deltas = _device.Workspace.Take<long>("parts of delta sums", parts * _cohort.B2.Length),
    };

    // Parts of the images in which models go through their output: as many as fill the device.
    private int OutputParts(int rows) => Math.Min(
        Math.Clamp(GpuProductParts.EnoughGroups / _cohort.SlotCount, 1, GpuParts.Chunks(rows)), _device.Tuning.MostSegments);
}

/// <summary>A step of all models of a cohort.</summary>
/// <param name="Deltas">Sums of q, part after part.</param>
/// <param name="Batch">Images of the batch.</param>
/// <param name="Number">Of the epoch's steps, from 0.</param>
internal readonly record struct GpuStep(GpuWeights Weights, ArrayView<long> Deltas, int DeltaParts, int Batch, int Number);

/// <summary>An epoch of small batches of all models of a cohort.</summary>
/// <param name="Rows">Of every batch but the last.</param>
internal readonly record struct GpuSmallBatches(
    DeviceImages Images, int Rows, GpuWeights Weights, GpuTotals Totals, GpuActivations Activations);
