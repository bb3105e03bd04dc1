namespace GpuMlp.Runner.Progress;

/// <summary>Shows nothing. Errors do not come this way: the command writes them itself.</summary>
internal sealed class QuietProgress : ISweepProgress
{
    public void Update(SweepState s)
    {
    }

    public void Note(string line)
    {
    }

    public void Dispose()
    {
    }
}
