using GpuMlp.Engine.Models;
using GpuMlp.Kernels.Devices;
using GpuMlp.Kernels.Memory;
using static TorchSharp.torch;

namespace GpuMlp.Peers;

/// <summary>The images of a split, as libtorch's tensors and in our forms.</summary>
internal sealed class TorchImages
{
    // TorchSharp has no CSR tensors of its own; libtorch makes them when it is asked in TorchScript.
    private static readonly jit.CompilationUnit s_script = jit.compile("def to_csr(x):\n  return x.to_sparse_csr()\n");

    private readonly SplitImages _images;
    private readonly int _inputs;

    /// <param name="inputs">D.</param>
    public TorchImages(SplitImages images, int inputs)
    {
        _images = images;
        _inputs = inputs;
        Dense = tensor(images.Pixels.Select(pixel => pixel / 255f).ToArray()).reshape(images.Labels.Length, inputs);
        DenseTransposed = Dense.t();
        PixelMajor = DenseTransposed.contiguous();
        Csr = ToCsr(Dense);
        CsrTransposed = ToCsr(PixelMajor);
        Labels = tensor(images.Labels).unsqueeze(1);
    }

    /// <summary>[N, D].</summary>
    public Tensor Dense { get; }

    /// <summary>[D, N]: a view.</summary>
    public Tensor DenseTransposed { get; }

    /// <summary>[D, N]: a copy with the images of a pixel side by side.</summary>
    public Tensor PixelMajor { get; }

    /// <summary>[N, D].</summary>
    public Tensor Csr { get; }

    /// <summary>[D, N].</summary>
    public Tensor CsrTransposed { get; }

    /// <summary>[N, 1].</summary>
    public Tensor Labels { get; }

    /// <summary>The same images in one of our forms.</summary>
    public DeviceImages ToDevice(ComputeDevice device, KernelForm form)
    {
        ChunkSchedule schedule = ChunkSchedule.Consecutive(_images.Labels.Length, _images.Labels.Length);
        return new DeviceImages(device, _images.Pixels, _images.Labels, _inputs, schedule, form, withBackward: false);
    }

    /// <summary>Compressed rows of a dense matrix.</summary>
    public static Tensor ToCsr(Tensor dense) => s_script.invoke<Tensor>("to_csr", dense);
}
