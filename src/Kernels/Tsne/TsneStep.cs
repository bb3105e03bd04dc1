using GpuMlp.Kernels.Layout;
using ILGPU.IR.Intrinsics;

namespace GpuMlp.Kernels.Tsne;

/// <summary>
/// One step of gradient descent with momentum and a gain for each coordinate, from the forces of all points; then the mean
/// is taken off. A gain shrinks by a fifth when gradient and velocity have the same sign (the step is turning round), else
/// grows by 0.2, and stays above 0.01 (Jacobs 1988, as in van der Maaten's code). N steps of a few operations: one
/// thread does all, in ascending order. One variant for all widths.
/// </summary>
internal readonly unsafe struct TsneStep : ITsneOperation
{
    public const float Growth = 0.2f, Decline = 0.8f, LeastGain = 0.01f;

    [IntrinsicImplementation]
    public static void Run(TsneArguments arguments, int row)
    {
        int stride = arguments.Stride, points = arguments.Points;
        float* forces = BlockPointers.Pointer(arguments.Views.Forces);
        double total = 0;
        for (int i = 0; i < points; i++)
            total += forces[i];
        float share = (float)(1 / total);
        for (int axis = 0; axis < 2; axis++)
        {
            float* places = BlockPointers.Pointer(arguments.Views.Places) + (axis * stride);
            float* velocity = BlockPointers.Pointer(arguments.Views.Motion) + (axis * stride);
            float* gain = velocity + (2 * stride);
            float* attract = forces + ((1 + axis) * stride), repel = forces + ((3 + axis) * stride);
            double sum = 0;
            for (int i = 0; i < points; i++)
            {
                float gradient = 4 * ((arguments.Exaggeration * attract[i]) - (share * repel[i]));
                bool agree = (gradient > 0 && velocity[i] > 0) || (gradient < 0 && velocity[i] < 0);
                gain[i] = Math.Max(agree ? gain[i] * Decline : gain[i] + Growth, LeastGain);
                velocity[i] = (arguments.Momentum * velocity[i]) - (arguments.Rate * gain[i] * gradient);
                places[i] += velocity[i];
                sum += places[i];
            }
            float mean = (float)(sum / points);
            for (int i = 0; i < points; i++)
                places[i] -= mean;
        }
    }
}
