using System.Diagnostics;

namespace GpuMlp.Peers;

/// <summary>
/// Times several ways to do the same in turns, so that whatever else the machine does meets all of them alike, and so that
/// none of them meets the others: their threads are asleep, its own are awake, and caches hold what it left in them.
/// </summary>
internal static class Clock
{
    /// <summary>
    /// Before each turn. A worker of libgomp spins for 300,000 rounds after its last piece of work before it sleeps, 5 to 15 ms
    /// here, and takes a core from whoever comes next: a GpuMlp epoch right after libtorch takes 16 ms in place of 10.
    /// </summary>
    public const int PauseMs = 50;

    /// <param name="rounds">Each way has this many turns: a pause, an untimed call and a timed one.</param>
    /// <param name="ways">What to time; all of them are called in each round.</param>
    /// <returns>Milliseconds of each way, sorted.</returns>
    public static double[][] Take(int rounds, params Action[] ways)
    {
        double[][] times = [.. ways.Select(_ => new double[rounds])];
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < ways.Length; i++)
            {
                Thread.Sleep(PauseMs);
                ways[i]();
                long start = Stopwatch.GetTimestamp();
                ways[i]();
                times[i][round] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }
        }
        foreach (double[] way in times)
            Array.Sort(way);
        return times;
    }

    /// <param name="sorted">From <see cref="Take"/>.</param>
    public static double Median(double[] sorted) => sorted[sorted.Length / 2];
}
