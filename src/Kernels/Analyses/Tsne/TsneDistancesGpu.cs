using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// Squared distances; the formula, the order and so the bits are those of the CPU's. A group owns 64 x 64
/// pairs, a thread 4 x 4 of them in registers; features go sixteen at a time through shared memory.
/// </summary>
internal partial struct TsneDistances
{
    public const int Threads = 256;

    private const int Tile = 64, Quads = Tile / 4, Step = 16;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => checked(((Points + Tile - 1) / Tile) * Tiles(Stride));

    /// <summary>The ILGPU kernel.</summary>
    public static void Kernel(TsneDistances job)
    {
        ArrayView<Float4> rows = SharedMemory.Allocate<Float4>(Step * Quads), columns = SharedMemory.Allocate<Float4>(Step * Quads);
        ArrayView<Float4> features = job.Features.Cast<Float4>(), distances = job.Conditional.Cast<Float4>();
        int thread = Group.IdxX, tiles = Tiles(job.Stride), quads = job.Stride / 4;
        int rowQuad = Grid.IdxX / tiles * Quads, columnQuad = Grid.IdxX % tiles * Quads;
        int loadQuad = thread % Quads, loadStep = thread / Quads, ownRow = thread / Quads, ownColumn = thread % Quads;
        Float4 a = default, b = default, c = default, d = default;
        for (int first = 0; first < job.Hidden; first += Step)
        {
            rows[thread] = Load(features, first + loadStep, rowQuad + loadQuad, job.Hidden, quads);
            columns[thread] = Load(features, first + loadStep, columnQuad + loadQuad, job.Hidden, quads);
            GpuGroup.Barrier();
            int count = Math.Min(Step, job.Hidden - first);
            for (int h = 0; h < count; h++)
            {
                Float4 own = rows[(h * Quads) + ownRow], other = columns[(h * Quads) + ownColumn];
                a = Add(a, own.X, other);
                b = Add(b, own.Y, other);
                c = Add(c, own.Z, other);
                d = Add(d, own.W, other);
            }
            GpuGroup.Barrier();
        }
        int row = 4 * (rowQuad + ownRow), quad = columnQuad + ownColumn;
        if (quad < quads)
        {
            Store(job, distances, row, quad, a);
            Store(job, distances, row + 1, quad, b);
            Store(job, distances, row + 2, quad, c);
            Store(job, distances, row + 3, quad, d);
        }
    }

    private static int Tiles(int stride) => (stride + Tile - 1) / Tile;

    private static Float4 Load(ArrayView<Float4> features, int h, int quad, int hidden, int quads) =>
        h < hidden && quad < quads ? features[(h * quads) + quad] : default;

    private static Float4 Add(Float4 sums, float own, Float4 other) =>
        new(Add(sums.X, own - other.X), Add(sums.Y, own - other.Y), Add(sums.Z, own - other.Z), Add(sums.W, own - other.W));

    private static float Add(float sum, float difference) => GpuMath.Fma(difference, difference, sum);

    private static void Store(TsneDistances job, ArrayView<Float4> distances, int row, int quad, Float4 sums)
    {
        if (row >= job.Points)
            return;
        int column = 4 * quad;
        distances[(row * (job.Stride / 4)) + quad] = new Float4(
            Real(job, row, column, sums.X), Real(job, row, column + 1, sums.Y),
            Real(job, row, column + 2, sums.Z), Real(job, row, column + 3, sums.W));
    }

    private static float Real(TsneDistances job, int row, int column, float distance) =>
        column == row || column >= job.Points ? Far : distance;
}
