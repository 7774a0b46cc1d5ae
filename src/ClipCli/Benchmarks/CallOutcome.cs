using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.Cli.Benchmarks;

/// <summary>What became of one call.</summary>
/// <param name="Status">The call's, or that of the first item that failed.</param>
/// <param name="Items">Items that were embedded.</param>
/// <param name="Timings">The server's own; null where it sent none.</param>
internal readonly record struct CallOutcome(StatusCode Status, int Items, Timings? Timings)
{
    public static CallOutcome Failed(StatusCode status) => new(status, 0, null);

    public static CallOutcome Of(EmbedResponse response)
    {
        var failed = response.Results.FirstOrDefault(result => result.Error is not null);
        return new CallOutcome(
            (StatusCode)(failed?.Error.Code ?? 0),
            response.Results.Count(result => result.Error is null),
            response.Timings);
    }
}
