namespace ClipGrpc.Server.Configuration;

internal enum LogFormat
{
    /// <summary>One line for a person, with the start-up screen.</summary>
    Text,

    /// <summary>One JSON object a line, for a log collector.</summary>
    Json,
}
