using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;
using GpuMlp.Kernels.Devices;

namespace GpuMlp.Engine.Sweeps;

/// <summary>
/// Trains a unit in as many slices as the device's memory asks for, and those models apart that were trained before. The unit's results
/// are the same bytes however it is cut.
/// </summary>
internal static class UnitSlices
{
    /// <param name="worker">The device.</param>
    /// <param name="unit">All its models are trained.</param>
    /// <param name="input">Its images.</param>
    /// <param name="before">Its models, null for one that was not trained before.</param>
    /// <param name="observer">Told of every epoch of every slice, and of none twice; and how far a slice is, again where it is cut.</param>
    /// <param name="begun">Called when the device begins to work, for each slice.</param>
    /// <param name="cancel">Looked at between epochs.</param>
    /// <returns>One result a model, in the unit's order.</returns>
    /// <exception cref="UserErrorException">The device is lost: exit code 70. A single model does not fit: 2.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static IReadOnlyList<ModelResult> Train(
        IUnitWorker worker,
        WorkUnit unit,
        UnitInput input,
        IReadOnlyList<TrainedModel?> before,
        ISweepObserver observer,
        Action begun,
        CancellationToken cancel)
    {
        var results = new List<ModelResult>(unit.ModelCount);
        int most = Guarded(worker, () => worker.ModelsThatFit(unit, input.Split)), told = 0, toldModels = 0;
        while (results.Count < unit.ModelCount)
        {
            int first = results.Count, count = Math.Min(most, AlikeFrom(before, first));
            TrainedModel[]? trained = before[first] is null ? null : [.. before.Skip(first).Take(count).OfType<TrainedModel>()];
            WorkUnit slice = unit with { FirstModel = unit.FirstModel + first, ModelCount = count };
            bool isNew = first >= toldModels;
            int epoch = 0;
            void AfterEpoch(IReadOnlyList<EpochMetrics> metrics)
            {
                // Models of a slice that ran out of memory are trained again; their first epochs have been told.
                if (++epoch > told || isNew)
                    observer.EpochDone(slice, metrics);
            }
            bool isBegun = false;
            void Worked(string phase, double share)
            {
                observer.Worked(slice, phase, share);
                if (!isBegun)
                    begun();
                isBegun = true;
            }
            try
            {
                results.AddRange(Guarded(worker, () => worker.Train(
                    slice, input.Split, input.Images, trained, AfterEpoch, Worked, cancel)));
            }
            catch (Exception error) when (DeviceFaults.Of(error) == DeviceFault.OutOfMemory && count > 1)
            {
                (told, toldModels) = isNew ? (epoch, first + count) : (Math.Max(told, epoch), toldModels);
                worker.Release();
                most = (count + 1) / 2;
            }
            catch (Exception error) when (DeviceFaults.Of(error) == DeviceFault.OutOfMemory)
            {
                throw new UserErrorException($"{worker.Device}: one model does not fit into its memory{ProcessLimits.AddressSpaceNote()}; "
                    + "it must be another --device or a smaller --hidden", inner: error);
            }
        }
        return results;
    }

    /// <summary>How many models from one on are all to be trained, or were all trained with the same analyses.</summary>
    private static int AlikeFrom(IReadOnlyList<TrainedModel?> before, int first)
    {
        int next = first + 1;
        while (next < before.Count && ReferenceEquals(before[next]?.Spec, before[first]?.Spec))
            next++;
        return next - first;
    }

    private static T Guarded<T>(IUnitWorker worker, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception error) when (DeviceFaults.Of(error) == DeviceFault.Lost)
        {
            throw new UserErrorException(
                $"{worker.Device}: lost ({OneLine.Of(error.Message)}); finished units stay, the same command again resumes",
                ExitCodes.DeviceAbsent, error);
        }
    }
}
