namespace ClipGrpc.Cli.Video;

/// <summary>A source ended with an error. The frames that came before stand.</summary>
internal sealed class VideoException(string message, Exception? innerException = null)
    : Exception(message, innerException);
