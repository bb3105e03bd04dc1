using GpuMlp.Engine;
using GpuMlp.Engine.Bench;
using GpuMlp.Engine.Devices;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Specs;

namespace GpuMlp.Runner.Commands;

/// <summary>What a <c>gpumlp bench</c> asks for, checked.</summary>
/// <param name="Threads">1 .. 1024.</param>
/// <param name="MaskFiles">Paths of the user's own masks, which then stand in place of those of <paramref name="Spec"/>.</param>
/// <param name="Out">The folder that results go to.</param>
internal sealed record BenchRequest(
    BenchSpec Spec,
    DeviceRequest Device,
    int Threads,
    IReadOnlyList<string> MaskFiles,
    string Out,
    bool Quiet)
{
    public const string DefaultOut = "runs/bench";

    private const string MaskFlag = "--mask";
    private const int MostModels = 100_000, MostImages = 65_536;

    /// <exception cref="UserErrorException">A value out of range; names the flag.</exception>
    public static BenchRequest From(BenchCommand.Options options)
    {
        BenchSpec spec = options.Quick ? BenchSpec.Quick : BenchSpec.Full;
        IReadOnlyList<int> Whole(string flag, string? text, int most, IReadOnlyList<int> usual) =>
            text is null ? usual : ListFlags.Integers(flag, text, 1, most);
        spec = spec with
        {
            Ops = options.Ops is { } ops ? BenchNames.List<BenchOp>("--ops", ops, Enum.GetValues<BenchOp>(), BenchNames.Of) : spec.Ops,
            Forms = options.Forms is { } forms
                ? BenchNames.List<BenchForm>("--forms", forms, Enum.GetValues<BenchForm>(), BenchNames.Of)
                : spec.Forms,
            Masks = options.Masks is { } masks
                ? BenchNames.List<BenchMasks>("--masks", masks, BenchSpec.Full.Masks, BenchNames.Of)
                : spec.Masks,
            Sparsity = options.Sparsity is { } sparsity ? SpecItems.Share.Parse("--sparsity", sparsity) : spec.Sparsity,
            Hidden = Whole("--hidden", options.Hidden, SweepSpec.MaxHidden, spec.Hidden),
            Models = Whole("--models", options.Models, MostModels, spec.Models),
            Batch = Whole("--batch", options.Batch, MostImages, spec.Batch),
        };
        return new BenchRequest(
            spec,
            DeviceFlags.Request(options.Device),
            DeviceFlags.Threads(options.Threads),
            Files(options),
            options.Out ?? DefaultOut,
            options.Quiet);
    }

    /// <summary>The spec with the user's masks in it, if there are any.</summary>
    /// <param name="inputs">D of the data that are measured.</param>
    /// <exception cref="UserErrorException">A file that is not such a mask; names flag and file.</exception>
    public BenchSpec SpecWithMasks(int inputs) => MaskFiles.Count == 0 ? Spec : Spec.With(MaskFile.ReadAll(MaskFlag, MaskFiles, inputs));

    private static string[] Files(BenchCommand.Options options)
    {
        if (options.Mask is not { } list)
            return [];
        foreach ((string flag, string? value) in new[] {
            ("--masks", options.Masks),
            ("--sparsity", options.Sparsity),
            ("--hidden", options.Hidden) })
        {
            if (value is not null)
            {
                throw new UserErrorException(
                    $"{flag}: not together with {MaskFlag}, whose files say what is pruned from models of which size");
            }
        }
        string[] files = list.Split(',', StringSplitOptions.TrimEntries);
        return files.Contains("") ? throw new UserErrorException($"{MaskFlag}: a name is empty; must be FILE or FILE,FILE") : files;
    }
}
