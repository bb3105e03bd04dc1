using System.Reflection;
using GpuMlp.Engine;
using GpuMlp.Runner.Commands;
using GpuMlp.Runner.Help;
using GpuMlp.Runner.Options;

namespace GpuMlp.Runner;

/// <summary>
/// The way in: help and version at once, then the parser, then one command. Help must not wait for the parser, the
/// console library or a device, so nothing here names their types outside the methods that need them.
/// </summary>
internal static class Program
{
    internal static int Main(string[] args) => Run(args, CommandIo.FromConsole());

    /// <summary>One command in this process, as if both streams were piped to files.</summary>
    internal static int Run(string[] args, TextWriter stdout, TextWriter stderr) =>
        Run(args, new CommandIo(stdout, stderr, OutIsTerminal: false, ErrorIsTerminal: false));

    internal static int Run(string[] args, CommandIo io)
    {
        try
        {
            if (HelpText.For(args) is { } help)
            {
                io.Out.Write(help);
                return ExitCodes.Done;
            }

            if (args[0] == "--version")
            {
                io.Out.WriteLine($"gpumlp {Version}");
                return ExitCodes.Done;
            }

            return Dispatch(args, io);
        }
        catch (UserErrorException error)
        {
            return Fail(error, error.Message, error.ExitCode, args, io);
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

    /// <summary>As in <c>0.1.0</c>, without the commit that the build appends.</summary>
    internal static string Version =>
        typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];

    private static int Dispatch(string[] args, CommandIo io) => Arguments.Parse(args) switch
    {
        PlanOptions plan => PlanCommand.Run(plan, io),
        SweepOptions sweep => SweepCommand.Run(sweep, io),
        RunOptions run => RunCommand.Run(run, io),
        StatusOptions status => StatusCommand.Run(status, io),
        SlurmOptions slurm => SlurmCommand.Run(slurm, io),
        MergeOptions merge => MergeCommand.Run(merge, io),
        ExportOptions export => ExportCommand.Run(export, io),
        SaliencyOptions saliency => SaliencyCommand.Run(saliency, io),
        BenchOptions bench => BenchCommand.Run(bench, io),
        ReportOptions report => ReportCommand.Run(report, io),
        DevicesOptions => DevicesCommand.Run(io),
        VerifyOptions verify => VerifyCommand.Run(verify, io),
        object other => throw new InvalidOperationException($"No command takes {other.GetType().Name}."),
    };

    private static int Fail(Exception error, string message, int exitCode, string[] args, CommandIo io)
    {
        // Messages of libraries may have several lines; errors are one line.
        io.Error.WriteLine($"gpumlp: {message.ReplaceLineEndings(" ")}");
        if (args.Contains("--verbose"))
        {
            io.Error.WriteLine(error);
        }

        return exitCode;
    }
}
