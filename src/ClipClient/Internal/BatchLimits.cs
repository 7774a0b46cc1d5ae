using ClipGrpc.V1;

namespace ClipGrpc.Client.Internal;

/// <summary>How a batch is split into calls.</summary>
/// <param name="MaxItems">Items of one call.</param>
/// <param name="MaxBytes">Bytes that the items of one call may take together, beside the rest of the request.</param>
/// <param name="MaxConcurrentCalls">Calls under way at once.</param>
/// <param name="Server">The server's limits that these follow from.</param>
internal sealed record BatchLimits(int MaxItems, int MaxBytes, int MaxConcurrentCalls, Limits? Server)
{
    // For a server that does not state its limit.
    public const int DefaultMaxItems = 64;

    public static BatchLimits From(ClipClientOptions options, Limits? server, int requestBytes)
    {
        var maxItems = server is { MaxInputs: > 0 } ? Clamp(server.MaxInputs) : DefaultMaxItems;
        var maxBytes = server is { MaxMessageBytes: > 0 } ? Clamp(server.MaxMessageBytes) : options.MaxMessageBytes;
        return new BatchLimits(
            Math.Min(maxItems, options.MaxItemsPerCall ?? int.MaxValue),
            Math.Min(maxBytes, options.MaxMessageBytes) - requestBytes,
            options.MaxConcurrentCalls,
            server);
    }

    private static int Clamp(uint value) => (int)Math.Min(value, int.MaxValue);
}
