using CommandLine;
using GpuMlp.Engine;
using GpuMlp.Engine.Export;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Methods;
using GpuMlp.Engine.Models;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Specs;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Verbs;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp export RUN</c>: models of a run as files for other programs.</summary>
internal static class ExportCommand
{
    internal sealed class Options : WayOptions
    {
        [Option("tasks"), Flag("LIST", "as in 4v9,3v8 (default: all of the run, as for the next)", "0v1,4v9")]
        public string? Tasks { get; set; }

        [Option("seeds"), Flag("LIST", "seeds", "0,42,78")]
        public string? Seeds { get; set; }

        [Option("hidden"), Flag("LIST", "hidden sizes", "2..64*2")]
        public string? Hidden { get; set; }

        [Option("lr"), Flag("LIST", "learning rates", "0.01,0.03")]
        public string? LearningRates { get; set; }

        [Option("sparsity")]
        [Flag(
            "LIST",
            "pruned models, at these shares of their weights 0..1, in place of those trained: ...-layer0.95.onnx",
            "0.5,0.95")]
        public string? Sparsity { get; set; }

        [Option("pruning"), Flag("LIST", "how: layer,global,w1,random (default: layer)", "layer,random")]
        public string? Pruning { get; set; }

        [Option("format"), Flag("LIST", "onnx,safetensors (default: both)", "onnx")]
        public string? Format { get; set; }

        [Option("out"), Flag("DIR", "where to (default: RUN/export)", "runs/mine")]
        public string? Out { get; set; }

        [Option("quiet"), Flag("nothing but errors")]
        public bool Quiet { get; set; }
    }

    public static Verb Verb { get; } = new Verb<Options>("export", Run)
    {
        Summary = "models of a run as ONNX and safetensors",
        About = """
            gpumlp export RUN writes models of a merged run for other programs, one file a
            model: an ONNX graph from `images` [N, D] (pixel / 255) to `logits` and
            `probabilities` [N, 1], and safetensors w1 [D, H], b1, w2, b2. Models that
            failed in training are left out and named; the exit code is then 1.
            """,
        Notes = """
            Examples
              gpumlp export runs/paper --tasks 4v9 --hidden 24 --format onnx
              gpumlp export runs/paper --tasks 4v9 --hidden 24 --sparsity 0.9,0.95
            """,
    };

    // The most classes that a data set can have; whether the run has the task is looked at later.
    private const int MostClasses = 256;

    /// <exception cref="UserErrorException">No run, no weights in it, a value that the run does not have, a folder that cannot be
    /// written.</exception>
    private static int Run(Options options, CommandIo io)
    {
        var run = RunDirectory.Open(options.Run);
        var selection = new ModelSelection(
            options.Tasks is null or "all" ? null : TaskList.Parse(options.Tasks, MostClasses, names: run.ClassNames),
            options.Seeds is { } seeds ? SpecItems.Seed.Parse("--seeds", seeds) : null,
            options.Hidden is { } hidden ? SpecItems.HiddenSize.Parse("--hidden", hidden) : null,
            options.LearningRates is { } rates ? SpecItems.Rate.Parse("--lr", rates) : null)
        {
            Training = options.Ways,
        };
        string folder = options.Out ?? run.OwnFolder("export");
        ModelPruning? pruning = Pruning(options);
        ExportFormats formats = Formats(options.Format);
        ExportOutcome outcome = PhaseClock.OnTerminal(io, options.Quiet).Measure(
            "export", told => ModelExport.Write(run, selection, pruning, formats, folder, (done, all) => told("", done, all)));
        if (!options.Quiet)
            io.Error.WriteLine($"{Models(outcome.Written)} exported to {folder}");
        if (outcome.LeftOut.Count == 0)
            return ExitCodes.Done;
        io.Error.WriteLine($"gpumlp: {Models(outcome.LeftOut.Count)} that failed in training left out: {Names(outcome.LeftOut)}");
        return ExitCodes.SomeModelsFailed;
    }

    private static string Models(int count) => count == 1 ? "1 model" : $"{count} models";

    private static string Names(IReadOnlyList<string> names)
    {
        const int Most = 8;
        return string.Join(", ", names.Take(Most)) + (names.Count > Most ? $" and {names.Count - Most} more" : "");
    }

    private static ModelPruning? Pruning(Options options) => (options.Sparsity, options.Pruning) switch
    {
        (null, null) => null,
        (null, _) => throw new UserErrorException("--pruning: to what share is not said; --sparsity 0.95 must stand beside it"),
        ({ } levels, var methods) => new ModelPruning(
            PruningMethods.Item.Parse("--pruning", methods ?? "layer"),
            SpecItems.Share.Parse("--sparsity", levels)),
    };

    private static ExportFormats Formats(
        string? text) => (text ?? "onnx,safetensors").Split(',').Aggregate(default(ExportFormats), (all, name) => all | name switch
        {
            "onnx" => ExportFormats.Onnx,
            "safetensors" => ExportFormats.Safetensors,
            _ => throw new UserErrorException(
                $"--format: '{name}' is unknown; must be onnx, safetensors or both with a comma between them"),
        });
}
