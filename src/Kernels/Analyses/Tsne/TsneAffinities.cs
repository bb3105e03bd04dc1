using System.Runtime.CompilerServices;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// Perplexity search of one point: p(j | i) = exp(-beta d(i, j)) / sum, with the precision beta at which the entropy is
/// ln(perplexity), found by bisection; p replaces d. Below <see cref="TsneSearch.LeastShare"/> of the nearest point's, p is 0.
/// Source: van der Maaten and Hinton, "Visualizing data using t-SNE", JMLR 9 (2008), section 2, and the search of the authors' code.
/// </summary>
/// <remarks>
/// More points at distance 0 than the perplexity have too high an entropy at every beta: the search ends after
/// <see cref="TsneSearch.MostSteps"/> doublings, with those points sharing the probability.
/// </remarks>
public sealed class TsneAffinitiesOperation : Operation<TsneAffinitiesJob>
{
    public static TsneAffinitiesOperation Instance { get; } = new();

    public override string Name => "TsneAffinities";

    internal override ComputeDevice? DeviceOf(TsneAffinitiesJob job) => job.Buffer.Device;

    internal override void Check(TsneAffinitiesJob job)
    {
        if (!(job.Perplexity > 1 && job.Perplexity <= job.Buffer.Points - 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(job),
                job.Perplexity,
                $"perplexity must be above 1 and at most {job.Buffer.Points - 1}");
        }
    }

    internal override void OnCpu(DeviceKernels kernels, TsneAffinitiesJob job) => kernels.Launch(Kernel(job));

    internal override void OnGpu(GpuDevice device, TsneAffinitiesJob job)
    {
        TsneAffinities kernel = Kernel(job);
        device.Launch(TsneAffinities.Kernel, TsneLanes.Threads, TsneLanes.Groups(kernel.Points), kernel);
    }

    private static TsneAffinities Kernel(TsneAffinitiesJob job)
    {
        var entropy = FloatPair.Of(PortableMath.Log(job.Perplexity));
        return new TsneAffinities
        {
            Conditional = job.Buffer.Views.Conditional,
            Precisions = job.Buffer.Views.Precisions,
            Points = job.Buffer.Points,
            Stride = job.Buffer.Stride,
            EntropyHigh = entropy.High,
            EntropyLow = entropy.Low,
        };
    }
}

/// <summary>What it is given.</summary>
public readonly record struct TsneAffinitiesJob(EmbeddingBuffer Buffer, double Perplexity);

/// <summary>How it is called.</summary>
public static class TsneAffinitiesKernels
{
    /// <summary>Conditional probabilities of that perplexity, from the distances.</summary>
    /// <param name="perplexity">Above 1, below the number of other points.</param>
    /// <exception cref="ArgumentOutOfRangeException">Perplexity out of range.</exception>
    public static void Affinities(this DeviceKernels kernels, EmbeddingBuffer buffer, double perplexity)
        => kernels.Run(TsneAffinitiesOperation.Instance, new TsneAffinitiesJob(buffer, perplexity));
}

/// <summary>What its kernels are given; on a CPU a point's row is an item.</summary>
internal partial struct TsneAffinities : ICpuJob
{
    /// <summary>[N, stride]: distances, then p.</summary>
    public ArrayView<float> Conditional;

    /// <summary>[N].</summary>
    public ArrayView<float> Precisions;

    public int Points, Stride;

    /// <summary>ln of the perplexity, as a sum of two: the entropy, in nats, that each conditional distribution is to have.</summary>
    public float EntropyHigh, EntropyLow;

    public readonly int Items => Points;

    // A row of 2,300 points is about a microsecond of work; taking one costs a twentieth of that.
    static int ICpuJob.AtOnce => 8;

    public readonly unsafe void Run<T>(int row)
        where T : unmanaged, ILanes<T>
    {
        float* d = BlockPointers.Pointer(Conditional) + ((long)row * Stride);
        float nearest = Least<T>(d, Stride);
        var entropy = new FloatPair(EntropyHigh, EntropyLow);
        TsneSearch search = TsneSearch.Start;
        (float sum, float weighted) = Sums<T>(d, Stride, nearest, search.Beta);
        for (int step = 0; step < TsneSearch.MostSteps; step++)
        {
            float excess = TsneSearch.Excess(sum, weighted, search.Beta, entropy);
            if (Math.Abs(excess) < TsneSearch.Tolerance)
                break;
            search = search.Next(excess);
            (sum, weighted) = Sums<T>(d, Stride, nearest, search.Beta);
        }
        BlockPointers.Pointer(Precisions)[row] = search.Beta;
        Write<T>(d, Stride, nearest, search.Beta, sum);
    }

    private static unsafe float Least<T>(float* d, int stride)
        where T : unmanaged, ILanes<T>
    {
        T most = T.Broadcast(-TsneDistances.Far);
        for (int column = 0; column < stride; column += LaneMask.Lanes)
            most = T.Max(most, T.Subtract(T.Zero, T.Load(d + column)));
        float* lanes = stackalloc float[LaneMask.Lanes];
        T.Store(most, lanes);
        float largest = lanes[0];
        for (int lane = 1; lane < LaneMask.Lanes; lane++)
            largest = Math.Max(largest, lanes[lane]);
        return -largest;
    }

    /// <summary>Sum of e and of t e, where t is how much farther than the nearest a point is and e = exp(-beta t).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe (float Sum, float Weighted) Sums<T>(float* d, int stride, float nearest, float beta)
        where T : unmanaged, ILanes<T>
    {
        T sum = T.Zero, weighted = T.Zero;
        for (int column = 0; column < stride; column += LaneMask.Lanes)
        {
            T e = Exponential(T.Load(d + column), nearest, beta, out T farther);
            sum = T.Add(sum, e);
            weighted = T.Fma(farther, e, weighted);
        }
        return (T.Sum(sum), T.Sum(weighted));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Write<T>(float* d, int stride, float nearest, float beta, float sum)
        where T : unmanaged, ILanes<T>
    {
        T all = T.Broadcast(sum);
        for (int column = 0; column < stride; column += LaneMask.Lanes)
            T.Store(T.Divide(Exponential(T.Load(d + column), nearest, beta, out _), all), d + column);
    }

    // 0 for the point itself and the padding, which are far enough at every beta.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Exponential<T>(T d, float nearest, float beta, out T farther)
        where T : unmanaged, ILanes<T>
    {
        farther = T.Subtract(d, T.Broadcast(nearest));
        T e = Formulas.ExpOfNegative(T.Multiply(T.Broadcast(-beta), farther));
        return T.Select(T.Greater(e, T.Broadcast(TsneSearch.LeastShare)), e, T.Zero);
    }
}
