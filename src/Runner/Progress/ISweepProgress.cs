namespace GpuMlp.Runner.Progress;

/// <summary>Tells people how far a sweep is. All members may be called from any thread; none waits for a terminal.</summary>
internal interface ISweepProgress : IDisposable
{
    /// <summary>How a sweep stands before anything is done, which a display may show while the first units are prepared.</summary>
    void Begin(SweepState s)
    {
    }

    /// <summary>The newest state; older ones that were not shown yet are dropped.</summary>
    void Update(SweepState s);

    /// <summary>One line that stays: a warning, a model that failed.</summary>
    void Note(string line);
}
