using GpuMlp.Engine.Data;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Tables;

namespace GpuMlp.Engine.Sweeps;

/// <summary>
/// Trains the units of a plan that are not finished yet and saves each as soon as it is done. What the run's <see cref="RunSources"/> have
/// of a unit is taken from there.
/// </summary>
public sealed class SweepRunner(Plan plan, Dataset data, RunDirectory run, IWorkerSource source, bool failFast)
{
    // Set by the worker that met a failed model; the others finish what they are at.
    private volatile bool _failedFast;

    private int _unitErrors;

    /// <summary>Units that could not be finished; their errors files say why.</summary>
    public int Errors => _unitErrors;

    /// <summary>Whether <see cref="Run"/> left units because it was told to.</summary>
    public bool Drained { get; private set; }

    /// <summary>Trains what is left.</summary>
    /// <param name="finished">Units to leave alone.</param>
    /// <param name="observer">Told of every epoch and unit.</param>
    /// <param name="cancel">Looked at between epochs; units in flight are dropped, finished ones stay.</param>
    /// <param name="drain">Looked at between units; those in flight are finished.</param>
    /// <returns>Failed models of the units trained here.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public int Run(IReadOnlySet<int> finished, ISweepObserver observer, CancellationToken cancel, CancellationToken drain = default)
    {
        // The longest first, so that workers end together.
        var queue = new UnitQueue(plan.Units.Where(unit => !finished.Contains(unit.Id))
            .OrderByDescending(unit => UnitPhase.UsualSeconds(plan, unit)));
        IReadOnlyList<IUnitWorker> workers = source.Create(queue.Count);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        int failed = 0;
        Task[] tasks = [.. workers.Select(worker => Task.Factory.StartNew(
            () => Work(queue, worker, observer, stop, drain, ref failed),
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        try
        {
            Task.WaitAll(tasks, CancellationToken.None);
        }
        catch (AggregateException all)
        {
            // The first real fault, not the cancellations that followed from it.
            Exception fault = all.Flatten().InnerExceptions.FirstOrDefault(e => e is not OperationCanceledException)
                ?? all.InnerExceptions[0];
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(fault);
        }

        NativeHeap.ReturnFreed();

        // A stop between two units cancels no epoch, but leaves work all the same.
        if (queue.Count > 0)
            cancel.ThrowIfCancellationRequested();
        Drained = drain.IsCancellationRequested && queue.Count > 0;
        return failed;
    }

    private void Work(
        UnitQueue queue,
        IUnitWorker worker,
        ISweepObserver observer,
        CancellationTokenSource stop,
        CancellationToken drain,
        ref int failed)
    {
        // A unit is saved while the next one is trained.
        Task saving = Task.CompletedTask;
        try
        {
            using IUnitWorker own = worker;
            while (!stop.IsCancellationRequested && !drain.IsCancellationRequested && !_failedFast
                && queue.TryTake(out WorkUnit unit, out Task<UnitInput>? ahead))
            {
                UnitResult? result = Try(unit, observer, () => Train(own, unit, ahead, queue, observer, stop.Token));
                saving.GetAwaiter().GetResult();
                if (result is null)
                    continue;
                int bad = result.Models.Count(model => model.Status == Statuses.Failed);
                Interlocked.Add(ref failed, bad);
                if (bad > 0 && failFast)
                    _failedFast = true;
                saving = Task.Run(() => Save(result, observer, stop), CancellationToken.None);
            }
        }
        catch
        {
            stop.Cancel();
            throw;
        }
        finally
        {
            // Also when the next unit was stopped: what is trained is kept, and a disk that is full is what is told.
            saving.GetAwaiter().GetResult();
        }
    }

    private void Save(UnitResult result, ISweepObserver observer, CancellationTokenSource stop)
    {
        try
        {
            bool isSaved = Try(result.Unit, observer, () =>
            {
                run.WriteUnit(result);
                return true;
            });
            if (isSaved)
                observer.UnitDone(result);
        }
        catch
        {
            stop.Cancel();
            throw;
        }
    }

    /// <returns>Default when the unit could not be finished, which is told in its errors file.</returns>
    private T? Try<T>(WorkUnit unit, ISweepObserver observer, Func<T> step)
    {
        try
        {
            return step();
        }
        catch (Exception e) when (IsFaultOfUnit(e))
        {
            run.WriteError(unit, e);
            Interlocked.Increment(ref _unitErrors);
            _failedFast |= failFast;
            observer.UnitFailed(unit, e.Message);
            return default;
        }
    }

    // A stop, a full disk or a lost device is no fault of the unit, and would be met by the next one too.
    private static bool IsFaultOfUnit(Exception e) =>
        e is not OperationCanceledException and not UserErrorException { ExitCode: not ExitCodes.BadInput };

    private UnitResult Train(
        IUnitWorker worker, WorkUnit unit, Task<UnitInput>? ahead, UnitQueue queue, ISweepObserver observer, CancellationToken cancel)
    {
        UnitInput input = ahead?.GetAwaiter().GetResult() ?? new(SplitOf(unit), null);

        // While the device trains this unit, the host makes what the next one needs.
        void Begun() => queue.Prepare(next =>
        {
            Split split = SplitOf(next);
            return new(split, worker.Prepare(next, split));
        });
        return new UnitResult(
            unit, input.Split, UnitSlices.Train(worker, unit, input, run.Sources.ModelsOf(unit), observer, Begun, cancel));
    }

    private Split SplitOf(WorkUnit unit) => Splitter.Create(data, unit.Task, unit.Seed, plan.VariantOf(unit).Images);
}
