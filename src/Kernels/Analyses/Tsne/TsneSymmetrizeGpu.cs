using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// p(i, j) = (p(j | i) + p(i | j)) / 2N. A group owns 32 x 32 pairs and turns the tile
/// of the opposite side in shared memory, so that both are read by rows.
/// </summary>
internal partial struct TsneSymmetrize
{
    public const int Threads = 256;

    private const int Tile = 32, RowsAtOnce = Threads / Tile;

    // A column of the tile goes through all banks of shared memory.
    private const int Pitch = Tile + 1;

    /// <summary>Groups of a launch.</summary>
    internal readonly int Groups => checked(Tiles(Points) * Tiles(Points));

    /// <summary>The ILGPU kernel.</summary>
    public static void Kernel(TsneSymmetrize job)
    {
        ArrayView<float> other = SharedMemory.Allocate<float>(Tile * Pitch);
        int tiles = Tiles(job.Points), rowTile = Grid.IdxX / tiles * Tile, columnTile = Grid.IdxX % tiles * Tile;
        int across = Group.IdxX % Tile, down = Group.IdxX / Tile;
        for (int k = down; k < Tile; k += RowsAtOnce)
        {
            int row = columnTile + k, column = rowTile + across;
            other[(k * Pitch) + across] = row < job.Points && column < job.Points ? job.Conditional[(row * job.Stride) + column] : 0f;
        }
        GpuGroup.Barrier();
        for (int k = down; k < Tile; k += RowsAtOnce)
        {
            int row = rowTile + k, column = columnTile + across;
            if (row < job.Points && column < job.Points)
            {
                job.Joint[(row * job.Stride) + column] = (job.Conditional[(row * job.Stride) + column] + other[(across * Pitch) + k])
                    * job.Share;
            }
        }
    }

    private static int Tiles(int points) => (points + Tile - 1) / Tile;
}
