using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Training;
using Xunit;

namespace GpuMlp.Kernels.Tests;

/// <summary>That verification finds what is wrong: kernels that are off in a single value, now and then, or in company.</summary>
public sealed class DeviceVerificationTests : IDisposable
{
    private readonly CpuDevice _device = new(threads: 2);

    public void Dispose() => _device.Dispose();

    [Fact]
    public void A_wrong_gradient_is_no_slope_of_the_loss()
    {
        VerificationResult result = First("gradients", (operation, job, _) =>
        {
            if (operation == HiddenBackwardOperation.Instance)
                ((ChunkJob)job).Cohort.Scratch.GradW1[0] += 1e-4f;
        });
        Assert.Contains("W1[0]", result.Failure);
        Assert.True(result.Deviation.OfBound > 1);
    }

    [Fact]
    public void A_kernel_that_is_off_in_one_value_fails_and_those_before_it_hold()
    {
        VerificationResult[] results = Until("Update", [HiddenForwardOperation.Instance, UpdateOperation.Instance], (operation, job, _) =>
        {
            if (operation == UpdateOperation.Instance)
                ((UpdateJob)job).Cohort.Cohort.W1[0] *= 1.001f;
        });
        Assert.All(results[..^1], result => Assert.True(result.Holds, $"{result.Name}: {result.Failure}"));
        Assert.Contains("W1[0]: expected", results[^1].Failure);
        Assert.DoesNotContain('\n', results[^1].Failure!);
    }

    [Fact]
    public void A_kernel_that_throws_is_a_failure_and_not_the_end()
    {
        VerificationResult result = First("HiddenForward", (operation, _, calls) =>
        {
            if (operation == HiddenForwardOperation.Instance && calls > 4)
                throw new NotSupportedException("no such intrinsic");
        });
        Assert.Contains("NotSupportedException: no such intrinsic", result.Failure);
    }

    [Fact]
    public void A_bit_that_differs_from_run_to_run_fails()
    {
        int epochs = 0;
        Assert.Contains("expected bits", Bits((_, job, _) =>
        {
            if (job is TrainEpochJob { Cohort.Cohort.B2: var biases } && ++epochs == 6)
                biases[0] = MathF.BitIncrement(biases[0]);
        }, checks => checks.RunToRun).Message);
    }

    [Fact]
    public void A_bit_that_depends_on_the_number_of_models_fails()
    {
        Assert.Contains("expected bits", Bits((_, job, _) =>
        {
            if (job is not TrainEpochJob { Cohort.Cohort.B2: { Length: > 100 } biases })
                return;
            for (int slot = 0; slot < biases.Length; slot++)
                biases[slot] = MathF.BitIncrement(biases[slot]);
        }, checks => checks.BatchInvariance).Message);
    }

    [Fact]
    public void Errors_are_recorded_in_spacings_in_parts_of_the_largest_value_and_in_parts_of_the_bound()
    {
        var deviation = new Deviation();
        using (Check.Recording(deviation))
        {
            Check.Near("exact", [1.0, 8.0], new double[] { 1.0, 8.0 }, [0.0]);
            Check.Near("off", [1.0, 8.0], new double[] { 1 + Math.ScaleB(1, -21), 8.0 }, [Math.ScaleB(1, -20)]);
        }
        Check.Near("not recorded", [0.0], new double[] { 1 }, [2.0]);
        Assert.Equal((4L, 4.0, Math.ScaleB(1, -24), 0.5), (deviation.Values, deviation.Ulps, deviation.Relative, deviation.OfBound));
        Assert.Equal(Math.ScaleB(1, -23), deviation.RelativeBound);
        Assert.Throws<VerificationException>(() => Check.Near("NaN", [1.0], new[] { double.NaN }, [double.PositiveInfinity]));
    }

    private VerificationResult First(string name, Spoil spoil) => Until(name, [HiddenForwardOperation.Instance], spoil)[^1];

    private VerificationResult[] Until(string name, Operation[] operations, Spoil spoil)
    {
        List<VerificationResult> results = [];
        foreach (VerificationResult result in DeviceVerification.Checks(_device, width => Wrong(width, spoil), operations)
            .Select(check => check.Run()))
        {
            results.Add(result);
            if (result.Name.StartsWith(name, StringComparison.Ordinal))
                break;
        }
        return [.. results];
    }

    private VerificationException Bits(Spoil spoil, Func<BitChecks, Action> check) =>
        Assert.Throws<VerificationException>(check(new BitChecks(_device, width => Wrong(width, spoil))));

    private delegate void Spoil(Operation operation, object job, int calls);

    /// <summary>The CPU's kernels, and something that is done to their results.</summary>
    private DeviceKernels Wrong(SimdWidth width, Spoil spoil)
    {
        int calls = 0;
        return DeviceKernels.Create(_device, width, (operation, job) => spoil(operation, job, ++calls));
    }
}
