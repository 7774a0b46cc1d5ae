using ClipGrpc.Serving.Budget;

namespace ClipGrpc.Server.Rpc;

/// <summary>The settings of all message readers.</summary>
/// <param name="MaxMessageBytes">Larger messages are rejected by their prefix.</param>
/// <param name="MaxWait">How long a unary call waits for memory.</param>
/// <param name="Timeout">The interval in which at least one eighth of an incomplete message must arrive.</param>
/// <param name="StreamWindow">Bytes that can be received from a stream that is not read.</param>
/// <param name="MaxWaitingWindow">Bytes of a connection's receive window that waiting messages can hold.</param>
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
