using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.LoadTest.Driving;

/// <summary>What became of one call.</summary>
/// <param name="Status">The call's, or that of the first item that failed.</param>
/// <param name="OkItems">Items that were answered.</param>
/// <param name="Timings">The server's own; null where it gave none.</param>
internal readonly record struct CallOutcome(StatusCode Status, int OkItems, Timings? Timings)
{
    public static CallOutcome Failed(StatusCode status) => new(status, 0, null);

    public static CallOutcome Of(EmbedResponse response) =>
        Of(response.Results.Select(result => result.Error), response.Timings);

    public static CallOutcome Of(ClassifyResponse response) =>
        Of(response.Results.Select(result => result.Error), response.Timings);

    public static CallOutcome Of(EmbedStreamResponse response) => Of([response.Result?.Error], response.Timings);

    // A frame that a newer one replaced was not answered: ABORTED, as the contract has no status for it.
    public static CallOutcome Of(ClassifyStreamResponse response) =>
        response.Dropped ? Failed(StatusCode.Aborted) : Of([response.Error], response.Timings);

    private static CallOutcome Of(IEnumerable<Google.Rpc.Status?> errors, Timings? timings)
    {
        var status = StatusCode.OK;
        var okItems = 0;
        foreach (var error in errors)
        {
            if (error is null)
                okItems++;
            else if (status == StatusCode.OK)
                status = (StatusCode)error.Code;
        }

        return new CallOutcome(status, okItems, timings);
    }
}
