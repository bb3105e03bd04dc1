using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using Xunit;

namespace GpuMlp.Kernels.Tests;

public sealed class CorruptTests : IDisposable
{
    private readonly CpuDevice _device = new(threads: 2);

    public static TheoryData<string> Kinds => [.. CorruptionKind.All.Select(kind => kind.Name)];

    public void Dispose() => _device.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_kernel_by_pixel_and_the_body_by_image_give_the_same_bytes(string name)
    {
        CorruptionKind kind = CorruptionKind.Find(name)!;
        DeviceKernels kernels = DeviceKernels.Create(_device);
        foreach ((int rows, int columns, int images) in CorruptCase.Shapes)
        {
            using CorruptionSource source = CorruptCase.Source(_device, rows, columns, images);
            foreach (Corruption corruption in Of(kind))
            {
                byte[] byImage = kernels.Corrupt(source, corruption);
                using DeviceArray<int> table = _device.Upload(CorruptOperation.Table(corruption));
                _device.Write(source.Target, new byte[byImage.Length]);
                corruption.Kind.AsOnGpu(kernels, CorruptOperation.Arguments(new CorruptJob(source, corruption), table), images);
                Assert.Equal(byImage, _device.Download(source.Target));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_severity_of_0_leaves_every_byte_alone(string name)
    {
        CorruptionKind kind = CorruptionKind.Find(name)!;
        using CorruptionSource source = CorruptCase.Source(_device, 28, 28, 5);
        Assert.Equal(CorruptCase.Pixels(28, 28, 5), DeviceKernels.Create(_device).Corrupt(source, new Corruption(kind, 0)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_image_has_the_same_bytes_alone_and_among_others_and_two_numbers_differ(string name)
    {
        CorruptionKind kind = CorruptionKind.Find(name)!;
        const int Side = 28, Images = 40, Inputs = Side * Side;
        using CorruptionSource together = CorruptCase.Source(_device, Side, Side, Images);
        DeviceKernels kernels = DeviceKernels.Create(_device);
        byte[] pixels = CorruptCase.Pixels(Side, Side, Images);
        var corruption = new Corruption(kind, kind.Largest <= 10 && kind != CorruptionKind.Blur ? 0.3 : 7);
        byte[] all = kernels.Corrupt(together, corruption);
        using var device = new CpuDevice(threads: 1);
        DeviceKernels other = DeviceKernels.Create(device);
        foreach (int image in new[] { 0, 17, Images - 1 })
        {
            using var alone = new CorruptionSource(
                device,
                pixels[(image * Inputs)..((image + 1) * Inputs)],
                Side,
                Side,
                [CorruptCase.Number(image)]);
            Assert.Equal(all[(image * Inputs)..((image + 1) * Inputs)], other.Corrupt(alone, corruption));
        }

        // The same picture forty times under different numbers: a random corruption does not treat all alike.
        byte[] copies = [.. Enumerable.Repeat(pixels[..Inputs], Images).SelectMany(copy => copy)];
        using var same = new CorruptionSource(_device, copies, Side, Side, [.. Enumerable.Range(0, Images).Select(CorruptCase.Number)]);
        int distinct = kernels.Corrupt(same, corruption).Chunk(Inputs).Select(Convert.ToHexString).Distinct().Count();
        Assert.Equal(name switch { "blur" or "contrast" => 1, "rotation" => 2, "translation" => 4, _ => distinct }, distinct);
        Assert.True(name is "blur" or "contrast" || distinct > 1, $"{kind}: all images are treated alike");
    }

    [Fact]
    public void Noise_is_unbiased_and_as_wide_as_asked_for_and_levels_are_independent()
    {
        const int Side = 100;
        byte[] grey = [.. Enumerable.Repeat((byte)128, Side * Side)];
        using var source = new CorruptionSource(_device, grey, Side, Side, [3]);
        DeviceKernels kernels = DeviceKernels.Create(_device);
        double[] Noise(double sigma)
            => [.. kernels.Corrupt(source, new Corruption(CorruptionKind.Gaussian, sigma)).Select(value => (value - 128.0) / 255)];
        double[] narrow = Noise(0.05), wide = Noise(0.1);

        // Four standard errors of a mean, a standard deviation and a correlation of 10,000 numbers.
        const double Four = 4.0 / Side;
        Assert.InRange(narrow.Average(), -0.05 * Four, 0.05 * Four);
        Assert.InRange(Math.Sqrt(wide.Average(x => x * x)), 0.1 * (1 - Four), 0.1 * (1 + Four));
        Assert.InRange(narrow.Zip(wide, (a, b) => a * b).Average() / 0.005, -Four, Four);
    }

    [Fact]
    public void Salt_and_pepper_take_the_share_asked_for_half_and_half()
    {
        const int Side = 100;
        byte[] grey = [.. Enumerable.Repeat((byte)128, Side * Side)];
        using var source = new CorruptionSource(_device, grey, Side, Side, [3]);
        byte[] speckled = DeviceKernels.Create(_device).Corrupt(source, new Corruption(CorruptionKind.SaltPepper, 0.2));

        // Four standard errors of a count of 1,000 in 10,000: 4 sqrt(900) = 120.
        Assert.InRange(speckled.Count(value => value == 0), 880, 1120);
        Assert.InRange(speckled.Count(value => value == 255), 880, 1120);
        Assert.All(speckled, value => Assert.True(value is 0 or 128 or 255));
    }

    [Fact]
    public void An_occlusion_is_one_whole_square_and_reaches_every_place()
    {
        const int Side = 9, Size = 4, Images = 1500, Inputs = Side * Side;
        byte[] white = [.. Enumerable.Repeat((byte)255, Images * Inputs)];
        using var source = new CorruptionSource(_device, white, Side, Side, [.. Enumerable.Range(0, Images)]);
        byte[] hidden = DeviceKernels.Create(_device).Corrupt(source, new Corruption(CorruptionKind.Occlusion, Size));
        var corners = new HashSet<int>();
        foreach (byte[] image in hidden.Chunk(Inputs))
        {
            int[] black = [.. Enumerable.Range(0, Inputs).Where(pixel => image[pixel] == 0)];
            Assert.Equal(Enumerable.Range(0, Size * Size).Select(i => black[0] + (i / Size * Side) + (i % Size)), black);
            corners.Add(black[0]);
        }
        Assert.Equal((Side - Size + 1) * (Side - Size + 1), corners.Count);
    }

    [Fact]
    public void Lost_contrast_keeps_the_mean_and_at_1_leaves_nothing_else()
    {
        using var source = new CorruptionSource(_device, [0, 100, 201, 255, 7, 7, 7, 7], 2, 2, [0, 1]);
        DeviceKernels kernels = DeviceKernels.Create(_device);
        CorruptionKind contrast = CorruptionKind.Find("contrast")!;

        // The first image has the mean 139.
        Assert.Equal([139, 139, 139, 139, 7, 7, 7, 7], kernels.Corrupt(source, new Corruption(contrast, 1)));
        Assert.Equal([70, 120, 170, 197, 7, 7, 7, 7], kernels.Corrupt(source, new Corruption(contrast, 0.5)));
    }

    [Theory]
    [InlineData("gaussian", -0.1)]
    [InlineData("gaussian", double.NaN)]
    [InlineData("gaussian", 10.5)]
    [InlineData("salt-pepper", 1.01)]
    [InlineData("occlusion", 2.5)]
    [InlineData("translation", 257)]
    [InlineData("rotation", 181)]
    public void A_severity_that_cannot_be_is_refused(string name, double severity)
    {
        CorruptionKind kind = CorruptionKind.Find(name)!;
        using CorruptionSource source = CorruptCase.Source(_device, 3, 3, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => DeviceKernels.Create(_device).Corrupt(source, new Corruption(kind, severity)));
    }

    private static IEnumerable<Corruption> Of(CorruptionKind kind) => CorruptCase.Corruptions.Where(corruption => corruption.Kind == kind);
}
