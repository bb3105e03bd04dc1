using System.Diagnostics;
using GpuMlp.Engine.Analyses;
using GpuMlp.Engine.Data;
using GpuMlp.Engine.Plans;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Engine.Tables;
using GpuMlp.Engine.Training;

namespace GpuMlp.Runner.Progress;

/// <summary>Adds up what the engine tells and hands the sum to the display.</summary>
internal sealed class SweepObserver : ISweepObserver
{
    private readonly Lock _gate = new();
    private readonly Plan _plan;
    private readonly ISweepProgress _display;
    private readonly double[] _gflop;
    private readonly WorkClock _clock;
    private readonly HashSet<int> _inFlight = [];
    private readonly long _start = Stopwatch.GetTimestamp();
    private SweepState _state;

    // Units that went on at once, at most: as many devices as take part.
    private int _workers = 1;

    /// <param name="shard">What is counted.</param>
    /// <param name="finished">Units of the shard that were done before.</param>
    public SweepObserver(Plan plan, Dataset data, Shard shard, IReadOnlySet<int> finished, ISweepProgress display)
    {
        _plan = plan;
        _display = display;
        _gflop = [.. SweepEstimate.UnitFlops(plan, data).Select(flop => flop / 1e9)];
        WorkUnit[] units = [.. plan.Units.Where(unit => shard.Holds(unit.Id))];
        IReadOnlyList<UnitPhase>[] phases = UnitPhase.OfAll(plan, data);
        _clock = new WorkClock(units.ToDictionary(unit => unit.Id, unit => phases[unit.Id]), finished);
        double done = finished.Sum(id => _gflop[id]);
        long epochs = finished.Sum(id => plan.SpecOf(plan.Units[id]).EpochsOf(plan.VariantOf(plan.Units[id]).Epochs));
        _state = new SweepState(
            finished.Sum(id => plan.Units[id].ModelCount),
            units.Sum(unit => unit.ModelCount),
            finished.Count,
            units.Length,
            _clock.Fraction,
            null,
            epochs,
            done,
            TimeSpan.Zero,
            0,
            "",
            "",
            0,
            epochs,
            done);
        display.Begin(_state);
    }

    /// <summary>Told each unit that is saved, from any thread.</summary>
    public Action<int>? Saved { get; init; }

    public void EpochDone(WorkUnit slice, IReadOnlyList<EpochMetrics> metrics)
    {
        double best = metrics.Max(m => double.IsFinite(m.Loss) ? m.F1 : 0);
        WorkUnit unit = _plan.Units[slice.Id];
        double share = (double)slice.ModelCount / unit.ModelCount;
        Change(s => s with
        {
            // The first slice of a unit stands for its epochs.
            EpochsDone = s.EpochsDone + (slice.FirstModel == unit.FirstModel ? 1 : 0),
            GflopDone = s.GflopDone + (share * _gflop[unit.Id] / _plan.SpecOf(unit).EpochsOf(_plan.VariantOf(unit).Epochs)),
            BestF1 = Math.Max(s.BestF1, best),
        });
    }

    public void Worked(WorkUnit slice, string phase, double share)
    {
        WorkUnit unit = _plan.Units[slice.Id];
        double before = (double)(slice.FirstModel - unit.FirstModel) / unit.ModelCount;
        Change(s =>
        {
            _inFlight.Add(unit.Id);
            _clock.Worked(unit.Id, before, (double)slice.ModelCount / unit.ModelCount, phase, share, s.Elapsed);
            return s with { Now = $"{unit.Task} seed {unit.Seed}", Phase = phase };
        });
    }

    public void UnitDone(UnitResult result)
    {
        foreach (ModelResult model in result.Models.Where(m => m.Status == Statuses.Failed))
        {
            _display.Note($"{model.Key.Task} seed {model.Key.Seed} H {model.Key.Hidden} lr {model.Key.LearningRate:R}: "
                + "loss or weights not finite, marked failed");
        }

        Change(s =>
        {
            _inFlight.Remove(result.Unit.Id);
            _clock.Finished(result.Unit.Id, s.Elapsed);
            return s with
            {
                ModelsDone = s.ModelsDone + result.Models.Count,
                UnitsDone = s.UnitsDone + 1,
                Failed = s.Failed + result.Models.Count(m => m.Status == Statuses.Failed),
            };
        });
        Saved?.Invoke(result.Unit.Id);
    }

    public void UnitFailed(WorkUnit unit, string error)
    {
        Change(s =>
        {
            _inFlight.Remove(unit.Id);
            _clock.GivenUp(unit.Id);
            return s;
        });
        _display.Note($"unit {unit.Id} ({unit.Task} seed {unit.Seed}) could not be finished: {error.ReplaceLineEndings(" ")}");
    }

    /// <summary>Nothing more is trained now.</summary>
    public void Stopped() => Change(s => s with { Now = "", Phase = "" });

    private void Change(Func<SweepState, SweepState> change)
    {
        lock (_gate)
        {
            _state = change(_state with { Elapsed = Stopwatch.GetElapsedTime(_start) });
            _workers = Math.Max(_workers, _inFlight.Count);
            _state = _state with { Fraction = _clock.Fraction, Left = _clock.Left(_workers) };
            _display.Update(_state);
        }
    }
}
