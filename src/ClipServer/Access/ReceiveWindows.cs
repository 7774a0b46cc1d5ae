namespace ClipGrpc.Server.Access;

/// <summary>
/// The HTTP/2 windows: bytes that callers can send before anything is read. They take memory without being asked, so
/// the number of connections times <see cref="Connection"/> is subtracted from the memory budget.
/// </summary>
internal static class ReceiveWindows
{
    public const int Connection = 1024 * 1024;

    public const int Stream = 256 * 1024;

    /// <summary>
    /// What messages that wait for memory may hold of their connection's window: with the rest, those messages can be
    /// completed that have memory, so that they do not wait for each other.
    /// </summary>
    public const int WaitingPerConnection = Connection - Stream;
}
