using System.Runtime.InteropServices;

namespace Dataplane.Cli;

/// <summary>
/// Ctrl-C ends the process with one line, wherever it waits, as long as there is nothing to be closed; a run that has
/// opened files is asked to end. A second one ends the process as the system does.
/// </summary>
public sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private volatile bool _isAsking;

    public Interruption()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Hear);
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Hear);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>
    /// From here on the run looks at <see cref="Token"/>, closes what it writes and tells what was done.
    /// </summary>
    public void Ask() => _isAsking = true;

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _source.Dispose();
    }

    private void Hear(PosixSignalContext context)
    {
        context.Cancel = !_source.IsCancellationRequested;
        if (!context.Cancel) return;

        if (!_isAsking) End();
        _source.Cancel();
    }

    // Standard error as it is: its writer is the interrupted thread's.
    private static void End()
    {
        using var error = new DeafStream(Console.OpenStandardError());
        error.Write("dataplane: interrupted\n"u8);
        Environment.Exit(ExitCode.Interrupted);
    }
}
