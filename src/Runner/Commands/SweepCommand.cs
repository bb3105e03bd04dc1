using GpuMlp.Engine;
using GpuMlp.Runner.Options;

namespace GpuMlp.Runner.Commands;

/// <summary><c>gpumlp sweep</c>: the main job on this machine.</summary>
internal static class SweepCommand
{
    /// <returns>An exit code.</returns>
    /// <exception cref="UserErrorException">A flag that cannot be.</exception>
    public static int Run(SweepOptions options, CommandIo io)
    {
        SweepRequest request = SweepRequest.From(options);
        if (!request.Quiet)
        {
            io.Error.WriteLine($"sweep into {request.Out ?? $"runs/{request.Preset ?? "paper"}"} on {request.Device}");
        }

        return ExitCodes.Incomplete;
    }
}
