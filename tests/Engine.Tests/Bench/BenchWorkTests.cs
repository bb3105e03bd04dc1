using GpuMlp.Engine.Bench;
using GpuMlp.Kernels.Memory;

namespace GpuMlp.Engine.Tests.Bench;

public sealed class BenchWorkTests
{
    private static readonly byte[] s_pixels = [0, 9, 1, 0, 0, 1];

    // W1 [3, 2] with two weights left.
    private static readonly ModelParameters s_model = new([0, 0, 5, 0, 0, 7], [0, 0], [1, 1], [0]);

    [Fact]
    public void Useful_work_is_where_neither_pixel_nor_weight_is_zero()
    {
        // Pixel 1 is set in one image and has one weight; pixel 2 is set in both and has one.
        BenchWork work = BenchWork.Of(BenchOp.Forward, BenchForm.Dense, s_pixels, [s_model, s_model], inputs: 3);
        Assert.Equal(2 * (2 * 3 * 2) * 2, work.DenseFlop);
        Assert.Equal(2 * (1 + 2) * 2, work.UsefulFlop);
    }

    [Theory]
    [InlineData(BenchForm.Dense, (4 * 6) + (4 * 6) + (4 * 2))]
    [InlineData(BenchForm.InputSparse, (6 * 3) + (4 * 6) + (4 * 2))]
    [InlineData(BenchForm.WeightSparse, (4 * 6) + (6 * 2) + (4 * 2))]
    [InlineData(BenchForm.Outside, (4 * 6) + (8 * 2) + (4 * 4))]
    public void Bytes_are_those_of_the_forms_own_storage(BenchForm form, double bytes) =>
        Assert.Equal(bytes, BenchWork.Of(BenchOp.Forward, form, s_pixels, [s_model], inputs: 3).Bytes);

    [Fact]
    public void Saliency_is_a_forward_pass_and_a_map()
    {
        BenchWork work = BenchWork.Of(BenchOp.Saliency, BenchForm.Dense, s_pixels, [s_model], inputs: 3);
        Assert.Equal(2 * 2 * (2 * 3 * 2), work.DenseFlop);
        Assert.Equal((2 * 3) + (2 * 2 * 2), work.UsefulFlop);
    }
}
