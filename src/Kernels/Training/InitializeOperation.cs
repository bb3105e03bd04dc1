using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Numerics;
using ILGPU;

namespace GpuMlp.Kernels.Training;

/// <summary>
/// w[i] = std * z(i): z is the standard normal number that belongs to (seed, identity, i). Element i alone decides its
/// value: any order, any device and any number of neighbours give the same bits.
/// </summary>
public sealed class InitializeOperation : Operation<InitializeJob>
{
    public static InitializeOperation Instance { get; } = new();

    public override string Name => "Initialize";

    public override bool HasWidths => false;

    internal override void Check(InitializeJob job)
    {
    }

    internal override void OnCpu(DeviceKernels kernels, InitializeJob job)
    {
        using DeviceArray<int> table = kernels.Device.Upload(s_table);
        kernels.Launch(Job(job, table));
    }

    internal override void OnGpu(GpuDevice device, InitializeJob job)
    {
        using DeviceArray<int> table = device.Upload(s_table);
        InitializeGpu draw = Job(job, table);
        device.Launch(InitializeGpu.Kernel, InitializeGpu.Threads, (draw.Items + InitializeGpu.Threads - 1) / InitializeGpu.Threads, draw);

        // The table goes with this call.
        device.Stream.Synchronize();
    }

    private static readonly int[] s_table = GaussianTable.Create();

    private static InitializeGpu Job(InitializeJob job, DeviceArray<int> table) => new()
    {
        Table = table.View,
        Output = job.Output.View,
        IdentityHigh = (uint)(job.Identity >> 32),
        IdentityLow = (uint)job.Identity,
        Seed = job.Seed,
        Std = job.Std,
    };
}

/// <summary>What it is given.</summary>
/// <param name="Output">Values in the model's own order: W1 row-major [D, H], then w2 [H].</param>
/// <param name="Identity">The model's: what its numbers belong to, besides the seed.</param>
/// <param name="Seed">The run's.</param>
/// <param name="Std">Standard deviation.</param>
public readonly record struct InitializeJob(DeviceArray<float> Output, ulong Identity, uint Seed, float Std);

/// <summary>How it is called.</summary>
public static class InitializeKernels
{
    /// <summary>Initial W1 [D, H] and w2 [H] of a model, normal with standard deviation <paramref name="std"/>; biases are 0.</summary>
    public static ModelParameters Initialize(this DeviceKernels kernels, int inputs, int hidden, ulong identity, uint seed, float std)
    {
        int count = checked((inputs + 1) * hidden);
        using DeviceArray<float> output = kernels.Device.Zeroed<float>(count);
        kernels.Run(InitializeOperation.Instance, new InitializeJob(output, identity, seed, std));
        float[] values = output.ToArray();
        return new ModelParameters(values[..(inputs * hidden)], new float[hidden], values[(inputs * hidden)..], 0f);
    }
}

/// <summary>Four numbers an item, one Philox draw; integers and one product, so that one text serves all devices.</summary>
public struct InitializeGpu : ICpuJob
{
    public const int Threads = 128;

    /// <summary>From <see cref="GaussianTable.Create"/>.</summary>
    public ArrayView<int> Table;

    public ArrayView<float> Output;

    /// <summary>Both words of the model's identity.</summary>
    public uint IdentityHigh, IdentityLow;

    public uint Seed;

    public float Std;

    public readonly int Items => (Output.IntLength + 3) / 4;

    static int ICpuJob.AtOnce => 256;

    /// <summary>The ILGPU kernel; a thread an item.</summary>
    public static void Kernel(InitializeGpu job)
    {
        int item = (Grid.IdxX * Threads) + Group.IdxX;
        if (item < job.Items)
            job.Draw(item);
    }

    readonly void ICpuJob.Run<T>(int item) => Draw(item);

    private readonly void Draw(int item)
    {
        PhiloxBlock bits = Philox.Draw(new PhiloxBlock((uint)item, IdentityHigh, IdentityLow, 0), Seed, RandomStreams.Weights);
        int first = item * 4;
        Output[first] = Std * Normal(bits.X);
        if (first + 1 < Output.IntLength)
            Output[first + 1] = Std * Normal(bits.Y);
        if (first + 2 < Output.IntLength)
            Output[first + 2] = Std * Normal(bits.Z);
        if (first + 3 < Output.IntLength)
            Output[first + 3] = Std * Normal(bits.W);
    }

    private readonly float Normal(uint bits) => NormalPlace.Fixed(bits, Table) * (1f / GaussianTable.One);
}
