using GpuMlp.Kernels.Analyses.Tsne;
using GpuMlp.Kernels.Devices;
using ILGPU;

namespace GpuMlp.Kernels.Tests;

/// <summary>The operations of an embedding, one after the other, on buffers that lie between guards, beside the same on plain ones.</summary>
internal static class TsneGuardCase
{
    private static readonly KernelOperation[] s_operations =
    [
        KernelOperation.TsneDistances, KernelOperation.TsneAffinities, KernelOperation.TsneSymmetrize,
        KernelOperation.TsneForces, KernelOperation.TsneStep, KernelOperation.TsneDivergence,
    ];

    /// <summary>Fails when a kernel writes to the guards, or when what lies in them comes into its results.</summary>
    public static void Run(TsneKernels kernels, int points, int hidden)
    {
        ComputeDevice device = kernels.Device;
        using var buffer = new EmbeddingBuffer(device, TsneCase.Features(points, hidden), hidden);
        TsneCase.Spread(buffer);
        TsneArguments plain = kernels.Arguments(buffer, perplexity: 1.2);
        (plain.Exaggeration, plain.Momentum, plain.Rate, plain.Total) = (3, 0.5f, 2, points);
        using var guards = new Guarded(device);
        TsneArguments guarded = plain;
        guarded.Views = new TsneViews
        {
            Features = guards.Copy(plain.Views.Features, "features"),
            Conditional = guards.Copy(plain.Views.Conditional, "conditional"),
            Joint = guards.Copy(plain.Views.Joint, "joint"),
            Precisions = guards.Copy(plain.Views.Precisions, "precisions"),
            Places = guards.Copy(plain.Views.Places, "places"),
            Forces = guards.Copy(plain.Views.Forces, "forces"),
            Motion = guards.Copy(plain.Views.Motion, "motion"),
            Divergence = guards.Copy(plain.Views.Divergence, "divergence"),
        };
        foreach (KernelOperation operation in s_operations)
        {
            kernels.Start(operation, plain);
            kernels.Start(operation, guarded);
            string name = $"{operation} of {points} points";
            guards.CheckGuards(name);
            void Compare(string what, Func<TsneViews, ArrayView<float>> view) =>
                Check.SameBits($"{name}: {what}", device.Download(view(plain.Views)), device.Download(view(guarded.Views)));
            Compare("conditional", views => views.Conditional);
            Compare("joint", views => views.Joint);
            Compare("precisions", views => views.Precisions);
            Compare("places", views => views.Places);
            Compare("forces", views => views.Forces);
            Compare("motion", views => views.Motion);
            Compare("divergence", views => views.Divergence.Cast<float>());
        }
    }
}
