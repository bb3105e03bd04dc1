using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Kernels.Verification;

/// <summary>
/// The promise that every device gives the same bytes, in one number: a small training with full and small batches, decay and a mask,
/// and what its weights must hash to on every CPU, OpenCL and CUDA device.
/// </summary>
internal static class TrainedHash
{
    /// <summary>
    /// SHA-256 of the weights; a change of the arithmetic, of initial weights or of the samples changes it, nothing else.
    /// </summary>
    public const string Expected = "c26b5f3492dce5801f60078fa109380e84ee06d1f843e682ee1eac22dafee1c6";

    private const int Inputs = 101, Images = 300, Epochs = 5;

    private static readonly int[] s_hidden = [2, 4, 8, 16, 24, 33], s_batches = [Images, 32];

    /// <exception cref="VerificationException">The device's weights are others.</exception>
    public static void Check(DeviceKernels kernels)
    {
        string actual = Of(kernels);
        Verification.Check.True(actual == Expected, $"the weights' SHA-256 is {actual}, where every device has {Expected}");
    }

    /// <summary>In lower-case hexadecimal digits.</summary>
    public static string Of(DeviceKernels kernels)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (int batch in s_batches)
        {
            foreach (ModelParameters model in Train(kernels, batch))
            {
                foreach (float[] part in new[] { model.W1, model.B1, model.W2, model.B2 })
                    hash.AppendData(MemoryMarshal.AsBytes<float>(part));
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static ModelParameters[] Train(DeviceKernels kernels, int batch)
    {
        ComputeDevice device = kernels.Device;
        ColumnLayout layout = ColumnLayout.Create(s_hidden, Inputs, device.LayoutWays);
        using var cohort = new DeviceCohort(device, layout, Samples.Rates(s_hidden.Length, 0.1f), withMask: true) { WeightDecay = 0.01f };
        using var images = new DeviceImages(
            device, Samples.Pixels(Images, Inputs, seed: 5), Samples.Labels(Images, seed: 6), Inputs,
            ChunkSchedule.Consecutive(Images, batch),
            device.SkipsZeroPixels ? KernelForm.InputSparse : KernelForm.Dense, withBackward: true);
        kernels.Initialize(cohort, new ModelOrigin([.. s_hidden.Select((_, m) => (ulong)m)], Seed: 7, InitStd: 0.1f));
        cohort.SetMask([.. s_hidden.Select((hidden, m) => Samples.Mask(Inputs, hidden, kept: 0.7, seed: m))]);
        for (int epoch = 0; epoch < Epochs; epoch++)
            kernels.TrainEpoch(cohort, images);
        return cohort.Download();
    }
}
