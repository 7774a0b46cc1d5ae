namespace ClipGrpc.LoadTest;

/// <summary>Ends a command with one human-readable line.</summary>
internal sealed class LoadTestException(string message, Exception? innerException = null)
    : Exception(message, innerException);
