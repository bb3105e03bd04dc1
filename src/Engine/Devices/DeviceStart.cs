using System.Collections.Concurrent;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using ILGPU.Runtime;

namespace GpuMlp.Engine.Devices;

/// <summary>
/// Opens devices and trains a small model on each, on threads of their own, while the caller reads data and plans: drivers, ILGPU and
/// .NET's compiler then have behind them what the first epoch would wait for. Which kernels those are is nowhere listed. A CPU device is
/// opened for the sake of its kernels alone, others are kept for <see cref="Take"/>.
/// </summary>
public sealed class DeviceStart : IDisposable
{
    // Most sweeps train pairs in full batches of several chunks, on images that are dark for the greater part.
    private const int Images = 600, Side = 28, LitPixels = 150, Hidden = 40;

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<DeviceInfo, Task<ComputeDevice?>> _opening = [];

    private DeviceStart(IReadOnlyList<DeviceInfo> devices)
    {
        foreach (DeviceInfo info in devices)
        {
            _opening[info] = Task.Factory.StartNew(
                () => Open(info, _stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    /// <summary>Begins, and does not wait.</summary>
    public static DeviceStart Begin(DeviceSelection selection) => new(selection.Devices);

    /// <summary>Waits for a device and gives it away.</summary>
    /// <returns>
    /// Null where there is none to give: it is a CPU, was given before, or something went wrong. That goes wrong again, and is told, where
    /// the device is opened for its work.
    /// </returns>
    internal ComputeDevice? Take(DeviceInfo info) =>
        info.Kind != AcceleratorType.CPU && _opening.TryRemove(info, out Task<ComputeDevice?>? opening)
            ? opening.GetAwaiter().GetResult()
            : null;

    /// <summary>Tells of devices that nobody will take: they are closed as soon as they are open.</summary>
    internal void Leave(IEnumerable<DeviceInfo> devices)
    {
        foreach (DeviceInfo info in devices)
        {
            if (_opening.TryGetValue(info, out Task<ComputeDevice?>? opening))
            {
                _opening[info] = opening.ContinueWith(
                    open => Close(open.Result), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    /// <summary>Closes what nobody took. It waits for what a driver is at, since that must not see the process end.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        foreach (DeviceInfo info in _opening.Keys)
            Close(Take(info));
        _stop.Dispose();
    }

    private static ComputeDevice? Open(DeviceInfo info, CancellationToken stop)
    {
        ComputeDevice? device = null;
        try
        {
            device = ComputeDevice.Open(info, threads: 1);
            TrainLittle(device, stop);
            return info.Kind == AcceleratorType.CPU ? Close(device) : device;
        }
#pragma warning disable CA1031 // Nothing has been asked for yet, so there is nobody to tell; see Take.
        catch (Exception)
#pragma warning restore CA1031
        {
            return Close(device);
        }
    }

    private static ComputeDevice? Close(ComputeDevice? device)
    {
        try
        {
            device?.Dispose();
        }
        catch (Exception error) when (DeviceFaults.Of(error) != DeviceFault.None)
        {
            // It is lost, and so is what lies on it.
        }

        return null;
    }

    private static void TrainLittle(ComputeDevice device, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        byte[] pixels = new byte[Images * Side * Side], labels = new byte[Images];
        for (int image = 0; image < Images; image++)
        {
            labels[image] = (byte)(image % 2);
            pixels.AsSpan(image * Side * Side, LitPixels).Fill(byte.MaxValue);
        }

        var data = Dataset.Of("", pixels, labels, Side, Side, classes: 2);
        var split = new Split(new ClassTask(0, 1), 0, [.. Enumerable.Range(0, Images - 2)], [Images - 2, Images - 1]);
        using var cohort = new Cohort(
            device, DeviceKernels.Create(device), data, split, [new ModelSpec(Hidden, 0.01)], new TrainingVariant(null, 1, 0.01, 0));
        _ = Trainer.Train(cohort, validateEvery: 0, afterEpoch: null, stop);
    }
}
