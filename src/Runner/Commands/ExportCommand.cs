using GpuMlp.Engine;
using GpuMlp.Engine.Export;
using GpuMlp.Engine.Pruning;
using GpuMlp.Engine.Runs;
using GpuMlp.Engine.Splits;
using GpuMlp.Engine.Sweeps;
using GpuMlp.Runner.Options;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp export RUN</c>: models of a run as files for other programs.</summary>
internal static class ExportCommand
{
    // The most classes that a data set can have; whether the run has the task is looked at later.
    private const int MostClasses = 256;

    /// <returns>An exit code.</returns>
    /// <exception cref="UserErrorException">No run, no weights in it, a value that the run does not have, a folder that cannot be written.</exception>
    public static int Run(ExportOptions options, CommandIo io)
    {
        var run = RunDirectory.Open(options.Run);
        var selection = new ModelSelection(
            options.Tasks is null or "all" ? null : TaskList.Parse(options.Tasks, MostClasses),
            options.Seeds is { } seeds ? ListFlags.Integers("--seeds", seeds, 0, int.MaxValue) : null,
            options.Hidden is { } hidden ? ListFlags.Integers("--hidden", hidden, 1, SpecValidator.MaxHidden) : null,
            options.LearningRates is { } rates ? ListFlags.Doubles("--lr", rates, SpecValidator.LeastRate, SpecValidator.MostRate) : null);
        string folder = options.Out ?? run.OwnFolder("export");
        ExportOutcome outcome = ModelExport.Write(run, selection, Pruning(options), Formats(options.Format), folder);
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

    private static ModelPruning? Pruning(ExportOptions options) => (options.Sparsity, options.Pruning) switch
    {
        (null, null) => null,
        (null, _) => throw new UserErrorException("--pruning: to what share is not said; --sparsity 0.95 beside it is right"),
        ({ } levels, var methods) => new ModelPruning(PruningMethods.Parse("--pruning", methods ?? "layer"), ListFlags.Doubles("--sparsity", levels, 0, 1)),
    };

    private static ExportFormats Formats(string? text) => (text ?? "onnx,safetensors").Split(',').Aggregate(default(ExportFormats), (all, name) => all | name switch
    {
        "onnx" => ExportFormats.Onnx,
        "safetensors" => ExportFormats.Safetensors,
        _ => throw new UserErrorException($"--format: '{name}' is unknown; onnx, safetensors or both with a comma between them are right"),
    });
}
