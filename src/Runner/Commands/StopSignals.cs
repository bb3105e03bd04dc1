using System.Runtime.InteropServices;
using GpuMlp.Engine;

namespace GpuMlp.Runner.Commands;

/// <summary>Ctrl-C and SIGTERM end a sweep at the next epoch; a second Ctrl-C ends it at once.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals()
    {
        _registrations = [Listen(PosixSignal.SIGINT, ExitCodes.Cancelled), Listen(PosixSignal.SIGTERM, ExitCodes.Interrupted)];
    }

    public CancellationToken Token => _stop.Token;

    public int ExitCode { get; private set; } = ExitCodes.Cancelled;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
        _stop.Dispose();
    }

    private PosixSignalRegistration Listen(PosixSignal signal, int exitCode) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = !_stop.IsCancellationRequested;
        ExitCode = exitCode;
        _stop.Cancel();
    });
}
