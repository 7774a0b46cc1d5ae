using ClipGrpc.V1;

namespace ClipGrpc.LoadTest.Driving;

/// <summary>One kind of call. Safe to use from several threads.</summary>
internal interface IWorkload : IAsyncDisposable
{
    /// <summary>Human-readable, such as <c>embed</c>.</summary>
    string Name { get; }

    /// <summary>The full name of the method.</summary>
    string Method { get; }

    /// <summary>Makes the call and reads its response. A status other than OK is an outcome, no exception.</summary>
    /// <param name="number">Of the call, from 0: chooses the request.</param>
    /// <param name="deadline">Null is none.</param>
    Task<CallOutcome> CallAsync(
        ClipService.ClipServiceClient client, long number, DateTimeOffset? deadline,
        CancellationToken cancellationToken);
}
