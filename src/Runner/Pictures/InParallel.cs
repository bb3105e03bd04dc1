using System.Runtime.ExceptionServices;

namespace GpuMlp.Runner.Pictures;

/// <summary>Pictures are drawn side by side; what goes wrong with one comes out as it would alone.</summary>
internal static class InParallel
{
    /// <param name="count">Of the items; each is drawn by itself, so that their order shows nowhere.</param>
    /// <param name="threads">At most so many at once.</param>
    public static void Each(int count, int threads, Action<int> draw)
    {
        try
        {
            Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, draw);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }
}
