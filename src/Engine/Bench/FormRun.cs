using System.Diagnostics;
using GpuMlp.Kernels.Launching;
using GpuMlp.Kernels.Memory;
using GpuMlp.Kernels.Products;
using GpuMlp.Kernels.Training;
using ILGPU.Runtime;

namespace GpuMlp.Engine.Bench;

/// <summary>One form of one problem on a device, ready to be called any number of times.</summary>
internal abstract class FormRun : IDisposable
{
    public abstract BenchForm Form { get; }

    /// <summary>Time to make this form's operands from dense ones, each repetition; empty for the dense form.</summary>
    public IReadOnlyList<double> ConversionMs { get; protected init; } = [];

    /// <summary>Whether gradients of weights that are 0 are 0.</summary>
    public virtual bool MasksGradients => false;

    /// <summary>One call, waited for.</summary>
    /// <returns>Milliseconds of what belongs to the operation.</returns>
    public abstract double Call(BenchOp op);

    /// <summary>What the last call of an operation gave.</summary>
    public abstract BenchOutput Read(BenchOp op);

    public abstract void Dispose();

    /// <summary>
    /// Milliseconds of loss, d2, dw2, d1 and dW1 of all images. Backward kernels write d1 over Z, so every call needs a Z of its
    /// own, whose time is left out.
    /// </summary>
    /// <param name="hiddenBackward">Starts dW1 of a chunk.</param>
    protected static double Backward(DeviceKernels kernels, DeviceCohort cohort, DeviceImages images, Action<int> hiddenBackward)
    {
        double sum = 0;
        for (int chunk = 0; chunk < images.Chunks; chunk++)
        {
            int at = chunk;
            kernels.HiddenForward(cohort, images, at);
            kernels.Device.Stream.Synchronize();
            sum += Time(kernels.Device.Stream, () =>
            {
                kernels.OutputLoss(cohort, images, at);
                kernels.OutputBackward(cohort, images, at);
                hiddenBackward(at);
            });
        }
        return sum;
    }

    /// <summary>Milliseconds from a launch until the stream has done it.</summary>
    protected static double Time(AcceleratorStream stream, Action launch)
    {
        long start = Stopwatch.GetTimestamp();
        launch();
        stream.Synchronize();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}

/// <summary>Results of an operation, one entry a model in the caller's order; those of other operations are empty.</summary>
/// <param name="Logits">[N] a model.</param>
/// <param name="Products">X W1 without the bias, [N, H] a model: from a form that computes nothing else.</param>
/// <param name="Gradients">Of all parameters.</param>
/// <param name="Maps">[N, D] a model.</param>
internal sealed record BenchOutput(
    IReadOnlyList<ReadOnlyMemory<float>> Logits,
    IReadOnlyList<float[]> Products,
    IReadOnlyList<ModelParameters> Gradients,
    IReadOnlyList<ReadOnlyMemory<float>> Maps)
{
    public static BenchOutput OfLogits(IReadOnlyList<ReadOnlyMemory<float>> logits) => new(logits, [], [], []);

    public static BenchOutput OfProducts(IReadOnlyList<float[]> products) => new([], products, [], []);

    public static BenchOutput OfGradients(IReadOnlyList<ModelParameters> gradients) => new([], [], gradients, []);

    public static BenchOutput OfMaps(IReadOnlyList<ReadOnlyMemory<float>> maps) => new([], [], [], maps);
}
