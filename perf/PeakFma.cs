using System.Diagnostics;
using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Simd;

namespace GpuMlp.Perf;

/// <summary>The float32 multiply-add rate of this machine with everything in registers: the roof that a dense product cannot pass.</summary>
internal static class PeakFma
{
    private const int Rounds = 20_000_000;

    /// <summary>
    /// GFLOP/s on <paramref name="threads"/> threads: the best of nine runs with the fastest register width. The best, since it
    /// is a roof: a run in which the system put two threads on one core says nothing of the machine.
    /// </summary>
    public static double Measure(int threads) =>
        SimdSupport.Available.Max(width => width switch
        {
            SimdWidth.V512 => Measure<Lanes512>(threads, Eight<Lanes512>, 8),
            SimdWidth.V256 => Measure<Lanes256>(threads, Five<Lanes256>, 5),
            _ => Measure<Lanes128>(threads, Two<Lanes128>, 2),
        });

    private static double Measure<T>(int threads, Func<int, float> loop, int chains)
        where T : unmanaged, ILanes<T>
    {
        var rates = new List<double>();
        for (int run = 0; run < 10; run++)
        {
            long start = Stopwatch.GetTimestamp();
            Thread[] workers = [.. Enumerable.Range(0, threads).Select(_ => new Thread(() => loop(Rounds)))];
            foreach (Thread worker in workers)
                worker.Start();
            foreach (Thread worker in workers)
                worker.Join();
            rates.Add(2.0 * LaneMask.Lanes * chains * Rounds * threads / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
        }
        rates.RemoveAt(0);
        return rates.Max();
    }

    public static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    // As many independent chains as the registers of each width hold: latency is hidden and nothing is spilled.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Eight<T>(int rounds)
        where T : unmanaged, ILanes<T>
    {
        T x = T.Broadcast(0.999f), y = T.Broadcast(1e-3f);
        T a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y;
        for (int i = 0; i < rounds; i++)
        {
            (a, b, c, d) = (T.Fma(a, x, y), T.Fma(b, x, y), T.Fma(c, x, y), T.Fma(d, x, y));
            (e, f, g, h) = (T.Fma(e, x, y), T.Fma(f, x, y), T.Fma(g, x, y), T.Fma(h, x, y));
        }
        return T.Sum(T.Add(T.Add(T.Add(a, b), T.Add(c, d)), T.Add(T.Add(e, f), T.Add(g, h))));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Five<T>(int rounds)
        where T : unmanaged, ILanes<T>
    {
        T x = T.Broadcast(0.999f), y = T.Broadcast(1e-3f);
        T a = y, b = y, c = y, d = y, e = y;
        for (int i = 0; i < rounds; i++)
        {
            a = T.Fma(a, x, y);
            b = T.Fma(b, x, y);
            c = T.Fma(c, x, y);
            d = T.Fma(d, x, y);
            e = T.Fma(e, x, y);
        }
        return T.Sum(T.Add(T.Add(a, b), T.Add(T.Add(c, d), e)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Two<T>(int rounds)
        where T : unmanaged, ILanes<T>
    {
        T x = T.Broadcast(0.999f), y = T.Broadcast(1e-3f);
        T a = y, b = y;
        for (int i = 0; i < rounds; i++)
        {
            a = T.Fma(a, x, y);
            b = T.Fma(b, x, y);
        }
        return T.Sum(T.Add(a, b));
    }
}
