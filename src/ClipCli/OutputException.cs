namespace ClipGrpc.Cli;

/// <summary>Standard output cannot be written: its reader is gone, or what is behind it is full or broken.</summary>
internal sealed class OutputException : IOException
{
    // EPIPE of Linux, macOS and the BSDs, which .NET passes on as it is.
    private const int BrokenPipe = 32;

    public OutputException(IOException exception)
        : base($"standard output cannot be written: {exception.Message}", exception) =>
        IsClosedPipe = exception.HResult == BrokenPipe;

    /// <summary>As after <c>| head</c>: nobody wants more, so it is not an error to report.</summary>
    public bool IsClosedPipe { get; }
}
