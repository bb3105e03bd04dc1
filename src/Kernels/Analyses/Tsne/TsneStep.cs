using GpuMlp.Kernels.Memory;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.Analyses.Tsne;

/// <summary>
/// One step of gradient descent with momentum and a gain for each coordinate, from the forces of all points; then the mean
/// is taken off. A gain shrinks by a fifth when gradient and velocity have the same sign (the step is turning round), else
/// grows by 0.2, and stays above 0.01 (Jacobs 1988, as in van der Maaten's code). N steps of a few operations: one
/// thread does all. One variant for all widths; the arithmetic is <see cref="TsneMove"/>.
/// </summary>
internal readonly unsafe struct TsneStep : ITsneOperation
{
    [IntrinsicImplementation]
    public static void Run(TsneArguments arguments, int row)
    {
        int stride = arguments.Stride, points = arguments.Points;
        float kernelScale = TsneMove.KernelScale(points), placeScale = TsneMove.PlaceScale(points);
        float* forces = BlockPointers.Pointer(arguments.Views.Forces);
        long total = 0;
        for (int i = 0; i < points; i++)
            total += TsneMove.Fixed(forces[i], points, kernelScale);
        float share = TsneMove.Share(total, 1 / kernelScale);
        for (int axis = 0; axis < 2; axis++)
        {
            float* places = BlockPointers.Pointer(arguments.Views.Places) + (axis * stride);
            float* velocity = BlockPointers.Pointer(arguments.Views.Motion) + (axis * stride);
            float* gain = velocity + (2 * stride);
            float* attract = forces + ((1 + axis) * stride), repel = forces + ((3 + axis) * stride);
            long sum = 0;
            for (int i = 0; i < points; i++)
            {
                float gradient = TsneMove.Gradient(arguments.Exaggeration, attract[i], share, repel[i]);
                gain[i] = TsneMove.Gain(gain[i], gradient, velocity[i]);
                velocity[i] = TsneMove.Velocity(arguments.Momentum, velocity[i], arguments.Rate, gain[i], gradient);
                places[i] += velocity[i];
                sum += TsneMove.Fixed(places[i], TsneMove.Farthest, placeScale);
            }
            float mean = TsneMove.Mean(sum, 1 / placeScale, points);
            for (int i = 0; i < points; i++)
                places[i] -= mean;
        }
    }
}
