using GpuMlp.Engine.Data;
using GpuMlp.Engine.Explanations;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;

namespace GpuMlp.Runner.Pictures;

/// <summary>
/// Draws pictures of <see cref="RunSheets"/> while units are still trained: those of a task as soon as the units that its models are in
/// are saved, one task at a time on a thread of its own. A task whose pictures could not be drawn counts as not drawn: whoever ends the
/// run draws them then, and tells what is wrong.
/// </summary>
internal sealed class SheetsAhead : IDisposable
{
    private readonly Lock _gate = new();
    private readonly RunDirectory _run;
    private readonly Dataset _data;
    private readonly CancellationTokenSource _stop = new();

    // Units that are not saved yet, of each task that waits for some.
    private readonly Dictionary<ClassTask, HashSet<int>> _missing = [];
    private readonly Dictionary<ClassTask, Task<bool>> _begun = [];
    private Task _last = Task.CompletedTask;
    private bool _isEnding;

    /// <param name="run">Its units may be missing.</param>
    /// <param name="data">Its data.</param>
    public SheetsAhead(RunDirectory run, Dataset data)
    {
        (_run, _data) = (run, data);
        Plan plan = run.Plan;
        if (plan.Pictures.Hidden == 0)
            return;
        foreach (ClassTask task in plan.Spec.Tasks)
            _missing[task] = [.. UnitModels.UnitsOf(plan, task).Select(unit => unit.Id)];
    }

    /// <summary>A unit is saved, now or since long; from any thread.</summary>
    public void Saved(int unit)
    {
        lock (_gate)
        {
            ClassTask task = _run.Plan.Units[unit].Task;
            if (!_missing.TryGetValue(task, out HashSet<int>? missing) || !missing.Remove(unit) || missing.Count > 0)
                return;
            _missing.Remove(task);
            _last = _last.ContinueWith(_ => Begin(task), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)
                .Unwrap();
        }
    }

    /// <summary>Whether the pictures of a task are drawn. Waits for those that are being drawn, and no further ones are begun.</summary>
    public bool Has(ClassTask task)
    {
        Task<bool>? drawing;
        lock (_gate)
        {
            _isEnding = true;
            if (!_begun.TryGetValue(task, out drawing))
                return false;
        }

        return drawing.GetAwaiter().GetResult();
    }

    /// <summary>Stops; a picture is finished first.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        Task last;
        lock (_gate)
        {
            _isEnding = true;
            last = _last;
        }

        last.GetAwaiter().GetResult();
        _stop.Dispose();
    }

    private Task Begin(ClassTask task)
    {
        lock (_gate)
        {
            return _isEnding ? Task.CompletedTask
                : _begun[task] = Task.Factory.StartNew(
                    () => TryDraw(task), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    private bool TryDraw(ClassTask task)
    {
        try
        {
            // The merge is what takes the names of classes into the manifest.
            RunSheets.Draw(_run, _data, _run.ClassNamesToMerge, task, _stop.Token);
            return true;
        }
        catch (Exception)
        {
            // No unit is to suffer for it, and it is tried again.
            return false;
        }
    }
}
