using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Kernels.Verification;

/// <summary>Parameters that a device has trained beside those that the CPU accelerator has trained: the same bits.</summary>
internal static class CpuAgreement
{
    /// <exception cref="VerificationException">A bit differs.</exception>
    /// <param name="isQuick">On a few shapes.</param>
    public static void Run(DeviceKernels kernels, bool isQuick)
    {
        using var cpu = new CpuDevice(Environment.ProcessorCount);
        var reference = DeviceKernels.Create(cpu);
        foreach (Shape shape in Shape.All.Concat(Shape.Learning).Concat(Shape.Remembering).Where(shape => shape.IsQuick || !isQuick))
        {
            ModelParameters[] expected = Train(reference, shape), actual = Train(kernels, shape);
            for (int m = 0; m < expected.Length; m++)
                ExactExpectations.SameParameters($"{shape}, model {m}", expected[m], actual[m]);
        }
    }

    private static ModelParameters[] Train(DeviceKernels kernels, Shape shape)
    {
        ComputeDevice device = kernels.Device;
        KernelForm form = KernelCatalog.Variants.First(v => v.Operation == TrainEpochOperation.Instance && v.Accelerator == device.Kind)
            .Form;
        using var cohort = new DeviceCohort(
            device,
            ColumnLayout.Create(
                shape.Hidden, shape.Inputs, device.LayoutWays, shape.Outputs, [.. shape.Settings.Select(model => model.Optimiser)]),
            Samples.Rates(shape.Hidden.Length), settings: shape.Settings)
        {
            WeightDecay = shape.WeightDecay,
        };
        using var images = new DeviceImages(device, shape.Pixels, shape.Labels, shape.Inputs, shape.Schedule, form, withBackward: true,
            shape.Numbers);
        cohort.Upload(shape.Models);
        cohort.SetLearning(shape.Learnings, shape.Origin);
        for (int epoch = 0; epoch < KernelExpectations.TrainedEpochs; epoch++)
            kernels.TrainEpoch(cohort, images, epoch);
        return cohort.Download();
    }
}
