using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Products;

/// <summary>
/// Z of a few images: a group owns 32 images x 16 columns, a thread one image x four of them. For small batches of few
/// columns, where <see cref="HiddenForwardGpu"/> makes fewer groups than a GPU has processors.
/// </summary>
public struct HiddenForwardSmallGpu
{
    /// <summary>32 images times four runs of four columns.</summary>
    public const int Threads = 128;

    private const int Rows = 32, Quads = ColumnLayout.Vector / 4, Step = 16;

    public CohortViews Cohort;

    public GpuWeights Weights;

    public GpuImages Images;

    /// <summary>Z goes here.</summary>
    public GpuActivations Activations;

    /// <summary>Groups of a launch.</summary>
    public static int Groups(int rows, int vectors) => checked((rows + Rows - 1) / Rows * vectors);

    /// <summary>The ILGPU kernel; runs of images are the fastest part of the grid.</summary>
    public static void Kernel(HiddenForwardSmallGpu job)
    {
        // [image, pixel] with an odd pitch, so that the images' pixels lie in different banks; [pixel, quad].
        ArrayView<int> pixels = SharedMemory.Allocate<int>(2 * Rows * (Step + 1));
        ArrayView<Int4> weights = SharedMemory.Allocate<Int4>(2 * Step * Quads);
        int runs = (job.Images.Rows + Rows - 1) / Rows, vectorIndex = Grid.IdxX / runs, firstRow = (Grid.IdxX - (vectorIndex * runs))
            * Rows;
        int thread = Group.IdxX, image = thread / Quads, quad = thread % Quads, row = firstRow + image, depths = job.Cohort.Inputs + 1;
        var vector = new GpuVector(job.Cohort, vectorIndex);
        bool exists = row < job.Images.Rows;

        // Each thread brings four pixels of its image; the first sixty-four four weights each, of pixel thread / 4.
        ArrayView<uint> words = job.Images.Pixels.Cast<uint>();
        ArrayView<Int4> source = job.Weights.Values.Cast<Int4>();
        int word = ((job.Images.First + (exists ? row : 0)) * (job.Images.Pitch / 4)) + quad;
        int load = (vector.Base(depths) / 4) + quad, pixel = thread / Quads;
        int buffer = 0;
        var sums = default(Long4);
        for (int k = 0; k < depths; k += Step)
        {
            uint four = exists ? words[word + (k / 4)] : 0u;
            int place = (((buffer * Rows) + image) * (Step + 1)) + (4 * quad);
            pixels[place] = (int)(four & 255);
            pixels[place + 1] = (int)((four >> 8) & 255);
            pixels[place + 2] = (int)((four >> 16) & 255);
            pixels[place + 3] = (int)(four >> 24);
            if (pixel < Step)
            {
                weights[(buffer * Step * Quads) + thread] = k + pixel < depths
                    ? source[load + ((k + pixel) * (vector.Stride / 4))]
                    : default;
            }

            // One barrier a step: the other buffer is written only after everyone has left it.
            GpuGroup.Barrier();
            int x = ((buffer * Rows) + image) * (Step + 1), w = (buffer * Step * Quads) + quad;
            for (int depth = 0; depth < Step; depth += 4, x += 4, w += 4 * Quads)
            {
                sums = sums.MultiplyAdd(pixels[x], weights[w]);
                sums = sums.MultiplyAdd(pixels[x + 1], weights[w + Quads]);
                sums = sums.MultiplyAdd(pixels[x + 2], weights[w + (2 * Quads)]);
                sums = sums.MultiplyAdd(pixels[x + 3], weights[w + (3 * Quads)]);
            }
            buffer = 1 - buffer;
        }
        if (exists)
        {
            job.Activations.Values.Cast<Float4>()[((vector.Base(job.Activations.Capacity) + (row * vector.Stride)) / 4) + quad] =
                GpuWeights.Activation(sums, job.Weights.Scales(job.Cohort, vector.Column + (4 * quad)));
        }
    }
}
