using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU.Runtime;

namespace GpuMlp.Kernels.Verification;

/// <summary>What one check of a device found.</summary>
/// <param name="Name">For tables.</param>
/// <param name="Deviation">How large the errors were; no values for checks of bits.</param>
/// <param name="Failure">One line; null when the check holds.</param>
public sealed record VerificationResult(string Name, Deviation Deviation, string? Failure)
{
    public bool Holds => Failure is null;
}

/// <summary>One check of a device.</summary>
/// <param name="name">For tables.</param>
/// <param name="check">Throws a <see cref="VerificationException"/> where it does not hold.</param>
public sealed class VerificationCheck(string name, Action check)
{
    public string Name => name;

    /// <exception cref="AcceleratorException">The device is lost. Whatever else goes wrong is a result.</exception>
    public VerificationResult Run()
    {
        var deviation = new Deviation();
        try
        {
            using (Check.Recording(deviation))
                check();
            return new VerificationResult(Name, deviation, null);
        }
#pragma warning disable CA1031 // A kernel that cannot be compiled is found out here like one that computes wrongly; the other checks go on.
        catch (Exception error) when (DeviceFaults.Of(error) != DeviceFault.Lost)
#pragma warning restore CA1031
        {
            string kind = error is VerificationException ? "" : $"{error.GetType().Name}: ";
            return new VerificationResult(Name, deviation, kind + error.Message.ReplaceLineEndings(" "));
        }
    }
}

/// <summary>Compares a device with the double reference, with itself and with the CPU accelerator.</summary>
public static class DeviceVerification
{
    /// <summary>All checks, each run when it is asked for; about a second each.</summary>
    /// <param name="device">Not used by anybody else meanwhile.</param>
    /// <param name="isQuick">Every check, but kernels on a few shapes.</param>
    public static IReadOnlyList<VerificationCheck> Checks(ComputeDevice device, bool isQuick = false) =>
        [.. Checks(device, width => DeviceKernels.Create(device, width), operations: null, isQuick)];

    /// <param name="kernels">Makes the kernels of the device; tests pass wrong ones.</param>
    /// <param name="operations">The operations whose kernels are compared; null for all.</param>
    internal static IEnumerable<VerificationCheck> Checks(
        ComputeDevice device, Func<SimdWidth, DeviceKernels> kernels, Operation[]? operations, bool isQuick = false)
    {
        var bits = new BitChecks(device, kernels);
        yield return new("gradients, central differences", () => GradientCheck.Run(kernels(SimdSupport.Best)));
        foreach (KernelVariant variant in KernelCatalog.Variants
            .Where(variant => RunsOn(variant, device) && operations?.Contains(variant.Operation) != false))
        {
            DeviceKernels own = kernels(variant.Width);
            Shape[] all = [.. KernelCases.Shapes(variant.Operation)], few = [.. all.Where(shape => shape.IsQuick)];
            foreach (IGrouping<string, Shape> shapes in (isQuick && few.Length > 0 ? few : all).GroupBy(shape => shape.Kind))
            {
                yield return new(NameOf(variant, shapes.Key), () =>
                {
                    foreach (Shape shape in shapes)
                        KernelCases.Run(own, variant, shape);
                });
            }
        }
        yield return new("twice the same bits", bits.RunToRun);
        yield return new("alone or among 200 models", bits.BatchInvariance);
        yield return new($"trained weights, {TrainedHash.Expected[..16]}", () => TrainedHash.Check(kernels(SimdSupport.Best)));
        yield return device.Kind == AcceleratorType.CPU
            ? new("one thread or all", bits.Threads)
            : new("beside the CPU accelerator", () => CpuAgreement.Run(kernels(SimdSupport.Best), isQuick));
    }

    private static bool RunsOn(KernelVariant variant, ComputeDevice device) =>
        variant.Accelerator == device.Kind && (device.Kind != AcceleratorType.CPU || variant.IsSupported);

    // A width says something on CPUs, a form where pixels are seen.
    private static string NameOf(KernelVariant variant, string kind)
    {
        string form = variant.Form == KernelForm.InputSparse ? ", sparse" : "";
        return $"{variant.Operation}{form}{kind}{(variant.Accelerator == AcceleratorType.CPU ? $", {(int)variant.Width} bit" : "")}";
    }
}
