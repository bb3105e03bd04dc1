using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// Deals the images of a backward product out in parts, where one sum over all of them would leave processors idle, and adds the parts.
/// </summary>
internal static class GpuProductParts
{
    /// <summary>Groups that keep the largest GPU of today busy: 132 processors with four groups of 128 threads each, twice over.</summary>
    public const int EnoughGroups = 1056;

    /// <param name="rows">Images of the run.</param>
    /// <param name="groups">Groups that a part makes.</param>
    /// <param name="launch">Starts the product: parts, where their sums go, whether they go on from what is there.</param>
    public static void Run(
        GpuDevice device,
        int rows,
        ArrayView<long> sums,
        bool goesOn,
        int groups,
        Action<GpuParts, ArrayView<long>, bool> launch)
    {
        long fit = Math.Max(1, GpuWorkspace.MostFloats * sizeof(float) / (sizeof(long) * sums.Length));
        long wanted = Math.Min((EnoughGroups + groups - 1) / groups, GpuParts.Chunks(rows));
        int count = (int)Math.Min(Math.Min(wanted, fit), device.Tuning.MostSegments);
        if (count <= 1)
        {
            launch(GpuParts.Of(rows, 1), sums, goesOn);
            return;
        }
        ArrayView<long> parts = device.Workspace.Take<long>("parts of gradient sums", count * sums.Length);
        launch(GpuParts.Of(rows, count), parts, false);
        var job = new SumPartsGpu { Parts = parts, Target = sums, Count = count, GoesOn = goesOn ? 1 : 0 };
        device.Launch(SumPartsGpu.Kernel, SumPartsGpu.Threads, job.Groups, job);
    }
}
