using ClipGrpc.Server.Access;
using ClipGrpc.Serving;

namespace ClipGrpc.Server.Health;

/// <summary><c>/healthz</c>: restart me or not. <c>/readyz</c>: send me work or not. 200 or 503, with a reason.</summary>
internal static class ProbeEndpoints
{
    public static void MapProbes(this IEndpointRouteBuilder endpoints)
    {
        var http = new ListenerMetadata(Listener.Http);
        endpoints.MapGet("/healthz", (IEnumerable<ILiveness> parts) => Answer(
            parts.Where(part => !part.IsAlive).Select(part => part.Describe()), "alive")).WithMetadata(http);
        endpoints.MapGet("/readyz", (IEnumerable<IReadiness> parts) => Answer(
            parts.Where(part => !part.IsReady).Select(part => part.Describe()), "ready")).WithMetadata(http);
    }

    private static IResult Answer(IEnumerable<string> problems, string fine)
    {
        var text = string.Join('\n', problems);
        return text.Length == 0
            ? Results.Text(fine + "\n")
            : Results.Text(text + "\n", statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}
