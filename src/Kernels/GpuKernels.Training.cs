using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Products.Digits;
using GpuMlp.Kernels.Training;
using ILGPU;

namespace GpuMlp.Kernels;

/// <summary>Epochs, and the steps that lead to them.</summary>
internal sealed partial class GpuKernels
{
    private readonly GpuLauncher<QuantiseGpu> _quantise;
    private readonly GpuLauncher<OutputPassGpu> _outputPass;
    private readonly GpuLauncher<TotalsGpu> _totals;
    private readonly GpuLauncher<GradientGpu> _gradient;
    private readonly GpuLauncher<UpdateGpu> _update;

    // Five launches a batch: Wq, Z, the output and gate q in place of Z, G, the step. A batch that takes too much memory goes
    // through the three in the middle in several runs, and G of a narrow cohort is summed in parts, which a sixth launch adds.
    private void TrainEpoch(in BlockArguments arguments, DeviceImages images)
    {
        if (images.Digits is { } digits && DigitProducts.Fits(arguments.Cohort, digits))
        {
            TrainEpoch(arguments, digits);
            return;
        }
        GpuWeights weights = Weights(arguments.Cohort, arguments.Scratch.Failed);
        MaskWeights(arguments);
        Clear(weights.Failed);
        int rowsAtOnce = RowsAtOnce(arguments.Cohort), most = images.Schedule.Chunks.Max(chunk => chunk.BatchRows);
        int parts = OutputParts(arguments.Cohort, Math.Min(rowsAtOnce, most));
        GpuTotals totals = Totals(arguments.Cohort, parts);
        bool opensEpoch = true;
        for (int chunk = 0; chunk < images.Chunks; chunk++)
        {
            Chunk batch = images.Schedule.Chunks[chunk];
            if (!batch.IsFirst)
                continue;
            Quantise(arguments.Cohort, weights);
            for (int done = 0; done < batch.BatchRows; done += rowsAtOnce)
            {
                GpuImages run = Run(
                    arguments, batch.FirstRow + done, Math.Min(rowsAtOnce, batch.BatchRows - done), chunk + (done / ChunkSchedule.ChunkRows));
                GpuActivations activations = Activations(arguments.Cohort, Math.Min(rowsAtOnce, most));
                IGpuProducts products = Products(arguments);
                products.Forward(arguments, weights, run, activations);
                var pass = new OutputPassGpu
                {
                    Cohort = arguments.Cohort,
                    Images = run,
                    Activations = activations,
                    Failed = weights.Failed,
                    Totals = totals,
                    Parts = GpuParts.Of(run.Rows, parts),
                    Gates = 1,
                    Values = arguments.Scratch.Logits,
                    OpensEpoch = opensEpoch ? 1 : 0,
                    OpensBatch = done == 0 ? 1 : 0,
                };
                _outputPass.Launch(pass.Groups, pass);
                products.Backward(arguments, run, activations, arguments.Scratch.GradSums, goesOn: done > 0);
                opensEpoch = false;
            }
            Gradients(arguments, weights, totals.Deltas, parts, batch.BatchRows, steps: true);
        }
        SumTotals(arguments, totals, parts);
    }

    // Six launches a batch: Wq, its digits, gates and logits, the output and digits of q, G, the step.
    private void TrainEpoch(in BlockArguments arguments, DigitImages images)
    {
        GpuWeights weights = Weights(arguments.Cohort, arguments.Scratch.Failed);
        MaskWeights(arguments);
        Clear(weights.Failed);
        _digits.Open(arguments.Cohort, images, arguments.Scratch.GradSums);
        int rowsAtOnce = _digits.RowsAtOnce(arguments.Cohort, images);
        int parts = OutputParts(arguments.Cohort, rowsAtOnce);
        GpuTotals totals = Totals(arguments.Cohort, parts);
        bool opensEpoch = true;
        foreach (DigitRun batch in images.Batches)
        {
            Quantise(arguments.Cohort, weights);
            _digits.Weights(arguments.Cohort, weights, images);
            foreach (DigitRun run in batch.Cut(rowsAtOnce))
            {
                bool opensBatch = run.FirstRow == batch.FirstRow;
                _digits.Forward(arguments.Cohort, weights, images, run);
                _digits.Output(arguments.Cohort, weights.Failed, arguments.Images.Labels, run, totals, parts, opensEpoch, opensBatch);
                _digits.Backward(arguments.Cohort, images, run, arguments.Scratch.GradSums, goesOn: !opensBatch);
                opensEpoch = false;
            }
            Gradients(arguments, weights, totals.Deltas, parts, batch.Rows, steps: true);
        }
        SumTotals(arguments, totals, parts);
    }

    private void SumTotals(in BlockArguments arguments, in GpuTotals totals, int parts)
    {
        var sum = new TotalsGpu { Parts = totals, Target = ScratchTotals(arguments), Count = parts };
        _totals.Launch(sum.Groups, sum);
    }

    private void HiddenBackward(in BlockArguments arguments, DeviceImages images)
    {
        Chunk chunk = images.Schedule.Chunks[arguments.Chunk];
        Products(arguments).Backward(
            arguments, OfChunk(arguments, images), ScratchActivations(arguments), arguments.Scratch.GradSums, goesOn: !chunk.IsFirst);
        if (chunk.IsLast)
            Gradients(arguments, Quantised(arguments), arguments.Scratch.DeltaSums, 1, chunk.BatchRows, steps: false);
    }

    private void Gradients(in BlockArguments arguments, in GpuWeights weights, ArrayView<long> deltas, int deltaParts, int batch, bool steps)
    {
        var job = new GradientGpu
        {
            Cohort = arguments.Cohort,
            Weights = weights,
            Sums = arguments.Scratch.GradSums,
            Deltas = deltas,
            DeltaParts = deltaParts,
            Gradients = Gradients(arguments),
            Steps = steps ? 1 : 0,
            Shift = ExactSums.GradientShift(batch, arguments.Cohort.Inputs),
            Scale = ExactSums.GradientScale(batch),
            BiasScale = ExactSums.BiasScale(batch),
        };
        _gradient.Launch(job.Groups, job);
    }

    private void Update(in BlockArguments arguments)
    {
        var job = new UpdateGpu { Cohort = arguments.Cohort, Gradients = Gradients(arguments), Failed = Quantised(arguments).Failed };
        _update.Launch(job.Groups, job);
    }

    // Wq of the cohort as it is now, and which of its models are out of range; for operations outside an epoch.
    private GpuWeights Quantised(in BlockArguments arguments)
    {
        GpuWeights weights = Weights(arguments.Cohort, _device.Workspace.Take<int>("failed", Slots(arguments.Cohort)));
        MaskWeights(arguments);
        Clear(weights.Failed);
        Quantise(arguments.Cohort, weights);
        return weights;
    }

    private void Quantise(in CohortViews cohort, in GpuWeights weights) =>
        _quantise.Launch(Vectors(cohort), new QuantiseGpu { Cohort = cohort, Weights = weights });

    private GpuWeights Weights(in CohortViews cohort, ArrayView<int> failed) => new()
    {
        Values = _device.Workspace.Take<int>("quantised weights", (cohort.Inputs + 1L) * cohort.B1.Length),
        Exponents = _device.Workspace.Take<int>("exponents", cohort.B1.Length),
        Failed = failed,
    };

    private void Clear(ArrayView<int> values)
    {
        var job = new ClearGpu { Values = values };
        _clear.Launch(job.Groups, job);
    }

    private static GpuGradients Gradients(in BlockArguments arguments) => new()
    {
        W1 = arguments.Scratch.GradW1,
        B1 = arguments.Scratch.GradB1,
        W2 = arguments.Scratch.GradW2,
        B2 = arguments.Scratch.GradB2,
    };

    private static GpuTotals ScratchTotals(in BlockArguments arguments) =>
        new() { Loss = arguments.Scratch.Loss, Counts = arguments.Scratch.Counts, Deltas = arguments.Scratch.DeltaSums };

    private GpuTotals Totals(in CohortViews cohort, int parts) => new()
    {
        Loss = _device.Workspace.Take<long>("parts of losses", parts * 2 * cohort.B2.Length),
        Counts = _device.Workspace.Take<int>("parts of counts", parts * 4 * cohort.B2.Length),
        Deltas = _device.Workspace.Take<long>("parts of delta sums", parts * cohort.B2.Length),
    };

    // Parts of the images in which models go through their output: as many as fill the device. No bit depends on it.
    private int OutputParts(in CohortViews cohort, int rows) =>
        Math.Min(Math.Clamp(GpuProductParts.EnoughGroups / Slots(cohort), 1, GpuParts.Chunks(rows)), MostSegments);
}
