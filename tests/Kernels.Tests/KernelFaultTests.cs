using System.Runtime.InteropServices;
using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Analyses.Tsne;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using ILGPU.IR.Intrinsics;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>Exceptions in kernel bodies on a CPU: they come out of the launch, whichever thread they were thrown on, and the device goes on.</summary>
public sealed class KernelFaultTests
{
    private const int Items = 40, Bad = 7;

    private static readonly int[] s_done = new int[Items];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void What_a_body_throws_comes_out_of_the_launch_and_the_device_goes_on(int threads)
    {
        using var device = new CpuDevice(threads);
        var kernel = new BlockKernel<Throwing>(device);
        for (int attempt = 0; attempt < 3; attempt++)
        {
            var error = Assert.Throws<InvalidDataException>(() => kernel.Launch(new BlockArguments { Items = Items, Mode = Bad }));
            Assert.Equal($"item {Bad}", error.Message);
            Assert.Contains(nameof(Throwing), error.StackTrace);

            Array.Clear(s_done);
            kernel.Launch(new BlockArguments { Items = Items, Mode = -1 });
            Assert.All(s_done, done => Assert.Equal(1, done));
        }
    }

    [Fact]
    public void When_every_item_throws_one_of_them_is_told()
    {
        using var device = new CpuDevice(4);
        var kernel = new BlockKernel<AlwaysThrowing>(device);
        for (int attempt = 0; attempt < 20; attempt++)
            Assert.Throws<InvalidDataException>(() => kernel.Launch(new BlockArguments { Items = Items }));
    }

    [Fact]
    public void A_device_is_not_told_what_went_wrong_on_another()
    {
        using CpuDevice good = new(2), bad = new(2);
        BlockKernel<AlwaysThrowing> failing = new(bad);
        BlockKernel<Throwing> working = new(good);
        Assert.Throws<InvalidDataException>(() => failing.Launch(new BlockArguments { Items = Items }));
        working.Launch(new BlockArguments { Items = 1, Mode = -1 });
    }

    [Fact]
    public void Memory_that_runs_out_in_a_body_is_told_as_that()
    {
        using var device = new CpuDevice(2);
        var error = Assert.ThrowsAny<Exception>(() => new BlockKernel<OutOfMemory>(device).Launch(new BlockArguments { Items = 2 }));
        Assert.Equal(DeviceFault.OutOfMemory, DeviceFaults.Of(error));
    }

    [Fact]
    public void Rows_of_an_embedding_throw_to_their_launch_too()
    {
        using var device = new CpuDevice(2);
        var kernel = new TsneRowKernel<ThrowingRow>(device);
        Assert.Equal("row 33", Assert.Throws<InvalidDataException>(() => kernel.Launch(default, rows: 100)).Message);
        kernel.Launch(default, rows: 33);
    }

    [Fact]
    public void Images_that_cannot_be_corrupted_throw_to_their_launch_too()
    {
        using var device = new CpuDevice(2);
        using CorruptionSource source = CorruptCase.Source(device, 5, 5, images: 3);
        var launcher = new CorruptLauncher(device);
        var corruption = new Corruption(CorruptionKind.Occlusion, 2);
        CorruptArguments arguments = source.Arguments(corruption);
        arguments.Columns = -1;
        Assert.Throws<ArgumentOutOfRangeException>(() => launcher.Launch(source.Images, arguments));
        Assert.NotEmpty(launcher.Run(source, corruption));
    }

    private readonly struct Throwing : IBlockOperation
    {
        [IntrinsicImplementation]
        public static void Run(BlockArguments arguments, int item)
        {
            if (item == arguments.Mode)
                throw new InvalidDataException($"item {item}");
            Interlocked.Increment(ref s_done[item]);
        }
    }

    private readonly struct AlwaysThrowing : IBlockOperation
    {
        [IntrinsicImplementation]
        public static void Run(BlockArguments arguments, int item) => throw new InvalidDataException($"item {item}");
    }

    private readonly struct OutOfMemory : IBlockOperation
    {
        [IntrinsicImplementation]
        public static unsafe void Run(BlockArguments arguments, int item) => NativeMemory.Alloc(nuint.MaxValue / 2);
    }

    private readonly struct ThrowingRow : ITsneOperation
    {
        [IntrinsicImplementation]
        public static void Run(TsneArguments arguments, int row)
        {
            if (row == 33)
                throw new InvalidDataException($"row {row}");
        }
    }
}
