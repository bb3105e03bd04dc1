using GpuMlp.Kernels.Gpu;
using GpuMlp.Kernels.Layout;
using ILGPU;

namespace GpuMlp.Kernels.HiddenForward;

/// <summary>
/// Z = X W1 + b1 of a few images: a group owns 32 images x 16 columns, a thread one image x four of them. For small batches of
/// few columns, where <see cref="HiddenForwardGpu"/> makes fewer groups than a GPU has processors. The same sums in the same
/// order, so the bits do not depend on which of the two runs.
/// </summary>
public struct HiddenForwardSmallGpu
{
    /// <summary>32 images times four runs of four columns.</summary>
    public const int Threads = 128;

    private const int Rows = 32, Quads = ColumnLayout.Vector / 4, Step = 16;

    public CohortViews Cohort;

    public GpuImages Images;

    /// <summary>Z goes here.</summary>
    public GpuActivations Activations;

    /// <summary>Groups of a launch.</summary>
    public static int Groups(int rows, int vectors) => checked((rows + Rows - 1) / Rows * vectors);

    /// <summary>The ILGPU kernel; runs of images are the fastest part of the grid.</summary>
    public static void Kernel(HiddenForwardSmallGpu job)
    {
        // [image, pixel] with an odd pitch, so that the images' pixels lie in different banks; [pixel, quad].
        ArrayView<float> pixels = SharedMemory.Allocate<float>(2 * Rows * (Step + 1));
        ArrayView<Float4> weights = SharedMemory.Allocate<Float4>(2 * Step * Quads);
        int runs = (job.Images.Rows + Rows - 1) / Rows, vector = Grid.IdxX / runs, firstRow = (Grid.IdxX - (vector * runs)) * Rows;
        int thread = Group.IdxX, image = thread / Quads, quad = thread % Quads, inputs = job.Cohort.Inputs;
        int entry = vector * ColumnLayout.VectorFields, first = job.Cohort.Vectors[entry], stride = job.Cohort.Vectors[entry + 1];
        int column = job.Cohort.Vectors[entry + 2], row = firstRow + image;
        bool exists = row < job.Images.Rows;

        // Each thread brings four pixels of its image; the first sixty-four four weights each, of pixel thread / 4.
        ArrayView<uint> words = job.Images.Pixels.Cast<uint>();
        ArrayView<Float4> source = job.Cohort.W1.Cast<Float4>();
        int word = ((job.Images.First + (exists ? row : 0)) * (job.Images.Pitch / 4)) + quad;
        int load = (((inputs * first) + column - first) / 4) + quad, pixel = thread / Quads;
        int buffer = 0;
        Float4 sums = job.Cohort.B1.Cast<Float4>()[(column / 4) + quad];
        for (int k = 0; k < inputs; k += Step)
        {
            uint four = exists ? words[word + (k / 4)] : 0u;
            int place = (((buffer * Rows) + image) * (Step + 1)) + (4 * quad);
            pixels[place] = GpuMath.Pixel(four & 255);
            pixels[place + 1] = GpuMath.Pixel((four >> 8) & 255);
            pixels[place + 2] = GpuMath.Pixel((four >> 16) & 255);
            pixels[place + 3] = GpuMath.Pixel(four >> 24);
            if (pixel < Step)
                weights[(buffer * Step * Quads) + thread] = k + pixel < inputs ? source[load + ((k + pixel) * (stride / 4))] : default;

            // One barrier a step: the other buffer is written only after everyone has left it.
            GpuGroup.Barrier();
            int x = ((buffer * Rows) + image) * (Step + 1), w = (buffer * Step * Quads) + quad;
            for (int depth = 0; depth < Step; depth += 4, x += 4, w += 4 * Quads)
            {
                sums = sums.Fma(pixels[x], weights[w]);
                sums = sums.Fma(pixels[x + 1], weights[w + Quads]);
                sums = sums.Fma(pixels[x + 2], weights[w + (2 * Quads)]);
                sums = sums.Fma(pixels[x + 3], weights[w + (3 * Quads)]);
            }
            buffer = 1 - buffer;
        }
        if (exists)
            job.Activations.Values.Cast<Float4>()[(((job.Activations.Capacity * first) + (row * stride) + column - first) / 4) + quad] = sums;
    }
}
