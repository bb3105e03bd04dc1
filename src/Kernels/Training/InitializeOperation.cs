using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Training;

/// <summary>
/// w[i] = std * z(i): z is the standard normal number that belongs to (seed, identity, i), i the weight's place in W1 row-major [D, H],
/// then w2 row-major [O, H]. Biases are 0. Weight i alone decides its value: any order, any device and any number of neighbours give the
/// same bits.
/// </summary>
public sealed class InitializeOperation : Operation<InitializeJob>
{
    public static InitializeOperation Instance { get; } = new();

    public override string Name => "Initialize";

    public override bool HasWidths => false;

    internal override ComputeDevice? DeviceOf(InitializeJob job) => job.Cohort.Device;

    internal override void Check(InitializeJob job)
    {
    }

    internal override void OnCpu(DeviceKernels kernels, InitializeJob job)
    {
        using OriginBuffer origin = new(kernels.Device, job.Cohort.Layout, job.Origin);
        kernels.Launch(new InitializeGpu { Cohort = job.Cohort.Cohort, Origin = origin.Views });
    }

    internal override void OnGpu(GpuDevice device, InitializeJob job)
    {
        using OriginBuffer origin = new(device, job.Cohort.Layout, job.Origin);
        var initialize = new InitializeGpu { Cohort = job.Cohort.Cohort, Origin = origin.Views };
        device.Launch(InitializeGpu.Kernel, InitializeGpu.Threads, initialize.Items, initialize);

        // The origin goes with this call.
        device.Stream.Synchronize();
    }
}

/// <summary>What it is given.</summary>
/// <param name="Cohort">Gets the weights.</param>
public readonly record struct InitializeJob(DeviceCohort Cohort, ModelOrigin Origin);

/// <summary>How it is called.</summary>
public static class InitializeKernels
{
    /// <summary>Gives all models of a cohort their initial weights, normal with the origin's standard deviation; biases become 0.</summary>
    /// <exception cref="ArgumentException">An origin of another number of models.</exception>
    public static void Initialize(this DeviceKernels kernels, DeviceCohort cohort, ModelOrigin origin) =>
        kernels.Run(InitializeOperation.Instance, new InitializeJob(cohort, origin));
}

/// <summary>A model an item or a group; four weights a Philox draw. One text serves all devices.</summary>
public struct InitializeGpu : ICpuJob
{
    public const int Threads = 128;

    public CohortViews Cohort;

    public OriginViews Origin;

    public readonly int Items => Cohort.SlotCount;

    /// <summary>The ILGPU kernel; a group a model.</summary>
    public static void Kernel(InitializeGpu job) => job.Draw(Grid.IdxX, Group.IdxX, Threads);

    readonly void ICpuJob.Run<T>(int item) => Draw(item, 0, 1);

    // Every step-th quad of a model's weights, from a first one on; the first thread sets the biases.
    private readonly void Draw(int index, int thread, int step)
    {
        var slot = new GpuSlot(Cohort, index);
        int all = (Cohort.Inputs + Cohort.Outputs) * slot.Hidden;
        for (int quad = thread; 4 * quad < all; quad += step)
        {
            PhiloxBlock bits = Origin.Draw(index, quad, RandomStreams.Weights);
            Set(slot, 4 * quad, all, bits.X);
            Set(slot, (4 * quad) + 1, all, bits.Y);
            Set(slot, (4 * quad) + 2, all, bits.Z);
            Set(slot, (4 * quad) + 3, all, bits.W);
        }
        if (thread != 0)
            return;
        for (int unit = 0; unit < slot.Hidden; unit++)
            Cohort.B1[slot.Column + unit] = 0f;
        for (int k = 0; k < Cohort.Outputs; k++)
            Cohort.B2[(index * Cohort.Outputs) + k] = 0f;
    }

    private readonly void Set(GpuSlot slot, int weight, int all, uint bits)
    {
        if (weight >= all)
            return;
        int row = weight / slot.Hidden, unit = weight - (row * slot.Hidden);
        if (row < Cohort.Inputs)
            Cohort.W1[slot.Row(Cohort.Inputs, row) + unit] = Origin.Initial(bits);
        else
            Cohort.W2[((row - Cohort.Inputs) * Cohort.B1.IntLength) + slot.Column + unit] = Origin.Initial(bits);
    }
}
