namespace ClipGrpc.LoadTest;

/// <summary>Ends a command with one line for people.</summary>
internal sealed class LoadTestException(string message, Exception? innerException = null)
    : Exception(message, innerException);
