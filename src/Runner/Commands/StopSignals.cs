using System.Runtime.InteropServices;
using GpuMlp.Engine;
using GpuMlp.Engine.Runs;

namespace GpuMlp.Runner.Commands;

/// <summary>
/// Ctrl-C, SIGTERM and SIGHUP end a sweep at the next epoch, or before its next phase; a second one ends it at once. SIGUSR1, by which a
/// scheduler says that it will take the machine back, lets units in flight be finished and no other be begun.
/// </summary>
internal sealed partial class StopSignals : IDisposable
{
    // Has no name in .NET, which takes the system's own numbers too.
    private static readonly PosixSignal s_user1 = (PosixSignal)(OperatingSystem.IsMacOS() ? 30 : 10);

    private readonly CancellationTokenSource _stop = new(), _drain = new();
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals()
    {
        _registrations = [Listen(PosixSignal.SIGINT, ExitCodes.Cancelled), Listen(PosixSignal.SIGTERM, ExitCodes.Interrupted)];
        if (!OperatingSystem.IsWindows() && !IsHangUpIgnored())
            _registrations = [.. _registrations, Listen(PosixSignal.SIGHUP, ExitCodes.Interrupted)];
        if (!OperatingSystem.IsWindows())
        {
            _registrations = [.. _registrations, PosixSignalRegistration.Create(s_user1, context =>
            {
                context.Cancel = true;
                _drain.Cancel();
            })];
        }
    }

    public CancellationToken Token => _stop.Token;

    /// <summary>Begin no other unit.</summary>
    public CancellationToken Drain => _drain.Token;

    public int ExitCode { get; private set; } = ExitCodes.Cancelled;

    /// <summary>What a command that a signal has ended says, and its exit code.</summary>
    public UserErrorException Interrupted(RunDirectory run) =>
        new($"interrupted; finished units stay in {run.Path}, the same command again resumes", ExitCode);

    /// <summary>For the pause between two phases that are each done whole or not at all.</summary>
    /// <exception cref="UserErrorException">A signal has asked for the end.</exception>
    public void EndIfAsked(RunDirectory run)
    {
        if (_stop.IsCancellationRequested)
            throw Interrupted(run);
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
        _stop.Dispose();
        _drain.Dispose();
    }

    private PosixSignalRegistration Listen(PosixSignal signal, int exitCode) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = !_stop.IsCancellationRequested;
        ExitCode = exitCode;
        _stop.Cancel();
    });

    /// <summary>Whether we were started by <c>nohup</c> or the like: a handler of ours would undo it.</summary>
    private static bool IsHangUpIgnored()
    {
        const int HangUp = 1, Ignore = 1;

        // Larger than struct sigaction of any system; the handler comes first in all of them.
        Span<nint> action = stackalloc nint[64];
        return GetAction(HangUp, 0, ref MemoryMarshal.GetReference(action)) == 0 && action[0] == Ignore;
    }

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int GetAction(int signal, nint none, ref nint action);
}
