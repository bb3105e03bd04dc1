using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GpuMlp.Kernels.Numerics;

namespace GpuMlp.Kernels.Peak;

/// <summary>
/// The two roofs of this machine: float32 multiply-adds with everything in registers, which no dense product can pass, and
/// bytes read from main memory.
/// </summary>
public static class CpuPeak
{
    private const int Rounds = 20_000_000;

    // Far larger than any last-level cache's share of a core; a multiple of four rows of lanes.
    private const int ReadBytes = 1 << 28;

    /// <summary>
    /// GFLOP/s on <paramref name="threads"/> threads: the best of nine runs with the fastest register width. The best, since it
    /// is a roof: a run in which the system put two threads on one core says nothing of the machine.
    /// </summary>
    public static double Gflops(int threads) =>
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
            double seconds = InParallel(threads, _ => loop(Rounds));
            rates.Add(2.0 * LaneMask.Lanes * chains * Rounds * threads / seconds / 1e9);
        }
        rates.RemoveAt(0);
        return rates.Max();
    }

    /// <summary>
    /// GB/s (1e9 bytes) that <paramref name="threads"/> threads read at together, each from memory of its own: the best of five runs.
    /// </summary>
    public static unsafe double GigabytesPerSecond(int threads)
    {
        var rates = new List<double>();
        var buffers = new nint[threads];
        try
        {
            for (int t = 0; t < threads; t++)
            {
                buffers[t] = (nint)NativeMemory.AlignedAlloc(ReadBytes, 64);

                // Written, so that every page is memory of its own and not the one page of zeros.
                new Span<byte>((void*)buffers[t], ReadBytes).Fill(1);
            }
            for (int run = 0; run < 5; run++)
            {
                double seconds = InParallel(threads, t => SumOf((float*)buffers[t], ReadBytes / sizeof(float)));
                rates.Add((double)ReadBytes * threads / seconds / 1e9);
            }
        }
        finally
        {
            foreach (nint buffer in buffers)
                NativeMemory.AlignedFree((void*)buffer);
        }
        return rates.Max();
    }

    private static double InParallel(int threads, Func<int, float> work)
    {
        long start = Stopwatch.GetTimestamp();
        Thread[] workers = [.. Enumerable.Range(0, threads).Select(t => new Thread(() => work(t)))];
        foreach (Thread worker in workers)
            worker.Start();
        foreach (Thread worker in workers)
            worker.Join();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe float SumOf(float* values, int count)
    {
        Lanes512 a = default, b = default, c = default, d = default;
        for (int i = 0; i < count; i += 4 * LaneMask.Lanes)
        {
            a = Lanes512.Add(a, Lanes512.Load(values + i));
            b = Lanes512.Add(b, Lanes512.Load(values + i + LaneMask.Lanes));
            c = Lanes512.Add(c, Lanes512.Load(values + i + (2 * LaneMask.Lanes)));
            d = Lanes512.Add(d, Lanes512.Load(values + i + (3 * LaneMask.Lanes)));
        }
        return Lanes512.Sum(Lanes512.Add(Lanes512.Add(a, b), Lanes512.Add(c, d)));
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
