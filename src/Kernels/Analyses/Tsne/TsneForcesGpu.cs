using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// Attraction, repulsion and sums of q; formulas, order and so the bits are those of the CPU's. A group owns
/// eight rows, sixteen threads each; the other points' places go through shared memory, 256 at a time.
/// </summary>
internal partial struct TsneForces
{
    private const int Tile = 2 * TsneLanes.Threads;

    /// <summary>The ILGPU kernel.</summary>
    public static void Kernel(TsneForces job)
    {
        // A tile of x and one of y; afterwards five sums a thread.
        ArrayView<float> shared = SharedMemory.Allocate<float>(5 * TsneLanes.Threads);
        int thread = Group.IdxX, lane = thread % TsneLanes.Lanes, own = thread / TsneLanes.Lanes;
        int row = (Grid.IdxX * TsneLanes.Rows) + own, place = Math.Min(row, job.Points - 1);
        float x = job.Places[place], y = job.Places[job.Stride + place];
        float sum = 0f, attractX = 0f, attractY = 0f, repelX = 0f, repelY = 0f;
        for (int first = 0; first < job.Points; first += Tile)
        {
            for (int k = thread; k < Tile; k += TsneLanes.Threads)
            {
                int point = Math.Min(first + k, job.Points - 1);
                shared[k] = job.Places[point];
                shared[Tile + k] = job.Places[job.Stride + point];
            }
            GpuGroup.Barrier();
            int end = Math.Min(Tile, job.Points - first), joint = (place * job.Stride) + first;
            for (int k = lane; k < end; k += TsneLanes.Lanes)
            {
                float dx = x - shared[k], dy = y - shared[Tile + k];
                float q = GpuMath.Reciprocal(GpuMath.Fma(dy, dy, GpuMath.Fma(dx, dx, 1f)));
                float pq = GpuMath.Product(job.Joint[joint + k], q), squared = GpuMath.Product(q, q);
                sum += q;
                attractX = GpuMath.Fma(pq, dx, attractX);
                attractY = GpuMath.Fma(pq, dy, attractY);
                repelX = GpuMath.Fma(squared, dx, repelX);
                repelY = GpuMath.Fma(squared, dy, repelY);
            }
            GpuGroup.Barrier();
        }
        shared[thread] = sum;
        shared[TsneLanes.Threads + thread] = attractX;
        shared[(2 * TsneLanes.Threads) + thread] = attractY;
        shared[(3 * TsneLanes.Threads) + thread] = repelX;
        shared[(4 * TsneLanes.Threads) + thread] = repelY;
        GpuGroup.Barrier();

        // Five of the sixteen lanes have one sum each to finish; the point itself has a q of exactly 1.
        if (lane < 5 && row < job.Points)
        {
            float total = TsneLanes.Sum(shared, (lane * TsneLanes.Threads) + (own * TsneLanes.Lanes));
            job.Forces[(lane * job.Stride) + row] = lane == 0 ? total - 1f : total;
        }
    }
}
