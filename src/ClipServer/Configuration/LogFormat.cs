namespace ClipGrpc.Server.Configuration;

internal enum LogFormat
{
    /// <summary>Human-readable lines, and the start-up screen.</summary>
    Text,

    /// <summary>One JSON object per line, for a log collector.</summary>
    Json,
}
