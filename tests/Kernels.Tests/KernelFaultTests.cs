using System.Runtime.InteropServices;
using GpuMlp.Kernels.Analyses.Corruptions;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Numerics;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>
/// Exceptions in kernel bodies on a CPU: they come out of the launch, whichever thread they were thrown on, and the device goes on.
/// </summary>
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
        var kernel = new CpuKernel<Throwing>(device);
        for (int attempt = 0; attempt < 3; attempt++)
        {
            var error = Assert.Throws<InvalidDataException>(() => kernel.Launch(new Throwing { Bad = Bad }, SimdWidth.V128));
            Assert.Equal($"item {Bad}", error.Message);
            Assert.Contains(nameof(Throwing), error.StackTrace);

            Array.Clear(s_done);
            kernel.Launch(new Throwing { Bad = -1 }, SimdWidth.V128);
            Assert.All(s_done, done => Assert.Equal(1, done));
        }
    }

    [Fact]
    public void When_every_item_throws_one_of_them_is_told()
    {
        using var device = new CpuDevice(4);
        var kernel = new CpuKernel<AlwaysThrowing>(device);
        for (int attempt = 0; attempt < 20; attempt++)
            Assert.Throws<InvalidDataException>(() => kernel.Launch(default, SimdWidth.V128));
    }

    [Fact]
    public void A_device_is_not_told_what_went_wrong_on_another()
    {
        using CpuDevice good = new(2), bad = new(2);
        CpuKernel<AlwaysThrowing> failing = new(bad);
        CpuKernel<Throwing> working = new(good);
        Assert.Throws<InvalidDataException>(() => failing.Launch(default, SimdWidth.V128));
        working.Launch(new Throwing { Bad = -1 }, SimdWidth.V128);
    }

    [Fact]
    public void Memory_that_runs_out_in_a_body_is_told_as_that()
    {
        using var device = new CpuDevice(2);
        var error = Assert.ThrowsAny<Exception>(() => new CpuKernel<OutOfMemory>(device).Launch(default, SimdWidth.V128));
        Assert.Equal(DeviceFault.OutOfMemory, DeviceFaults.Of(error));
    }

    /// <summary>Items that are taken several at once.</summary>
    [Fact]
    public void Rows_throw_to_their_launch_too_and_those_before_are_done()
    {
        using var device = new CpuDevice(1);
        var kernel = new CpuKernel<ThrowingRow>(device);
        Assert.Equal(
            "row 33",
            Assert.Throws<InvalidDataException>(() => kernel.Launch(new ThrowingRow { Rows = 100 }, SimdWidth.V128)).Message);
        kernel.Launch(new ThrowingRow { Rows = 33 }, SimdWidth.V128);
    }

    [Fact]
    public void Images_that_cannot_be_corrupted_throw_to_their_launch_too()
    {
        using var device = new CpuDevice(2);
        using CorruptionSource source = CorruptCase.Source(device, 5, 5, images: 3);
        DeviceKernels kernels = DeviceKernels.Create(device);
        var corruption = new Corruption(CorruptionKind.Occlusion, 2);
        CorruptArguments arguments = source.Arguments(corruption);
        arguments.Columns = -1;
        Assert.Throws<ArgumentOutOfRangeException>(() => corruption.Kind.OnCpu(kernels, arguments, source.Images));
        Assert.NotEmpty(kernels.Corrupt(source, corruption));
    }

    /// <summary>Throws at one item.</summary>
    public struct Throwing : ICpuJob
    {
        public int Bad;

        readonly int ICpuJob.Items => Items;

        readonly void ICpuJob.Run<T>(int item)
        {
            if (item == Bad)
                throw new InvalidDataException($"item {item}");
            Interlocked.Increment(ref s_done[item]);
        }
    }

    /// <summary>Throws at every item.</summary>
    public readonly struct AlwaysThrowing : ICpuJob
    {
        int ICpuJob.Items => Items;

        void ICpuJob.Run<T>(int item) => throw new InvalidDataException($"item {item}");
    }

    /// <summary>Wants more memory than there is.</summary>
    public readonly unsafe struct OutOfMemory : ICpuJob
    {
        int ICpuJob.Items => 2;

        void ICpuJob.Run<T>(int item) => NativeMemory.Alloc(nuint.MaxValue / 2);
    }

    /// <summary>Takes eight rows at once and throws at one.</summary>
    public struct ThrowingRow : ICpuJob
    {
        public int Rows;

        readonly int ICpuJob.Items => Rows;

        static int ICpuJob.AtOnce => 8;

        readonly void ICpuJob.Run<T>(int row)
        {
            if (row == 33)
                throw new InvalidDataException($"row {row}");
        }
    }
}
