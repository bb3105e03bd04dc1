using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Products.Digits;

/// <summary>
/// A batch from Wq to G in bytes, on int8 tensor cores or by dp4a: digits of the weights once a batch; then for each of its
/// runs forward, output and backward. Each call is one launch, seldom two, on the device's stream. What a call leaves for the
/// next lies in the workspace: a bit an element of the hidden layer, 8 + 3 bytes a model and image.
/// </summary>
/// <param name="device">One with a <see cref="DigitSupport"/>.</param>
internal sealed class DigitProducts(GpuDevice device)
{
    // Working memory of a run, unless one stage takes more.
    private const long MostBytes = 1L << 31;

    /// <summary>Bytes of working memory that a cohort takes, an upper guess.</summary>
    public static long WorkspaceBytes(ColumnLayout layout, int images) =>
        (3L * layout.Columns * DigitImages.ToMultiple(layout.Inputs + 1, DigitTile.Stage))
        + (RowBytes(layout.Slots.Count, layout.Columns) * RowsAtOnce(layout.Slots.Count, layout.Columns, images, int.MaxValue));

    /// <summary>Images of a run: whole stages.</summary>
    public int RowsAtOnce(in CohortViews cohort, DigitImages images) =>
        RowsAtOnce(cohort.SlotCount, Units(cohort).IntLength, images.MostRows, device.Tuning.MostStages);

    /// <summary>Whether kernels can index the digits of the cohort's weights, and of a stage of q: 32 bits.</summary>
    public static bool Fits(in CohortViews cohort, DigitImages images) =>
        Math.Max(WeightBytes(cohort, images), (long)cohort.SlotCount * DigitTile.Stage) <= int.MaxValue;

    /// <summary>Begins an epoch: sums that are added to become 0.</summary>
    /// <param name="gradient">G; rows of pixels that no image has stay 0 from here on.</param>
    public void Open(in CohortViews cohort, DigitImages images, ArrayView<long> gradient)
    {
        Logits(cohort, RowsAtOnce(cohort, images)).MemSetToZero(device.Stream);
        gradient.MemSetToZero(device.Stream);
    }

    /// <summary>Begins a batch: cuts the weights into digits.</summary>
    public void Weights(in CohortViews cohort, in GpuWeights weights, DigitImages images)
    {
        long plane = WeightBytes(cohort, images);
        device.Launch(
            WeightPlanes.Kernel,
            WeightPlanes.Threads,
            WeightPlanes.Groups(Units(cohort).IntLength, images.PixelPitch),
            new WeightPlanes
            {
                Weights = weights,
                Units = Units(cohort),
                PixelNumbers = images.PixelNumbers,
                Planes0 = Plane("weight digits", plane, 0).Cast<Int4>(),
                Planes1 = Plane("weight digits", plane, 1).Cast<Int4>(),
                Planes2 = Plane("weight digits", plane, 2).Cast<Int4>(),
                PixelRows = images.PixelRows,
                Pitch = images.PixelPitch,
            });
    }

    /// <summary>Gates of a run, and the columns' shares of its logits.</summary>
    public void Forward(in CohortViews cohort, in GpuWeights weights, DigitImages images, DigitRun run)
    {
        long plane = WeightBytes(cohort, images);
        device.Launch(
            HasTensorCores ? DigitForward.Mma : DigitForward.Dp4a,
            DigitTile.Threads,
            DigitForward.Groups(run.Rows, Units(cohort).IntLength),
            new DigitForward
            {
                Pixels = images.Pixels(run),
                Weights0 = Plane("weight digits", plane, 0),
                Weights1 = Plane("weight digits", plane, 1),
                Weights2 = Plane("weight digits", plane, 2),
                Units = Units(cohort),
                Exponents = weights.Exponents,
                W2 = cohort.W2,
                Gates = Gates(cohort, run),
                Logits = Logits(cohort, run.PaddedRows),
                PixelPitch = images.PixelPitch,
                Rows = run.Rows,
                Words = run.PaddedRows / 32,
                LogitPitch = run.PaddedRows,
            });
    }

    /// <summary>Loss and counts of a run, and q.</summary>
    /// <param name="labels">Of all images.</param>
    /// <param name="parts">In which the images are dealt out; see <see cref="GpuTotals"/>.</param>
    public void Output<TLoss>(
        in CohortViews cohort, ArrayView<int> failed, ArrayView<float> labels, DigitRun run, in GpuTotals totals, int parts,
        bool opensEpoch, bool opensBatch)
        where TLoss : struct, ILoss
    {
        long plane = DeltaBytes(cohort, run);
        var job = new DigitOutput<TLoss>
        {
            Cohort = cohort,
            Labels = labels.SubView(run.FirstRow, run.Rows),
            Failed = failed,
            Logits = Logits(cohort, run.PaddedRows),
            Deltas0 = Plane("delta digits", plane, 0).Cast<int>(),
            Deltas1 = Plane("delta digits", plane, 1).Cast<int>(),
            Deltas2 = Plane("delta digits", plane, 2).Cast<int>(),
            Pitch = run.PaddedRows,
            Totals = totals,
            Parts = GpuParts.Of(run.Rows, parts),
            OpensEpoch = opensEpoch ? 1 : 0,
            OpensBatch = opensBatch ? 1 : 0,
        };
        device.Launch(DigitOutput<TLoss>.Kernel, DigitOutput<TLoss>.Threads, job.Groups, job);
    }

    /// <summary>G of a run.</summary>
    /// <param name="gradient">[D + 1, stride] block after block; see <see cref="Open"/>.</param>
    /// <param name="goesOn">Adds to it, as later runs of a batch do.</param>
    public void Backward(in CohortViews cohort, DigitImages images, DigitRun run, ArrayView<long> gradient, bool goesOn)
    {
        long plane = DeltaBytes(cohort, run);
        int tiles = DigitBackward.Tiles(images.PixelRows, Units(cohort).IntLength);
        (int splits, int stages) = Splits(
            run.PaddedRows / DigitTile.Stage,
            tiles,
            device.Accelerator.NumMultiprocessors,
            device.Tuning.LeastSplits);
        if (splits > 1 && !goesOn)
            gradient.MemSetToZero(device.Stream);
        device.Launch(
            HasTensorCores ? DigitBackward.Mma : DigitBackward.Dp4a,
            DigitTile.Threads,
            checked(tiles * splits),
            new DigitBackward
            {
                Pixels = images.Transposed(run),
                Deltas0 = Plane("delta digits", plane, 0),
                Deltas1 = Plane("delta digits", plane, 1),
                Deltas2 = Plane("delta digits", plane, 2),
                Units = Units(cohort),
                Gates = Gates(cohort, run),
                PixelNumbers = images.PixelNumbers,
                Gradient = gradient,
                PixelRows = images.PixelRows,
                ImagePitch = run.Pitch,
                DeltaPitch = run.PaddedRows,
                Splits = splits,
                SplitStages = stages,
                Adds = splits > 1 || goesOn ? 1 : 0,
            });
    }

    /// <summary>
    /// Parts of the images and stages of each: more than one where fewer than two tiles a multiprocessor would leave some
    /// idle, or where a sum would leave 32 bits; none is empty.
    /// </summary>
    internal static (int Splits, int Stages) Splits(int stages, int tiles, int multiprocessors, int least)
    {
        int wanted = Math.Max(least, ((2 * multiprocessors) + tiles - 1) / tiles);
        int each = Math.Min(DigitTile.MostStages, (stages + wanted - 1) / wanted);
        return ((stages + each - 1) / each, each);
    }

    private bool HasTensorCores => device.Digits == DigitSupport.TensorCores;

    private static long RowBytes(int slots, int columns) => ((sizeof(long) + 3L) * slots) + ((columns + 7) / 8);

    private static int RowsAtOnce(int slots, int columns, int images, int mostStages)
    {
        long stages = Math.Clamp(MostBytes / (DigitTile.Stage * RowBytes(slots, columns)), 1, mostStages);
        return (int)Math.Min(stages * DigitTile.Stage, DigitImages.ToMultiple(images, DigitTile.Stage));
    }

    private static ArrayView<Int4> Units(in CohortViews cohort) => cohort.Units.Cast<Int4>();

    private static long WeightBytes(in CohortViews cohort, DigitImages images) => Units(cohort).Length * images.PixelPitch;

    private static long DeltaBytes(in CohortViews cohort, DigitRun run) => (long)cohort.SlotCount * run.PaddedRows;

    private ArrayView<long> Logits(in CohortViews cohort, int rows) =>
        device.Workspace.Take<long>("logit sums", (long)cohort.SlotCount * rows);

    private ArrayView<uint> Gates(in CohortViews cohort, DigitRun run) =>
        device.Workspace.Take<uint>("gates", Units(cohort).Length * (run.PaddedRows / 32));

    private ArrayView<byte> Plane(string name, long bytes, int plane) =>
        device.Workspace.Take<byte>(name, 3 * bytes).SubView(plane * bytes, bytes);
}
