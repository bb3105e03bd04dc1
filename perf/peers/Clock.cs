using System.Diagnostics;

namespace GpuMlp.Peers;

/// <summary>Times several ways to do the same in turns, so that whatever else the machine does meets all of them alike.</summary>
internal static class Clock
{
    /// <param name="rounds">Each way is called this often, after one call to warm up.</param>
    /// <param name="ways">What to time; all of them are called in each round.</param>
    /// <returns>Milliseconds of each way, sorted.</returns>
    public static double[][] Take(int rounds, params Action[] ways)
    {
        double[][] times = [.. ways.Select(_ => new double[rounds])];
        foreach (Action way in ways)
            way();
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < ways.Length; i++)
            {
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
