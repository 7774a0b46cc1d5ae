using ClipGrpc.Client.Internal;
using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.Client;

public partial class ClipClient
{
    /// <summary>
    /// Orders candidates by their similarity to a query, in as many calls as the server's limits require. Probabilities
    /// are over all candidates, even if there are several calls: the result is that of a single call, except for the
    /// last bits of embeddings, which depend on the other items of the server's batches.
    /// </summary>
    /// <exception cref="ClipClientException">
    /// INVALID_ARGUMENT: the query cannot be read or embedded, or there are no candidates. NOT_FOUND: the model does
    /// not exist. ABORTED: the model was replaced between two calls. A candidate that cannot be read or embedded is in
    /// <see cref="ClipRanking.Errors"/>.
    /// </exception>
    public virtual async Task<ClipRanking> RankAsync(
        ClipInput query,
        IEnumerable<ClipInput> candidates,
        RankCallOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(candidates);
        options ??= new RankCallOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.TopK, nameof(options));
        ClipInput[] all = [.. Arguments.WithoutNull(candidates)];
        if (all.Length == 0)
            throw new ClipClientException(StatusCode.InvalidArgument, "candidates: at least one is required.");

        using var operation = StartOperation(ClientOperation.Rank, options.Model);
        try
        {
            return await RankAsync(query, all, options, operation, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (ClientOperation.Failed(operation, exception))
        {
            throw;
        }
    }

    private async Task<ClipRanking> RankAsync(
        ClipInput query,
        ClipInput[] candidates,
        RankCallOptions options,
        ClientOperation? operation,
        CancellationToken cancellationToken)
    {
        var request = new RankRequest
        {
            Model = options.Model,
            Query = await query.ReadAsync(
                _options.MaxMessageBytes - RequestOverheadBytes, cancellationToken).ConfigureAwait(false),
            TopK = (uint)options.TopK,
            Options = options.ToMessage(),
        };
        var requestBytes = request.CalculateSize() + RequestOverheadBytes;

        // Few candidates need no request for the limits: the runner requests them if the server rejects the call.
        var limits = candidates.Length <= BatchLimits.DefaultMaxItems
            ? BatchLimits.From(_options, _state.Limits.Known, requestBytes)
            : await BatchLimitsAsync(requestBytes, options, null, cancellationToken).ConfigureAwait(false);
        var runner = new BatchRunner<ClipInput, Input, RankedPart.Candidate>(
            nameof(candidates),
            limits,
            (outdated, token) => BatchLimitsAsync(requestBytes, options, outdated, token),
            CallFailure.Throw,
            null,
            _options.TimeProvider,
            (input, maxBytes, token) => input.ReadAsync(maxBytes, token),
            (messages, token) => SendRankAsync(request, messages, options, operation, token));

        var results = new List<ClipResult<RankedPart.Candidate>>(candidates.Length);
        await foreach (var result in runner.RunAsync(candidates.ToAsyncEnumerable(), cancellationToken)
            .ConfigureAwait(false))
        {
            operation?.Completed(result);
            results.Add(result);
        }

        var ranking = RankedPart.Merge(
            results,
            options.TopK,
            await LogitScaleAsync(results, cancellationToken).ConfigureAwait(false));
        operation?.MadeBy(ranking.Model);
        return ranking;
    }

    private async Task<IReadOnlyList<ClipResult<RankedPart.Candidate>>> SendRankAsync(
        RankRequest request,
        IReadOnlyList<Input> candidates,
        RankCallOptions options,
        ClientOperation? operation,
        CancellationToken cancellationToken)
    {
        var part = new RankRequest
        {
            Model = request.Model,
            Query = request.Query,
            Candidates = { candidates },
            TopK = request.TopK,
            Options = request.Options,
        };
        var response = await CallAsync(
            RpcMethod.Rank,
            call => RawClip.RankAsync(part, call),
            DeadlineOf(options),
            operation,
            cancellationToken).ConfigureAwait(false);
        return RankedPart.From(response, candidates.Count);
    }

    /// <summary>What joins the probabilities of several calls; 0 for those of one call, which need nothing.</summary>
    private async Task<float> LogitScaleAsync(
        List<ClipResult<RankedPart.Candidate>> results, CancellationToken cancellationToken)
    {
        var parts = RankedPart.Of(results);
        if (parts.Count < 2)
            return 0;

        var served = parts[0].Model;
        var model = await GetModelAsync(served.Name, cancellationToken).ConfigureAwait(false);
        var changed = parts.Select(part => part.Model.Revision).Append(model.Revision)
            .FirstOrDefault(revision => revision != served.Revision);
        return changed is null
            ? model.LogitScale
            : throw new ClipClientException(
                StatusCode.Aborted,
                $"The model {served.Name} was replaced between two calls, revision {served.Revision} by {changed}; "
                + "rank again.");
    }
}
