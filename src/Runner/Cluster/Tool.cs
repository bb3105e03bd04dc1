using System.ComponentModel;
using System.Diagnostics;
using GpuMlp.Engine;

namespace GpuMlp.Runner.Cluster;

/// <summary>Runs one of the scheduler's own programs and waits for its end.</summary>
internal static class Tool
{
    // A busy controller answers within its message timeout, which is 10 s by default and rarely above a minute.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <returns>Exit code, and both streams as one line or more.</returns>
    /// <exception cref="UserErrorException">The program is not there, or does not end.</exception>
    public static (int ExitCode, string Out, string Error) Run(string program, IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true
        };
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(s_patience))
            {
                process.Kill(entireProcessTree: true);
                throw new UserErrorException(
                    $"{program}: no answer within {s_patience.TotalSeconds:0} s; the controller must answer",
                    ExitCodes.Interrupted);
            }

            return (process.ExitCode, output.GetAwaiter().GetResult().Trim(), error.GetAwaiter().GetResult().Trim());
        }
        catch (Win32Exception e)
        {
            throw new UserErrorException($"{program}: not found; Slurm's commands must be on the PATH", inner: e);
        }
    }
}
