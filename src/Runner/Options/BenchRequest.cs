using GpuMlp.Engine;
using GpuMlp.Engine.Bench;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Kernels.Devices;

namespace GpuMlp.Runner.Options;

/// <summary>What a <c>gpumlp bench</c> asks for, checked.</summary>
/// <param name="Threads">1 .. 1024; null for all cores.</param>
/// <param name="Out">The folder that results go to.</param>
internal sealed record BenchRequest(BenchSpec Spec, DeviceRequest Device, int? Threads, string Out, bool Quiet)
{
    public const string DefaultOut = "runs/bench";

    private const int MostModels = 100_000, MostImages = 65_536;

    /// <exception cref="UserErrorException">A value out of range; names the flag.</exception>
    public static BenchRequest From(BenchOptions options)
    {
        BenchSpec spec = options.Quick ? BenchSpec.Quick : BenchSpec.Full;
        IReadOnlyList<int> Whole(string flag, string? text, int most, IReadOnlyList<int> usual) =>
            text is null ? usual : ListFlags.Integers(flag, text, 1, most);
        spec = spec with
        {
            Ops = options.Ops is { } ops ? BenchNames.List<BenchOp>("--ops", ops, BenchNames.Of) : spec.Ops,
            Forms = options.Forms is { } forms ? BenchNames.List<BenchForm>("--forms", forms, BenchNames.Of) : spec.Forms,
            Masks = options.Masks is { } masks ? BenchNames.List<BenchMasks>("--masks", masks, BenchNames.Of) : spec.Masks,
            Sparsity = options.Sparsity is { } sparsity ? ListFlags.Doubles("--sparsity", sparsity, 0, 1) : spec.Sparsity,
            Hidden = Whole("--hidden", options.Hidden, SpecValidator.MaxHidden, spec.Hidden),
            Models = Whole("--models", options.Models, MostModels, spec.Models),
            Batch = Whole("--batch", options.Batch, MostImages, spec.Batch),
        };
        return new BenchRequest(
            spec,
            DeviceRequest.Parse("--device", options.Device ?? "auto"),
            SweepRequest.Whole(options.Threads, "--threads", 1, CpuDevice.MostThreads),
            options.Out ?? DefaultOut,
            options.Quiet);
    }
}
