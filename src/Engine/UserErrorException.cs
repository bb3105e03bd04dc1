namespace GpuMlp.Engine;

/// <summary>
/// Something the user can put right. <see cref="Exception.Message"/> is one line that names the flag, file or field and
/// what would be right; the runner prints it as it is and exits with <see cref="ExitCode"/>.
/// </summary>
public sealed class UserErrorException(string message, int exitCode = ExitCodes.BadInput, Exception? inner = null)
    : Exception(message, inner)
{
    public int ExitCode { get; } = exitCode;
}

/// <summary>Exit codes of the command line; promises to scripts.</summary>
public static class ExitCodes
{
    public const int Done = 0;
    public const int SomeModelsFailed = 1;
    public const int BadInput = 2;
    public const int Incomplete = 3;
    public const int VerificationFailed = 4;
    public const int DeviceAbsent = 70;
    public const int Interrupted = 75;
    public const int Cancelled = 130;
}
