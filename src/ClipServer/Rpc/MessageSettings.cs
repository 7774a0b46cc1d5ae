using ClipGrpc.Serving.Budget;

namespace ClipGrpc.Server.Rpc;

/// <summary>What the message readers of all calls share.</summary>
/// <param name="MaxMessageBytes">Larger messages are refused by their prefix.</param>
/// <param name="MaxWait">How long a unary call waits for memory.</param>
/// <param name="Timeout">In each such time an eighth of an incomplete message must arrive.</param>
/// <param name="StreamWindow">Bytes that a stream can send that is not read.</param>
/// <param name="MaxWaitingWindow">Bytes of a connection's window that waiting messages may hold.</param>
internal sealed record MessageSettings(
    MemoryBudget Budget,
    int MaxMessageBytes,
    TimeSpan MaxWait,
    TimeSpan Timeout,
    int StreamWindow,
    int MaxWaitingWindow,
    MessageDecompression Decompression,
    ILogger Logger,
    TimeProvider Time);
