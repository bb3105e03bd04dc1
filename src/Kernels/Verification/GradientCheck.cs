using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Reference;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Kernels.Verification;

/// <summary>
/// A device's gradients beside central differences of the mean loss, which know nothing of any derivation of gradients.
/// </summary>
internal static class GradientCheck
{
    // Central differences in double are off by h^2 / 6 times the third derivative (1e-11 here) and by 1e-16 / h of rounding
    // (1e-11); the bound is a thousand times that, and far below float32's.
    private const double Step = 1e-5, DifferenceError = 1e-8;

    // Enough of the parameters must be away from a corner of relu for the check to say something.
    private const double LeastShare = 0.9;

    // With a logit a class there are no running bounds: a share of the largest gradient, hundreds of times what is rounded.
    private const double ClassError = 1e-5;

    private static readonly Shape[] s_shapes = [new([7, 16], 11, 23, 23), new([7, 16], 11, 23, 23) { Outputs = 4 }];

    /// <exception cref="VerificationException">A gradient is no slope, or too many parameters are near a corner.</exception>
    public static void Run(DeviceKernels kernels)
    {
        foreach (KernelForm form in Enum.GetValues<KernelForm>().Where(form => HasForm(kernels.Device, form)))
        {
            foreach (Shape shape in s_shapes)
            {
                ModelParameters[] gradients = OnDevice(kernels, form, shape);
                for (int m = 0; m < gradients.Length; m++)
                {
                    var gradient = ReferenceParameters.From(gradients[m]);
                    Compare(
                        $"{form}, {shape}, model {m}", ReferenceParameters.From(shape.Models[m]), ReferenceMlp.Scale(shape.Pixels),
                        Check.Widen(shape.Labels), gradient,
                        shape.Outputs == 1 ? KernelExpectations.FirstStep(shape)[m][0].GradientError : ClassErrors(gradient));
                }
            }
        }
    }

    private static ReferenceParameters ClassErrors(ReferenceParameters gradient)
    {
        double[] Share(double[] values) => [.. values.Select(_ => ClassError * values.Max(Math.Abs))];
        return new ReferenceParameters(Share(gradient.W1), Share(gradient.B1), Share(gradient.W2), Share(gradient.B2));
    }

    private static bool HasForm(ComputeDevice device, KernelForm form) =>
        KernelCatalog.Variants.Any(v => v.Operation == HiddenBackwardOperation.Instance && v.Form == form && v.Accelerator == device.Kind);

    private static ModelParameters[] OnDevice(DeviceKernels kernels, KernelForm form, Shape shape)
    {
        ComputeDevice device = kernels.Device;
        using var cohort = new DeviceCohort(
            device, ColumnLayout.Create(shape.Hidden, shape.Inputs, device.LayoutWays, shape.Outputs), Samples.Rates(shape.Hidden.Length));
        using var images = new DeviceImages(
            device,
            shape.Pixels,
            shape.Labels,
            shape.Inputs,
            shape.Schedule,
            form,
            withBackward: true);
        cohort.Upload(shape.Models);
        kernels.HiddenForward(cohort, images, 0);
        kernels.OutputLoss(cohort, images, 0);
        kernels.OutputBackward(cohort, images, 0);
        kernels.HiddenBackward(cohort, images, 0);
        return cohort.DownloadGradients();
    }

    /// <summary>Compares gradients of one batch with slopes of the mean loss.</summary>
    /// <param name="start">Where the gradients were taken.</param>
    /// <param name="x">Pixels 0..1, [N, D].</param>
    /// <param name="y">Labels, [N].</param>
    /// <param name="gradient">What is claimed.</param>
    /// <param name="bound">How far each may be off, besides what differences are off.</param>
    public static void Compare(
        string name,
        ReferenceParameters start,
        double[] x,
        double[] y,
        ReferenceParameters gradient,
        ReferenceParameters bound)
    {
        int Slopes(string part, double[] claimed, double[] allowed, Func<int, double, ReferenceParameters> move) =>
            CompareSlopes($"{name}: {part}", x, y, claimed, allowed, move);
        int compared = 0;
        compared += Slopes("W1", gradient.W1, bound.W1, (i, by) => start with { W1 = Moved(start.W1, i, by) });
        compared += Slopes("b1", gradient.B1, bound.B1, (i, by) => start with { B1 = Moved(start.B1, i, by) });
        compared += Slopes("w2", gradient.W2, bound.W2, (i, by) => start with { W2 = Moved(start.W2, i, by) });
        compared += Slopes("b2", gradient.B2, bound.B2, (i, by) => start with { B2 = Moved(start.B2, i, by) });
        int parameters = gradient.W1.Length + gradient.B1.Length + gradient.W2.Length + gradient.B2.Length;
        Check.True(compared >= LeastShare * parameters, $"{name}: only {compared} of {parameters} parameters are away from a corner");
    }

    private static int CompareSlopes(
        string name,
        double[] x,
        double[] y,
        double[] gradient,
        double[] bound,
        Func<int, double, ReferenceParameters> move)
    {
        List<double> expected = [], actual = [], tolerance = [];
        for (int i = 0; i < gradient.Length; i++)
        {
            ReferenceForward up = ReferenceMlp.Forward(move(i, Step), x), down = ReferenceMlp.Forward(move(i, -Step), x);

            if (HasKink(up, down))
                continue;
            double Loss(ReferenceForward forward) => ReferenceMlp.Totals(forward.Logits, y, forward.Logits.Length / y.Length).Loss;
            expected.Add((Loss(up) - Loss(down)) / (2 * Step * y.Length));
            actual.Add(gradient[i]);
            tolerance.Add(bound[i] + DifferenceError);
        }
        Check.Near(name, [.. expected], [.. actual], [.. tolerance]);
        return expected.Count;
    }

    /// <summary>
    /// Where a hidden unit switches between two points the loss has a corner, and a difference says nothing about its slope.
    /// </summary>
    public static bool HasKink(ReferenceForward up, ReferenceForward down) =>
        up.Z.Zip(down.Z).Any(pair => (pair.First > 0) != (pair.Second > 0));

    /// <summary>A copy with one value moved.</summary>
    public static double[] Moved(double[] values, int index, double by)
    {
        double[] moved = [.. values];
        moved[index] += by;
        return moved;
    }
}
