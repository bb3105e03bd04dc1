using GpuMlp.Kernels.Analyses.Tsne;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>What must hold of t-SNE on every GPU, beside agreement with the double reference.</summary>
public abstract class TsneGpuTests(AcceleratorType kind)
{
    // More than a tile of pairs and than a group of points; ragged in every tile.
    private const int Points = 333, Hidden = 19;

    private static readonly TsneSchedule s_short = TsneSchedule.Standard with { Steps = 120, EarlySteps = 40, Perplexity = 15 };

    /// <summary>
    /// Floats in a fixed order, fused by name, and sums over points as integers: nothing is left to the device. The divergence
    /// is in double on the CPU and in pairs of floats here, from differences that are rounded: 12 units of the sum of p, which is 1.
    /// </summary>
    [DeviceFact]
    public void Every_step_has_the_bits_of_the_CPU_kernels() => Use(device =>
    {
        using var cpu = new CpuDevice(threads: 2);
        (DeviceKernels expected, DeviceKernels actual) = (DeviceKernels.Create(cpu), DeviceKernels.Create(device));
        using EmbeddingBuffer e = Buffer(cpu), a = Buffer(device);
        void Compare(string name, Func<TsneViews, ArrayView<float>> view) =>
            Check.SameBits(name, cpu.Download(view(e.Views)), device.Download(view(a.Views)));
        void Both(Action<DeviceKernels, EmbeddingBuffer> run)
        {
            run(expected, e);
            run(actual, a);
        }
        Both((kernels, buffer) => kernels.Distances(buffer));
        Compare("distances", views => views.Conditional);
        Both((kernels, buffer) => kernels.Affinities(buffer, 15));
        Compare("precisions", views => views.Precisions);
        Compare("conditional", views => views.Conditional);
        Both((kernels, buffer) => kernels.Symmetrize(buffer));
        Compare("joint", views => views.Joint);
        for (int step = 0; step < 20; step++)
        {
            Both((kernels, buffer) => kernels.Forces(buffer));
            Compare($"forces {step}", views => views.Forces);
            Both((kernels, buffer) => kernels.Step(buffer, 12, 0.5f, 50));
            Compare($"places {step}", views => views.Places);
            Compare($"motion {step}", views => views.Motion);
        }
        Check.Near("divergence", expected.Divergence(e), actual.Divergence(a), 12.0 / (1 << 24));
    });

    [DeviceFact]
    public void A_whole_picture_is_that_of_the_CPU_and_that_of_the_run_before() => Use(device =>
    {
        using var cpu = new CpuDevice(threads: 2);
        (float[] X, float[] Y, double Divergence) expected = Embed(cpu), first = Embed(device), second = Embed(device);
        Check.SameBits("x", expected.X, first.X);
        Check.SameBits("y", expected.Y, first.Y);
        Check.Near("divergence", expected.Divergence, first.Divergence, 12.0 / (1 << 24));
        Check.SameBits("x again", first.X, second.X);
        Check.SameBits("y again", first.Y, second.Y);
        Assert.Equal(first.Divergence, second.Divergence);
    });

    [DeviceTheory]
    [InlineData(0)]
    [InlineData(100)]
    public void Points_that_are_all_or_mostly_the_same_stay_finite(int different) => Use(device =>
    {
        float[] features = new float[Points * Hidden];
        if (different > 0)
            TsneCase.Features(different, Hidden).CopyTo(features, 0);
        DeviceKernels kernels = DeviceKernels.Create(device);
        using var buffer = new EmbeddingBuffer(device, features, Hidden);
        buffer.Scatter([.. Enumerable.Range(0, Points)], identity: 1, seed: 2);
        double divergence = (s_short with { Perplexity = 5 }).Run(kernels, buffer, TestContext.Current.CancellationToken);
        Assert.True(double.IsFinite(divergence));
        Assert.All(TsneCase.Places(buffer), place => Assert.True(double.IsFinite(place)));
        Check.Near("sum of all p", 1, TsneCase.Matrix(device.Download(buffer.Views.Joint), buffer).Sum(), 1e-4);
    });

    [DeviceTheory]
    [InlineData(5)]
    [InlineData(16)]
    [InlineData(65)]
    [InlineData(257)]
    public void No_kernel_writes_or_reads_outside_its_buffers(int points)
        => Use(device => GuardTests.RunTsne(DeviceKernels.Create(device), points, Hidden));

    private static EmbeddingBuffer Buffer(ComputeDevice device)
    {
        var buffer = new EmbeddingBuffer(device, TsneCase.Features(Points, Hidden), Hidden);
        buffer.Scatter([.. Enumerable.Range(0, Points)], identity: 1, seed: 2);
        return buffer;
    }

    private static (float[] X, float[] Y, double Divergence) Embed(ComputeDevice device)
    {
        using EmbeddingBuffer buffer = Buffer(device);
        double divergence = s_short.Run(DeviceKernels.Create(device), buffer, TestContext.Current.CancellationToken);
        (float[] x, float[] y) = buffer.DownloadPlaces();
        return (x, y, divergence);
    }

    private void Use(Action<GpuDevice> test) => TestDevices.Use(kind, test);
}

[OnDevice(AcceleratorType.OpenCL)]
public sealed class TsneOpenClTests() : TsneGpuTests(AcceleratorType.OpenCL);

[OnDevice(AcceleratorType.Cuda)]
public sealed class TsneCudaTests() : TsneGpuTests(AcceleratorType.Cuda);
