using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using GpuMlp.Kernels.Training;

namespace GpuMlp.Kernels.Verification;

/// <summary>Whether a device repeats its own bits: training, evaluation and saliency, full batch and small batches.</summary>
internal sealed class BitChecks(ComputeDevice device, Func<SimdWidth, DeviceKernels> kernels)
{
    private const int Inputs = 37, Images = 300, Crowd = 200;

    private static readonly int[] s_hidden = [5, 1, 16, 17, 33, 8, 2, 100, 31, 7, 9], s_batches = [Images, 32];

    /// <summary>The same training twice.</summary>
    public void RunToRun() => EachCase((name, form, batch) =>
        Outcome.SameBits(
            name,
            Train(kernels(SimdSupport.Best), form, batch, Models()),
            Train(kernels(SimdSupport.Best), form, batch, Models())));

    /// <summary>Some models alone, and among so many that the layout is another one.</summary>
    public void BatchInvariance() => EachCase((name, form, batch) =>
    {
        (ModelParameters, float)[] models = Models(), crowd =
            [.. Enumerable.Range(0, Crowd).Select(m => (Samples.Model(Inputs, 1 + (m * 7 % 40), seed: 1000 + m), 0.01f)), .. models];
        DeviceKernels own = kernels(SimdSupport.Best);
        Outcome[] among = Train(own, form, batch, crowd)[Crowd..];
        foreach (int m in new[] { 0, 4, 7 })
            Outcome.SameBits($"{name}, model {m}", Train(own, form, batch, [models[m]])[0], among[m]);
    });

    /// <summary>The device beside one with a single thread.</summary>
    public void Threads() => EachCase((name, form, batch) =>
    {
        using var single = new CpuDevice(1);
        Outcome.SameBits(
            name, Train(DeviceKernels.Create(single), form, batch, Models()), Train(kernels(SimdSupport.Best), form, batch, Models()));
    });

    private void EachCase(Action<string, KernelForm, int> run)
    {
        foreach (KernelForm form in KernelCatalog.Variants
            .Where(v => v.Operation == TrainEpochOperation.Instance && v.Accelerator == device.Kind).Select(v => v.Form).Distinct())
        {
            foreach (int batch in s_batches)
                run($"{form}, batch {batch}", form, batch);
        }
    }

    private static Outcome[] Train(DeviceKernels own, KernelForm form, int batch, (ModelParameters, float)[] models) =>
        Outcome.Train(own, form, Inputs, Images, batch, models);

    private static (ModelParameters, float)[] Models() =>
        [.. s_hidden.Select((hidden, m) => (Samples.Model(Inputs, hidden, seed: m), 0.02f + (0.01f * m)))];
}
