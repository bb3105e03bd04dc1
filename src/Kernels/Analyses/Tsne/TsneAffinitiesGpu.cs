using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// Perplexity search, in place of the distances; formulas, order and so the bits are those of the CPU's.
/// A group owns eight rows, sixteen threads each. All rows step together until the last one has found its precision; who
/// has found it waits.
/// </summary>
internal partial struct TsneAffinities
{
    /// <summary>The ILGPU kernel.</summary>
    public static void Kernel(TsneAffinities job)
    {
        // Two of each: a step writes one half while slower threads still read the other. So one barrier a step is enough.
        ArrayView<float> sums = SharedMemory.Allocate<float>(2 * TsneLanes.Threads), weights = SharedMemory.Allocate<float>(
            2 * TsneLanes.Threads);
        ArrayView<int> waiting = SharedMemory.Allocate<int>(2 * TsneLanes.Rows);
        int thread = Group.IdxX, lane = thread % TsneLanes.Lanes, own = thread / TsneLanes.Lanes;
        int row = (Grid.IdxX * TsneLanes.Rows) + own, isRow = row < job.Points ? 1 : 0;
        int first = isRow * row * job.Stride;
        float nearest = Least(job, sums, first, lane, own);
        var entropy = new FloatPair(job.EntropyHigh, job.EntropyLow);
        TsneSearch search = TsneSearch.Start;
        float sum = 1f;
        int searches = isRow, half = 0, left = 1;
        for (int step = 0; left > 0; step++)
        {
            if (searches > 0)
                Add(job, sums, weights, (half * TsneLanes.Threads) + thread, first + lane, nearest, search.Beta);
            if (lane == 0)
                waiting[(half * TsneLanes.Rows) + own] = searches;
            GpuGroup.Barrier();
            if (searches > 0)
            {
                int lanes = (half * TsneLanes.Threads) + (own * TsneLanes.Lanes);
                sum = TsneLanes.Sum(sums, lanes);
                float excess = TsneSearch.Excess(sum, TsneLanes.Sum(weights, lanes), search.Beta, entropy);
                if (step == TsneSearch.MostSteps || GpuMath.Abs(excess) < TsneSearch.Tolerance)
                    searches = 0;
                else
                    search = search.Next(excess);
            }
            left = 0;
            for (int other = 0; other < TsneLanes.Rows; other++)
                left += waiting[(half * TsneLanes.Rows) + other];
            left = GpuGroup.Keep(left);
            half = 1 - half;
        }
        if (isRow == 0)
            return;
        if (lane == 0)
            job.Precisions[row] = search.Beta;
        for (int column = lane; column < job.Stride; column += TsneLanes.Lanes)
        {
            float d = GpuGroup.Keep(job.Conditional[first + column]);
            job.Conditional[first + column] = GpuMath.Divide(Exponential(d, nearest, search.Beta), sum);
        }
    }

    private static float Least(TsneAffinities job, ArrayView<float> shared, int first, int lane, int own)
    {
        float least = TsneDistances.Far;
        for (int column = lane; column < job.Stride; column += TsneLanes.Lanes)
            least = Math.Min(least, job.Conditional[first + column]);
        int lanes = own * TsneLanes.Lanes;
        shared[lanes + lane] = least;
        GpuGroup.Barrier();
        for (int other = 0; other < TsneLanes.Lanes; other++)
            least = Math.Min(least, shared[lanes + other]);
        least = GpuGroup.Keep(least);
        GpuGroup.Barrier();
        return least;
    }

    private static void Add(
        TsneAffinities job, ArrayView<float> sums, ArrayView<float> weights, int place, int column, float nearest, float beta)
    {
        float sum = 0f, weighted = 0f;
        int end = column - (column % TsneLanes.Lanes) + job.Stride;
        for (; column < end; column += TsneLanes.Lanes)
        {
            float d = job.Conditional[column], e = Exponential(d, nearest, beta);
            sum += e;
            weighted = GpuMath.Fma(d - nearest, e, weighted);
        }
        sums[place] = sum;
        weights[place] = weighted;
    }

    // 0 for the point itself and the padding.
    private static float Exponential(float d, float nearest, float beta)
    {
        float e = Formulas.ExpOfNegative<Scalar>(GpuMath.Product(-beta, d - nearest)).Value;
        return e > TsneSearch.LeastShare ? e : 0f;
    }
}
