using GpuMlp.Kernels.Analyses.Evaluation;
using GpuMlp.Kernels.Analyses.Saliency;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Training;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>Kernel bodies use raw pointers: what does not fit must be refused before a launch.</summary>
public sealed class ArgumentTests : IDisposable
{
    private const int Inputs = 5, Images = 3;

    private readonly CpuDevice _device = new(threads: 1);
    private readonly DeviceKernels _kernels;
    private readonly DeviceCohort _cohort;

    public ArgumentTests()
    {
        _kernels = DeviceKernels.Create(_device);
        _cohort = new DeviceCohort(_device, ColumnLayout.Create([4], Inputs, 1), [0.1f]);
    }

    public static TheoryData<KernelForm> Forms => [KernelForm.Dense, KernelForm.InputSparse];

    public void Dispose()
    {
        _cohort.Dispose();
        _device.Dispose();
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Images_of_another_size_than_the_cohorts_are_refused(KernelForm form)
    {
        using DeviceImages images = Create(form, inputs: 4);
        Assert.Throws<ArgumentException>(() => _kernels.TrainEpoch(_cohort, images));
        Assert.Throws<ArgumentException>(() => _kernels.Evaluate(_cohort, images));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Images_made_for_evaluation_are_refused_by_the_backward_pass(KernelForm form)
    {
        using DeviceImages images = Create(form, Inputs, withBackward: false);
        Assert.Throws<ArgumentException>(() => _kernels.TrainEpoch(_cohort, images));
        Assert.Throws<ArgumentException>(() => _kernels.HiddenBackward(_cohort, images, 0));
        _kernels.Evaluate(_cohort, images);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void A_chunk_that_is_not_in_the_schedule_is_refused(int chunk)
    {
        using DeviceImages images = Create(KernelForm.Dense, Inputs);
        Assert.Throws<ArgumentOutOfRangeException>(() => _kernels.HiddenForward(_cohort, images, chunk));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Fewer_labels_than_images_are_refused(KernelForm form) =>
        Assert.Throws<ArgumentException>(() => new DeviceImages(
            _device, new byte[Images * Inputs], new byte[Images - 1], Inputs,
            ChunkSchedule.Consecutive(Images, Images), form, withBackward: true));

    [Fact]
    public void A_buffer_of_another_size_is_refused()
    {
        using DeviceImages images = Create(KernelForm.Dense, Inputs);
        using var few = new EvaluationBuffer(_device, _cohort.Layout, Images - 1);
        using var others = new EvaluationBuffer(_device, ColumnLayout.Create([5], Inputs, 1), Images);
        using var maps = new SaliencyBuffer(_device, _cohort.Layout, Images - 1);
        Assert.Throws<ArgumentException>(() => _kernels.Evaluate(_cohort, images, few));
        Assert.Throws<ArgumentException>(() => _kernels.Evaluate(_cohort, images, others));
        Assert.Throws<ArgumentException>(() => _kernels.Saliency(_cohort, images, SaliencyMethod.LogitGradient, maps));
    }

    [Fact]
    public void More_hidden_units_than_sixteen_bits_can_number_are_refused() =>
        Assert.Throws<ArgumentException>(() => ColumnLayout.Create([ColumnLayout.MostHidden + 1], 1, 1));

    private DeviceImages Create(KernelForm form, int inputs, bool withBackward = true) =>
        new(_device, new byte[Images * inputs], new byte[Images], inputs, ChunkSchedule.Consecutive(Images, Images), form, withBackward);
}
