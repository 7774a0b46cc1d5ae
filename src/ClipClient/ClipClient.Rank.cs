using ClipGrpc.Client.Internal;
using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.Client;

public partial class ClipClient
{
    /// <summary>
    /// Orders candidates by their similarity to a query. One call: probabilities are over all candidates, so they are
    /// not split, and more than the server's <c>max_inputs</c> or one message are refused.
    /// </summary>
    /// <exception cref="ClipClientException">
    /// INVALID_ARGUMENT: the query cannot be read or embedded, no candidates, or too many. NOT_FOUND: no such model. A
    /// candidate that cannot be read or embedded is in <see cref="ClipRanking.Errors"/>.
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

        var request = new RankRequest
        {
            Model = options.Model,
            Query = await query.ReadAsync(
                _options.MaxMessageBytes - RequestOverheadBytes, cancellationToken).ConfigureAwait(false),
            TopK = (uint)options.TopK,
            Options = options.ToMessage(),
        };
        var errors = new Dictionary<int, ClipError>();
        var places = await AddCandidatesAsync(request, candidates, errors, cancellationToken).ConfigureAwait(false);
        if (places.Count == 0 && errors.Count > 0)
            return new ClipRanking([], errors, ClipModelRef.Unknown, ClipTimings.None);

        var response = await CallAsync(
            call => RawClip.RankAsync(request, call), DeadlineOf(options), cancellationToken).ConfigureAwait(false);
        return Ranking(response, places, errors);
    }

    /// <summary>Gives, for each candidate that was added, its place among all.</summary>
    private async Task<List<int>> AddCandidatesAsync(
        RankRequest request,
        IEnumerable<ClipInput> candidates,
        Dictionary<int, ClipError> errors,
        CancellationToken cancellationToken)
    {
        var places = new List<int>();
        long bytes = request.CalculateSize();
        var place = 0;
        foreach (var candidate in candidates)
        {
            try
            {
                var input = await candidate.ReadAsync(
                    _options.MaxMessageBytes, cancellationToken).ConfigureAwait(false);
                bytes += Batch<Input>.SizeOf(input);
                request.Candidates.Add(input);
                places.Add(place);
            }
            catch (ClipClientException exception)
            {
                errors.Add(place, ClipError.From(exception));
            }

            if (bytes > _options.MaxMessageBytes)
            {
                throw new ClipClientException(
                    StatusCode.InvalidArgument,
                    $"The query and its first {place + 1} candidates take more than "
                    + $"{_options.MaxMessageBytes:N0} bytes.");
            }

            place++;
        }

        return places;
    }

    private static ClipRanking Ranking(
        RankResponse response, List<int> places, Dictionary<int, ClipError> errors)
    {
        int PlaceOf(uint index) => index < places.Count
            ? places[(int)index]
            : throw Responses.Malformed($"candidate {index} of {places.Count} does not exist");

        foreach (var failed in response.Errors)
            errors[PlaceOf(failed.Index)] = ClipError.From(failed.Error, $"candidates[{failed.Index}]");
        var ranked = response.Ranked.Select(
            candidate => new ClipRankedCandidate(PlaceOf(candidate.Index), candidate.Cosine, candidate.Probability));
        return new ClipRanking(
            [.. ranked], errors, ClipModelRef.From(response.Model), ClipTimings.From(response.Timings));
    }
}
