using System.Runtime.CompilerServices;
using GpuMlp.Engine;
using GpuMlp.Engine.Fields;
using GpuMlp.Engine.Files;
using GpuMlp.Engine.Runs;
using GpuMlp.Runner.Commands;
using GpuMlp.Runner.Streams;
using GpuMlp.Runner.Verbs;

namespace GpuMlp.Runner;

/// <summary>
/// The way in: help and version at once, then the parser, then one command. Help must not wait for the parser, the
/// console library or a device, so nothing here names their types outside the methods that need them.
/// </summary>
internal static class Program
{
    internal static int Main(string[] args)
    {
        StandardStreams.Require();
        if (ProcessLimits.FilesProblem() is { } problem)
        {
            StandardStreams.WriteError("gpumlp: " + problem);
            return ExitCodes.BadInput;
        }

        return RunInConsole(args);
    }

    // Apart, so that nothing more is loaded while it is not known whether there is room for it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int RunInConsole(string[] args) => Run(args, CommandIo.FromConsole());

    /// <summary>One command in this process, as if both streams were piped to files.</summary>
    internal static int Run(string[] args, TextWriter stdout, TextWriter stderr) =>
        Run(args, new CommandIo(stdout, stderr, OutIsTerminal: false, ErrorIsTerminal: false));

    /// <summary>
    /// One command. What it did decides the exit code, and what became of its output does not; only a command that does
    /// nothing but print has failed when that is lost.
    /// </summary>
    internal static int Run(string[] args, CommandIo io)
    {
        SteadyWriter stdout = new(io.Out);
        io = io with { Out = stdout, Error = new SteadyWriter(io.Error) };
        int exitCode = Guarded(args, io, out bool onlyPrints);
        if (stdout.Loss is not { } loss)
            return exitCode;
        Tell($"stdout: {StorageErrors.Reason(loss)}; what was to be printed is lost, {(onlyPrints ? "" : "the work is not; ")}the "
            + "same command again prints it", io);
        return exitCode == ExitCodes.Done && onlyPrints ? ExitCodes.Interrupted : exitCode;
    }

    private static int Guarded(string[] args, CommandIo io, out bool onlyPrints)
    {
        onlyPrints = true;
        try
        {
            if (Help.For(args) is { } help)
            {
                io.Out.Write(help);
                return ExitCodes.Done;
            }

            if (args[0] == "--version")
            {
                io.Out.WriteLine($"gpumlp {RunInfo.ProgramVersion}");
                return ExitCodes.Done;
            }

            Verb verb = Find(args[0]);
            CommandOptions options = verb.Parse(args);
            onlyPrints = options.OnlyPrints;
            if (!options.IsLight)
                ProcessLimits.CheckAddressSpace();
            return verb.Run(options, io);
        }
        catch (UserErrorException error)
        {
            return Fail(error, error.Message, error.ExitCode, args, io);
        }
        catch (OutOfMemoryException error)
        {
            return Fail(
                error,
                $"out of memory{ProcessLimits.AddressSpaceNote()}; what is finished stays, the same command again resumes",
                ExitCodes.Interrupted,
                args,
                io);
        }
        catch (OperationCanceledException error)
        {
            return Fail(error, "cancelled; the same command again resumes.", ExitCodes.Cancelled, args, io);
        }
#pragma warning disable CA1031 // The last line of defence: whatever went wrong, people get one line and not a raw trace.
        catch (Exception error)
#pragma warning restore CA1031
        {
            string message = $"unexpected error: {error.Message} ({error.GetType().Name}; --verbose shows where)";
            return Fail(error, message, ExitCodes.SomeModelsFailed, args, io);
        }
    }

    private static Verb Find(string command) => All.Find(command) ?? throw new UserErrorException(command.StartsWith('-')
        ? $"{command}: a command comes first, as in `gpumlp sweep {command}`."
        : $"{command}: unknown command; {Suggestion.For(command, All.Verbs.Select(verb => verb.Name)) ?? "`gpumlp help` lists them."}");

    private static int Fail(Exception error, string message, int exitCode, string[] args, CommandIo io)
    {
        Tell(message, io);
        if (args.Contains("--verbose"))
        {
            io.Error.WriteLine(error);
        }

        return exitCode;
    }

    // Messages of libraries may have several lines, and names of files any character; errors are one line.
    private static void Tell(string message, CommandIo io) =>
        io.Error.WriteLine($"gpumlp: {string.Concat(message.ReplaceLineEndings(" ").Select(c => char.IsControl(c) ? '?' : c))}");
}
