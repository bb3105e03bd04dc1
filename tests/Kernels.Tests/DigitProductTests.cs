using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products.Digits;
using GpuMlp.Kernels.Reference;
using GpuMlp.Kernels.Training;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>
/// The products in bytes without a GPU: the kernels themselves, run on simulated warps, have the integers of the plain loops
/// of <see cref="ExactMlp"/>. That they compile to what the hardware likes is for <see cref="PtxTests"/> and perf/ptx.
/// </summary>
[Trait("Size", "large")]
public sealed class DigitProductTests
{
    /// <summary>
    /// H of the models, D, N, B, least splits, most stages of a run. Tiles are 128 rows x 64 columns, stages 64: several models
    /// in a tile and models over several tiles; last tiles of one row and one column; K and N below, at and over a stage.
    /// </summary>
    public static TheoryData<int[], int, int, int, int, int> Shapes => new()
    {
        { [1], 1, 1, 1, 1, 9 },
        { [3, 1, 7, 2, 12, 5], 20, 33, 33, 1, 9 },
        { [40, 24], 62, 64, 64, 2, 9 },
        { [65], 70, 129, 129, 1, 9 },
        { [70, 3, 9, 50], 140, 131, 100, 2, 9 },
        { [2, 4, 6, 8], 9, 300, 300, 9, 9 },
        { [6, 8, 10], 12, 300, 300, 2, 2 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Tensor_cores_give_the_integers_of_plain_loops(int[] hidden, int inputs, int images, int batch, int splits, int stages) =>
        Compare(DigitSupport.TensorCores, new Shape(hidden, inputs, images, batch), splits, stages);

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Dp4a_gives_the_integers_of_plain_loops(int[] hidden, int inputs, int images, int batch, int splits, int stages) =>
        Compare(DigitSupport.Dp4a, new Shape(hidden, inputs, images, batch), splits, stages);

    [Fact]
    public void Two_epochs_on_tensor_cores_have_the_bits_of_the_exact_reference() => CompareEpochs(DigitSupport.TensorCores);

    [Fact]
    public void Two_epochs_by_dp4a_have_the_bits_of_the_exact_reference() => CompareEpochs(DigitSupport.Dp4a);

    [Fact]
    public void A_model_that_has_failed_gives_zeros_and_leaves_its_neighbours_alone()
    {
        var shape = new Shape([5, 20, 9], 30, 40, 40);
        ModelParameters[] models = shape.Models;
        models[1].W1[17] = float.NaN;
        models[1].W2[3] = float.PositiveInfinity;
        Compare(DigitSupport.TensorCores, shape, models: models);
    }

    [Fact]
    public void Bright_images_and_the_largest_weights_and_deltas_stay_exact()
    {
        // All digits at the ends of their ranges, 127 and -128, of both signs; a bias that makes p exactly 0 or 1.
        var shape = new Shape([9, 9], 130, 130, 130);
        ModelParameters[] models = [.. shape.Models.Select((model, m) => new ModelParameters(
            [.. model.W1.Select((_, i) => (i % 4) switch
            {
                0 => 1f,
                1 => -1f,
                2 => -32_896f / ExactSums.Largest,
                _ => 32_639f / ExactSums.Largest,
            })],
            [.. model.B1.Select(_ => 1f)],
            [.. model.W2.Select(_ => 0.001f)],
            [m == 0 ? 1e6f : -1e6f]))];
        byte[] white = new byte[shape.Images * shape.Inputs];
        white.AsSpan().Fill(255);
        Compare(DigitSupport.TensorCores, shape, models: models, pixels: white);
    }

    [Fact]
    public void Images_are_split_until_the_processors_are_busy_and_sums_stay_in_32_bits()
    {
        Assert.Equal((1, 10), DigitProducts.Splits(10, tiles: 264, multiprocessors: 132, least: 1));
        Assert.Equal((10, 1), DigitProducts.Splits(10, tiles: 1, multiprocessors: 132, least: 1));
        Assert.Equal((3, 4), DigitProducts.Splits(10, tiles: 100, multiprocessors: 132, least: 1));

        // 65,000 images and one are two parts, and none is empty.
        Assert.Equal((1, DigitTile.MostStages), DigitProducts.Splits(DigitTile.MostStages, tiles: 1000, multiprocessors: 132, least: 1));
        Assert.Equal(
            (2, DigitTile.MostStages), DigitProducts.Splits(DigitTile.MostStages + 1, tiles: 1000, multiprocessors: 132, least: 1));
        Assert.True(255L * 128 * DigitTile.Stage * DigitTile.MostStages <= int.MaxValue);
        for (int stages = 1; stages < 300; stages++)
        {
            (int splits, int each) = DigitProducts.Splits(stages, tiles: 7, multiprocessors: 132, least: 1);
            Assert.InRange(stages, ((splits - 1) * each) + 1, splits * each);
        }
    }

    [Fact]
    public void Images_whose_forms_would_be_too_large_have_none_and_train_by_other_products()
    {
        const int Images = 3000, Inputs = 6000;
        var pixels = new byte[Images * Inputs];
        pixels.AsSpan().Fill(1);

        // Batches of one image take a stage each: 3,000 * 64 * 6,016 bytes.
        Assert.Null(DigitPixels.Arrange(pixels, Inputs, ChunkSchedule.Consecutive(Images, 1)));
        DigitPixels? whole = DigitPixels.Arrange(pixels.AsSpan(0, 64 * Inputs), Inputs, ChunkSchedule.Consecutive(64, 64));
        Assert.Equal(Inputs + 1, whole!.Numbers.Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(-128)]
    [InlineData(-129)]
    [InlineData(32_639)]
    [InlineData(32_640)]
    [InlineData(-32_896)]
    [InlineData(-32_897)]
    [InlineData(ExactSums.Largest)]
    [InlineData(-ExactSums.Largest)]
    public void Three_signed_digits_are_the_number(int value)
    {
        int next = DigitPlanes.Next(value), last = DigitPlanes.Next(next);
        Assert.Equal(value, (last * 65536) + ((sbyte)next * 256) + (sbyte)value);
        Assert.InRange(last, -128, 127);
        Assert.Equal(unchecked((int)0x80_7F_FF_01), DigitPlanes.Pack(new Int4(0x101, -1, 127, -128)));
    }

    [Fact]
    public void Instructions_on_bytes_are_those_of_the_PTX_manual()
    {
        Assert.Equal(unchecked((int)0xFF00FF00), MmaWarp.SpreadSigns(unchecked((int)0x807F8001)));
        Assert.Equal(
            5 + (255 * -128) + (1 * 127) + (128 * -1) + (2 * 3), MmaWarp.DotAdd(5, unchecked((int)0xFF018002), unchecked((int)0x807FFF03)));
        Assert.Equal(2, MmaWarp.Round(2.5f));
        Assert.Equal(-4, MmaWarp.Round(-3.5f));
    }

    private static void Compare(
        DigitSupport support, Shape shape, int splits = 1, int stages = int.MaxValue,
        ModelParameters[]? models = null, byte[]? pixels = null) =>
        SimulatedGpu.Use(support, device =>
        {
            (device.Tuning.LeastSplits, device.Tuning.MostStages) = (splits, stages);
            using var run = new ProductRun(device, shape, models, pixels);
            run.Compare();
        });

    // As a user trains: quantising, products, output, gradients and steps, with decay and under a mask.
    private static void CompareEpochs(DigitSupport support) => SimulatedGpu.Use(support, device =>
    {
        // More images than a small batch has, which takes another way.
        var shape = new Shape([7, 60, 3], 70, 90, DeviceImages.MostOfSmallBatch + 6, 0.1f, IsMasked: true);
        ExactTraining[] expected = ExactExpectations.Trained(shape);
        using var cohort = new DeviceCohort(
            device, ColumnLayout.Create(shape.Hidden, shape.Inputs, device.LayoutWays), Samples.Rates(shape.Hidden.Length), withMask: true)
        {
            WeightDecay = shape.WeightDecay,
        };
        cohort.Upload(shape.Models);
        cohort.SetMask(shape.Masks);
        using var images = new DeviceImages(
            device, shape.Pixels, shape.Labels, shape.Inputs, shape.Schedule, KernelForm.Dense, withBackward: true);
        for (int epoch = 0; epoch < expected[0].Epochs.Length; epoch++)
        {
            DeviceKernels.Create(device).TrainEpoch(cohort, images);
            EpochTotals[] totals = cohort.DownloadTotals();
            for (int m = 0; m < totals.Length; m++)
                ExactExpectations.SameTotals($"model {m}, epoch {epoch}", expected[m].Epochs[epoch], totals[m]);
        }
        ModelParameters[] actual = cohort.Download();
        for (int m = 0; m < actual.Length; m++)
            ExactExpectations.SameParameters($"model {m}", expected[m].Model, actual[m]);
    });
}
