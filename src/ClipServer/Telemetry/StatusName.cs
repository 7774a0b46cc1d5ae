using Grpc.Core;

namespace ClipGrpc.Server.Telemetry;

internal static class StatusName
{
    private static readonly Dictionary<StatusCode, string> Names = Enum.GetValues<StatusCode>()
        .ToDictionary(status => status, status => MetricLabel<StatusCode>.Of(status).ToUpperInvariant());

    /// <summary>A status as the gRPC documents spell it: RESOURCE_EXHAUSTED.</summary>
    public static string Of(StatusCode status) => Names.TryGetValue(status, out var name) ? name : "UNKNOWN";
}
