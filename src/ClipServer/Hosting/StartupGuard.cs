namespace ClipGrpc.Server.Hosting;

/// <summary>
/// While the server starts: an exception that nobody catches, such as that of a thread that cannot be created, ends the
/// process with one line and not with a stack trace. Later, a crash is a fault of the program, and the trace is needed.
/// </summary>
internal sealed class StartupGuard : IDisposable
{
    private readonly TextWriter _error;

    public StartupGuard(TextWriter error)
    {
        _error = error;
        AppDomain.CurrentDomain.UnhandledException += End;
    }

    /// <summary>What an operator reads: the cause alone, on one line.</summary>
    public static string Describe(Exception exception)
    {
        var cause = exception.GetBaseException();
        if (cause is OutOfMemoryException)
            return "There is not enough memory.";
        var lines = cause.Message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        var message = string.Join(' ', lines);
        return cause is ClipException or IOException or UnauthorizedAccessException
            ? message
            : $"{cause.GetType().Name}: {message}";
    }

    public void Dispose() => AppDomain.CurrentDomain.UnhandledException -= End;

    private void End(object sender, UnhandledExceptionEventArgs unhandled)
    {
        if (unhandled.ExceptionObject is not Exception exception)
            return;
        _error.WriteLine("The server cannot start. " + Describe(exception));
        Environment.Exit(ExitCodes.Failure);
    }
}
