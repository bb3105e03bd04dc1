using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Reference;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Kernels.Verification;

/// <summary>
/// Parameters that a device has trained beside those that the CPU accelerator has trained. Each may be off the truth by the
/// bound of its own roundings, so they may be off each other by twice that.
/// </summary>
internal static class CpuAgreement
{
    /// <exception cref="VerificationException">They are further apart.</exception>
    public static void Run(DeviceKernels kernels)
    {
        using var cpu = new CpuDevice(Environment.ProcessorCount);
        var reference = DeviceKernels.Create(cpu);
        foreach (Shape shape in Shape.All)
        {
            ModelParameters[] expected = Train(reference, shape), actual = Train(kernels, shape);
            for (int m = 0; m < expected.Length; m++)
            {
                ReferenceParameters bound = KernelExpectations.Trained(shape)[m].Model.Error;
                ReferenceParameters e = ReferenceParameters.From(expected[m]), a = ReferenceParameters.From(actual[m]);
                Check.Near($"{shape}, model {m}: W1", e.W1, a.W1, Twice(bound.W1));
                Check.Near($"{shape}, model {m}: b1", e.B1, a.B1, Twice(bound.B1));
                Check.Near($"{shape}, model {m}: w2", e.W2, a.W2, Twice(bound.W2));
                Check.Near($"{shape}, model {m}: b2", [e.B2], [a.B2], Twice([bound.B2]));
            }
        }
    }

    private static ModelParameters[] Train(DeviceKernels kernels, Shape shape)
    {
        ComputeDevice device = kernels.Device;
        KernelForm form = KernelCatalog.Variants.First(v => v.Operation == TrainEpochOperation.Instance && v.Accelerator == device.Kind).Form;
        using var cohort = new DeviceCohort(
            device, ColumnLayout.Create(shape.Hidden, shape.Inputs, device.LayoutWays), Samples.Rates(shape.Hidden.Length))
        {
            WeightDecay = shape.WeightDecay,
        };
        using var images = new DeviceImages(device, shape.Pixels, shape.Labels, shape.Inputs, shape.Schedule, form, withBackward: true);
        cohort.Upload(shape.Models);
        for (int epoch = 0; epoch < KernelExpectations.TrainedEpochs; epoch++)
            kernels.TrainEpoch(cohort, images);
        return cohort.Download();
    }

    private static double[] Twice(double[] bound) => Array.ConvertAll(bound, value => 2 * value);
}
