using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Pruning;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Analyses.Similarity;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Reference;
using GpuMlp.Kernels.Training;
using static GpuMlp.Kernels.Verification.ExactExpectations;
using static GpuMlp.Kernels.Verification.KernelExpectations;

namespace GpuMlp.Kernels.Verification;

/// <summary>
/// For each operation, how one variant of it is compared on one shape: with the double reference within bounds, and with the exact one bit
/// by bit.
/// </summary>
internal static class KernelCases
{
    private delegate void Case(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape);

    private static readonly Dictionary<Operation, Case> s_cases = new()
    {
        [InitializeOperation.Instance] = Initialize,
        [HiddenForwardOperation.Instance] = HiddenForward,
        [DropoutOperation.Instance] = Dropout,
        [OutputForwardOperation.Instance] = OutputForward,
        [OutputLossOperation.Instance] = OutputLoss,
        [OutputBackwardOperation.Instance] = OutputBackward,
        [HiddenBackwardOperation.Instance] = HiddenBackward,
        [UpdateOperation.Instance] = Update,
        [TrainEpochOperation.Instance] = TrainEpoch,
        [CopyModelsOperation.Instance] = CopyModels,
        [EvaluateOperation.Instance] = Evaluate,
        [SaliencyOperation.Instance] = Saliency,
        [SimilarityOperation.Instance] = (kernels, _, _, _) => SimilarityCase.Compare(kernels),
        [PruneRankOperation.Instance] = PruneRank,
        [PruneOperation.Instance] = Prune,
        [CorruptOperation.Instance] = (kernels, _, _, _) => CorruptCase.Compare(kernels),
        [CompressOperation.Instance] = (kernels, cohort, _, shape) => SparseCases.Compress(kernels, cohort, shape),
        [SparseEvaluateOperation.Instance] = SparseCases.SparseEvaluate,
        [SparseBackwardOperation.Instance] = SparseCases.SparseBackward,
        [SparseSaliencyOperation.Instance] = SparseCases.SparseSaliency,
    };

    // What a mask changes.
    private static readonly Operation[] s_masked =
    [
        HiddenForwardOperation.Instance, EvaluateOperation.Instance, OutputBackwardOperation.Instance, HiddenBackwardOperation.Instance,
        UpdateOperation.Instance, TrainEpochOperation.Instance,
    ];

    // What models with a logit a class go through.
    private static readonly Operation[] s_ofClasses =
    [
        InitializeOperation.Instance, OutputForwardOperation.Instance, OutputLossOperation.Instance, OutputBackwardOperation.Instance,
        HiddenBackwardOperation.Instance, UpdateOperation.Instance, TrainEpochOperation.Instance, EvaluateOperation.Instance,
        PruneRankOperation.Instance, PruneOperation.Instance, CompressOperation.Instance, SparseEvaluateOperation.Instance,
        SparseBackwardOperation.Instance,
    ];

    // What class weights and dropped units change; the double reference has them in the gradient check alone.
    private static readonly Operation[] s_learning =
    [
        DropoutOperation.Instance, OutputLossOperation.Instance, HiddenBackwardOperation.Instance, TrainEpochOperation.Instance,
    ];

    // What depends on optimisers.
    private static readonly Operation[] s_remembering = [UpdateOperation.Instance, TrainEpochOperation.Instance];

    private static readonly Operation[] s_own = [CorruptOperation.Instance, SimilarityOperation.Instance];

    public static bool Has(Operation operation) =>
        TsneCase.Has(operation) || s_cases.ContainsKey(operation);

    /// <summary>Whether weights under a mask are to be compared apart: such shapes come behind the others.</summary>
    public static bool HasMasks(Operation operation) => s_masked.Contains(operation);

    /// <summary>
    /// The shapes on which an operation is compared. Some have images or maps of their own, so that one of these runs all of them.
    /// </summary>
    public static IEnumerable<Shape> Shapes(Operation operation)
    {
        if (s_own.Contains(operation))
            return Shape.All[..1];
        Shape[] shapes = s_ofClasses.Contains(operation) ? [.. Shape.All, .. Shape.OfClasses] : Shape.All;
        return
        [
            .. shapes,
            .. HasMasks(operation) ? shapes.Select(shape => shape with { IsMasked = true }) : [],
            .. s_learning.Contains(operation) ? Shape.Learning : [],
            .. s_remembering.Contains(operation)
                ? Shape.Remembering.SelectMany(shape => new[] { shape, shape with { IsMasked = true } }) : [],
        ];
    }

    public static void Run(ComputeDevice device, KernelVariant variant, Shape shape) =>
        Run(DeviceKernels.Create(device, variant.Width), variant, shape);

    /// <param name="kernels">Of the variant's accelerator and width.</param>
    public static void Run(DeviceKernels kernels, KernelVariant variant, Shape shape)
    {
        ComputeDevice device = kernels.Device;
        if (TsneCase.Has(variant.Operation))
        {
            TsneCase.Run(kernels, variant.Operation, shape);
            return;
        }

        // Gradients over pixel-major images: batches of whole tiles.
        bool inTiles = variant.Operation == SparseBackwardOperation.Instance;
        if (inTiles)
            shape = shape with { Batch = PixelTiles.Tiles(shape.Batch) * PixelTiles.TileImages };
        using var cohort = new DeviceCohort(
            device,
            ColumnLayout.Create(
                shape.Hidden, shape.Inputs, device.LayoutWays, shape.Outputs, [.. shape.Settings.Select(model => model.Optimiser)]),
            Samples.Rates(shape.Hidden.Length), shape.IsMasked, shape.Settings)
        {
            WeightDecay = shape.WeightDecay,
        };
        using var images = new DeviceImages(
            device, shape.Pixels, shape.Labels, shape.Inputs, shape.Schedule, variant.Form, withBackward: inTiles
                || variant.Form != KernelForm.WeightSparse, shape.Numbers);
        cohort.Upload(shape.Models);
        if (shape.Learns)
            cohort.SetLearning(shape.Learnings, shape.Origin);
        if (shape.IsMasked)
            cohort.SetMask(shape.Masks);
        s_cases[variant.Operation](kernels, cohort, images, shape);
    }

    private static void Initialize(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape)
    {
        const uint Seed = 11;
        const float Std = 0.05f;
        ulong[] identities = [.. shape.Hidden.Select((_, m) => (0x100000000UL * (ulong)m) + 3)];
        kernels.Initialize(cohort, new ModelOrigin(identities, Seed, Std));
        ModelParameters[] models = cohort.Download();
        for (int m = 0; m < models.Length; m++)
        {
            ModelParameters model = models[m];
            float[] actual = [.. model.W1, .. model.W2];
            var expected = new double[actual.Length];
            for (int i = 0; i < expected.Length; i++)
            {
                PhiloxBlock draw = Philox.Draw(new PhiloxBlock((uint)i / 4, (uint)m, 3, 0), Seed, RandomStreams.Weights);
                uint bits = (i % 4) switch { 0 => draw.X, 1 => draw.Y, 2 => draw.Z, _ => draw.W };
                double z = GaussianTable.UpperQuantile(((bits & 0x7FFFFFFF) | 1) / 4294967296.0);
                expected[i] = Std * (bits >> 31 != 0 ? -z : z);
            }
            Check.Near($"{shape}: initial weights of model {m}", expected, actual, [Std * GaussianTable.LargestError]);
            Check.Near($"{shape}: initial b1 of model {m}", new double[shape.Hidden[m]], model.B1, [0.0]);
            Check.SameBits($"{shape}: initial b2 of model {m}", new float[model.Outputs], model.B2);
        }
    }

    private static void HiddenForward(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape)
    {
        RunningError[][] expected = KernelExpectations.FirstStep(shape);
        ExactStep[][] exact = ExactExpectations.FirstStep(shape);
        EachChunk(shape, (chunk, batch, first) =>
        {
            int rows = shape.Schedule.Chunks[chunk].Rows;
            kernels.HiddenForward(cohort, images, chunk);
            float[] z = Copy(kernels.Device, cohort.Scratch.Activations);
            CompareColumns($"{shape}, chunk {chunk}: Z", cohort, z, first, rows, expected, batch, e => e.Forward.Z, e => e.ZError);
            SameColumns($"{shape}, chunk {chunk}: Z", cohort, z, first, rows, m => exact[m][batch].Z);
        });
    }

    private static void Dropout(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape)
    {
        ExactStep[][] exact = ExactExpectations.FirstStep(shape);
        EachChunk(shape, (chunk, batch, first) =>
        {
            kernels.HiddenForward(cohort, images, chunk);
            kernels.Dropout(cohort, images, chunk, StepEpoch);
            float[] z = [.. Copy(kernels.Device, cohort.Scratch.Activations).Select(value => Math.Max(value, 0f))];
            SameColumns(
                $"{shape}, chunk {chunk}: relu(Z)", cohort, z, first, shape.Schedule.Chunks[chunk].Rows,
                m => [.. exact[m][batch].Z.Select(value => Math.Max(value, 0f))]);
        });
    }

    private static void OutputForward(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape)
    {
        RunningError[][] expected = Bounds(shape);
        ExactStep[][] exact = ExactExpectations.FirstStep(shape);
        EachChunk(shape, (chunk, batch, first) =>
        {
            int rows = shape.Schedule.Chunks[chunk].Rows;
            kernels.HiddenForward(cohort, images, chunk);
            kernels.OutputForward(cohort, images, chunk);
            if (expected.Length > 0)
            {
                CompareSlots(
                    $"{shape}, chunk {chunk}: logits", cohort, first, rows, expected, batch, e => e.Forward.Logits, e => e.LogitError);
            }
            SameSlots($"{shape}, chunk {chunk}: logits", cohort, first, rows, m => exact[m][batch].Logits);
        });
    }

    private static void OutputLoss(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape)
    {
        RunningError[][] expected = Bounds(shape);
        ExactStep[][] exact = ExactExpectations.FirstStep(shape);
        EachChunk(shape, (chunk, batch, first) =>
        {
            kernels.HiddenForward(cohort, images, chunk);
            kernels.Dropout(cohort, images, chunk, StepEpoch);
            kernels.OutputLoss(cohort, images, chunk);
            SameSlots($"{shape}, chunk {chunk}: q", cohort, first, shape.Schedule.Chunks[chunk].Rows, m => exact[m][batch].Deltas);
        });
        EpochTotals[] totals = cohort.DownloadTotals();
        for (int m = 0; m < totals.Length; m++)
        {
            if (expected.Length > 0)
            {
                CompareTotals(
                    $"{shape}, model {m}",
                    expected[m].Aggregate(default(ReferenceTotals), (sum, e) => sum + e.Totals),
                    expected[m].Sum(e => e.LossError),
                    expected[m].Sum(e => e.Undecided),
                    totals[m]);
            }
            ExactTotals sums = exact[m].Aggregate(ExactTotals.None(shape.Outputs), (sum, step) => sum + step.Totals);
            SameTotals($"{shape}, model {m}", sums.ToEpoch(shape.Images, failed: false), totals[m]);
        }
    }

    private static void OutputBackward(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape)
    {
        ExactStep[][] exact = ExactExpectations.FirstStep(shape);
        EachChunk(shape, (chunk, batch, first) =>
        {
            kernels.HiddenForward(cohort, images, chunk);
            kernels.OutputLoss(cohort, images, chunk);
            kernels.OutputBackward(cohort, images, chunk);
            float[] gated = Copy(kernels.Device, cohort.Scratch.Activations);
            SameColumns(
                $"{shape}, chunk {chunk}: gate q",
                cohort,
                gated,
                first,
                shape.Schedule.Chunks[chunk].Rows,
                m => exact[m][batch].Gated);
        });
    }

    private static void HiddenBackward(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape)
    {
        RunningError[][] expected = Bounds(shape);
        ExactStep[][] exact = ExactExpectations.FirstStep(shape);
        EachChunk(shape, (chunk, batch, _) =>
        {
            Gradients(kernels, cohort, images, chunk);
            if (!shape.Schedule.Chunks[chunk].IsLast)
                return;
            if (expected.Length > 0)
            {
                CompareGradients($"{shape}, batch {batch}: dW1", cohort, expected, batch, g => g.W1);
                CompareGradients($"{shape}, batch {batch}: db1", cohort, expected, batch, g => g.B1);
                CompareGradients($"{shape}, batch {batch}: dw2", cohort, expected, batch, g => g.W2);
                CompareGradients($"{shape}, batch {batch}: db2", cohort, expected, batch, g => g.B2);
            }
            ModelParameters[] actual = cohort.DownloadGradients();
            for (int m = 0; m < actual.Length; m++)
                SameParameters($"{shape}, batch {batch}, gradient of model {m}", exact[m][batch].Gradient, actual[m]);
        });
    }

    private static void Update(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape)
    {
        if (shape.Remembers)
        {
            OptimiserCase.Update(kernels, cohort, shape, FirstBatch);
            return;
        }

        FirstBatch();
        kernels.Update(cohort);
        float[] rates = Samples.Rates(shape.Hidden.Length);
        ModelParameters[] actual = cohort.Download(), exact = Stepped(shape);
        for (int m = 0; m < actual.Length; m++)
        {
            if (Bounds(shape) is { Length: > 0 } expected)
                CompareParameters($"{shape}, model {m}", expected[m][0].Step(rates[m], shape.WeightDecay), actual[m]);
            SameParameters($"{shape}, model {m}", exact[m], actual[m]);
        }

        void FirstBatch()
        {
            for (int chunk = 0; chunk < shape.Schedule.Chunks.Count && (chunk == 0 || !shape.Schedule.Chunks[chunk].IsFirst); chunk++)
                Gradients(kernels, cohort, images, chunk);
        }
    }

    private static void TrainEpoch(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape)
    {
        if (shape.Remembers)
        {
            OptimiserCase.TrainEpoch(kernels, cohort, images, shape, (epoch, update) =>
            {
                for (int chunk = 0; chunk < shape.Schedule.Chunks.Count; chunk++)
                {
                    Gradients(kernels, cohort, images, chunk, epoch);
                    if (shape.Schedule.Chunks[chunk].IsLast)
                        update();
                }
            });
            return;
        }

        TrainedModel[] expected = HasBounds(shape) ? KernelExpectations.Trained(shape) : [];
        ExactTraining[] exact = ExactExpectations.Trained(shape);
        for (int epoch = 0; epoch < exact[0].Epochs.Length; epoch++)
        {
            kernels.TrainEpoch(cohort, images, epoch);
            EpochTotals[] totals = cohort.DownloadTotals();
            for (int m = 0; m < totals.Length; m++)
            {
                string name = $"{shape}, model {m}, epoch {epoch}";
                if (expected.Length > 0)
                    CompareTotals(name, expected[m].Epochs[epoch], expected[m].LossErrors[epoch], expected[m].Undecided[epoch], totals[m]);
                SameTotals(name, exact[m].Epochs[epoch], totals[m]);
            }
        }
        ModelParameters[] actual = cohort.Download();
        for (int m = 0; m < actual.Length; m++)
        {
            if (expected.Length > 0)
                CompareParameters($"{shape}, model {m}", expected[m].Model, actual[m]);
            SameParameters($"{shape}, model {m}", exact[m].Model, actual[m]);
        }
    }

    private static void CopyModels(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape)
    {
        using var other = new DeviceCohort(kernels.Device, cohort.Layout, Samples.Rates(shape.Hidden.Length));
        ModelParameters[] before = [.. shape.Hidden.Select((hidden, m) => Samples.Model(shape.Inputs, hidden, seed: 900 + m))];
        other.Upload(before);
        bool[] copied = [.. shape.Hidden.Select((_, m) => m % 3 != 1)];
        kernels.CopyModels(cohort, other, copied);
        ModelParameters[] actual = other.Download();
        for (int m = 0; m < actual.Length; m++)
            SameParameters($"{shape}, model {m}", copied[m] ? shape.Models[m] : before[m], actual[m]);
    }

    private static void Evaluate(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape)
    {
        RunningError[][] expected = Bounds(shape);
        ExactStep[][] exact = ExactExpectations.FirstStep(shape);
        ModelEvaluation[] actual = kernels.Evaluate(cohort, images);
        for (int m = 0; m < actual.Length; m++)
        {
            string name = $"{shape}, model {m}";
            if (expected.Length > 0)
            {
                Check.Near(
                    $"{name}: logits", [.. expected[m].SelectMany(e => e.Forward.Logits)], actual[m].Logits.Span,
                    [.. expected[m].SelectMany(e => e.LogitError)]);
            }
            Check.SameBits($"{name}: logits", [.. exact[m].SelectMany(step => step.Logits)], actual[m].Logits.Span);
            Check.SameItems(Enumerable.Range(0, shape.Hidden[m]).Select(h => exact[m].Max(step => step.Active[h])), actual[m].Active);
        }
    }

    private static void Saliency(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape)
    {
        foreach (IGrouping<SaliencyMethod, BoundedMap> expected in Maps(shape).GroupBy(map => map.Method))
        {
            ReadOnlyMemory<float>[] maps = kernels.Saliency(cohort, images, expected.Key);
            foreach (BoundedMap map in expected)
                map.Compare($"{shape}", maps);
        }
    }

    // Rank of a weight by its definition: the weights of its layer whose magnitude is strictly smaller.
    private static void PruneRank(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape)
    {
        using var ranks = new PruneRanks(kernels.Device, cohort.Layout, PruneCase.Origin(shape.Hidden.Length));
        kernels.PruneRank(cohort, ranks, PruneMethod.Layer);
        int[] w2 = Copy(kernels.Device, ranks.Views.RanksW2), w1 = Copy(kernels.Device, ranks.Views.RanksW1);
        foreach (ModelSlot slot in cohort.Layout.Slots)
        {
            ColumnBlock block = cohort.Layout.Blocks[slot.Block];
            ModelParameters model = shape.Models[slot.Model];
            float[] sorted = [.. model.W1.Select(Math.Abs).Order()];
            for (int i = 0; i < model.W1.Length; i += 7)
            {
                int place = (shape.Inputs * block.FirstColumn) + (i / slot.Hidden * block.Stride) + slot.Column - block.FirstColumn
                    + (i % slot.Hidden);
                float magnitude = Math.Abs(model.W1[i]);
                bool isFirst = w1[place] == 0 || sorted[w1[place] - 1] < magnitude;
                Check.True(sorted[w1[place]] == magnitude && isFirst, $"{shape}, model {slot.Model}: rank of W1[{i}]");
            }
            Check.SameItems(
                model.W2.Select(w => model.W2.Count(other => Math.Abs(other) < Math.Abs(w))),
                Enumerable.Range(0, shape.Outputs).SelectMany(k => w2.Skip(cohort.Layout.OutputWeight(slot, k)).Take(slot.Hidden)));
        }
    }

    private static void Prune(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Shape shape)
    {
        foreach (PruneMethod method in PruneMethod.All)
            PruneCase.Compare($"{shape}", kernels, kernels.Device, cohort, shape.Models, method);
    }

    // The double reference with its bounds, none for models with a logit a class: there tests compare it with the exact one.
    private static RunningError[][] Bounds(Shape shape) => HasBounds(shape) ? KernelExpectations.FirstStep(shape) : [];

    private static bool HasBounds(Shape shape) => shape is { Outputs: 1, Learns: false };

    private static void Gradients(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, int chunk, int epoch = StepEpoch)
    {
        kernels.HiddenForward(cohort, images, chunk);
        kernels.Dropout(cohort, images, chunk, epoch);
        kernels.OutputLoss(cohort, images, chunk);
        kernels.OutputBackward(cohort, images, chunk);
        kernels.HiddenBackward(cohort, images, chunk);
    }
}
