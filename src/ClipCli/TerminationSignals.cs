using System.Runtime.InteropServices;

namespace ClipGrpc.Cli;

/// <summary>
/// The first Ctrl+C or SIGTERM cancels what runs, so that it keeps what is done; the second one ends the process as if
/// there were no handler.
/// </summary>
internal sealed class TerminationSignals : IDisposable
{
    private const string ShowCursor = "\u001b[?25h";

    private readonly CliConsole _console;
    private readonly CancellationTokenSource _cancellation = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _exitCode;

    public TerminationSignals(CliConsole console)
    {
        _console = console;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Handle(signal, ExitCode.Interrupted)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Handle(signal, ExitCode.Terminated)),
        ];
    }

    public CancellationToken Token => _cancellation.Token;

    /// <summary>Of the first signal; 0 before it.</summary>
    public int SignalExitCode => _exitCode;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        _cancellation.Dispose();
    }

    private void Handle(PosixSignalContext signal, int exitCode)
    {
        if (Interlocked.CompareExchange(ref _exitCode, exitCode, 0) == 0)
        {
            signal.Cancel = true;
            _ = _cancellation.CancelAsync();
        }
        else if (_console.ErrorIsTerminal)
        {
            // A progress bar hides it.
            _console.Error.Write(ShowCursor);
        }
    }
}
