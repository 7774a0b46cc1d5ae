using System.Globalization;
using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.Client.Internal;

/// <summary>Turns messages of the server into what the client gives out, and checks them on the way.</summary>
internal static class Responses
{
    public static IReadOnlyList<ClipResult<ClipEmbedding>> Embeddings(EmbedResponse response, int expected)
    {
        CheckCount(response.Results.Count, expected);
        return [.. response.Results.Select(
            (result, i) => Embedding(result, response.Model, response.Timings, $"inputs[{i}]"))];
    }

    /// <param name="result">The response's part for one item.</param>
    /// <param name="model">The model that produced it.</param>
    /// <param name="timings">The server's timings.</param>
    /// <param name="field">The item's path in the request, as the server's messages write it.</param>
    public static ClipResult<ClipEmbedding> Embedding(
        EmbedResult? result, ModelRef? model, Timings? timings, string field = "input") =>
        result?.OutcomeCase switch
        {
            EmbedResult.OutcomeOneofCase.Embedding =>
                new(Vector(result, ClipModelRef.From(model), ClipTimings.From(timings))),
            EmbedResult.OutcomeOneofCase.Error => new(ClipError.From(result.Error, field)),
            _ => throw Malformed("a result is neither an embedding nor an error"),
        };

    public static IReadOnlyList<ClipResult<ClipClassification>> Classifications(ClassifyResponse response, int expected)
    {
        CheckCount(response.Results.Count, expected);
        return [.. response.Results.Select((result, i) => result.Error is { } error
            ? new ClipResult<ClipClassification>(ClipError.From(error, $"images[{i}]"))
            : new ClipResult<ClipClassification>(new ClipClassification(
                result.Predictions, result.Scores, response.TruncatedSentences, response.Model, response.Timings)))];
    }

    /// <summary>The number of the item that a response of an embedding stream belongs to.</summary>
    public static long StreamNumber(string id) =>
        long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Malformed($"a stream had a response with the id '{id}', which was not sent");

    /// <param name="frameId">The caller's number of the frame.</param>
    /// <param name="response">The response to it.</param>
    public static VideoFrameResult Frame(ulong frameId, ClassifyStreamResponse response) => new(
        frameId, TimeSpan.FromMicroseconds(response.TimestampUs), FrameOutcome(response))
    {
        SourceId = response.SourceId,
        DropReason = response.Dropped ? WireEnums.FromWire(response.DropReason) : null,
        Skipped = response.Skipped,
        SceneChange = response.SceneChange,
        Embedding = response.Embedding is { } embedding ? embedding.Values.ToArray() : default,
        Regions = [.. response.Regions.Select(region => Region(region, response))],
        Segments = [.. response.Segments.Select(VideoSegment.From)],
        Counters = VideoSourceCounters.From(response.Counters),
        IsStreamEnd = response.StreamEnd,
    };

    /// <summary>Whether <see cref="VideoEmit.Changes"/> includes it; other responses report progress only.</summary>
    public static bool IsChange(ClassifyStreamResponse response) =>
        response.Segments.Count > 0 || response.Error is not null || response.SceneChange;

    private static ClipResult<ClipClassification>? FrameOutcome(ClassifyStreamResponse response)
    {
        if (response.Error is { } error)
            return new(ClipError.From(error, "frame"));
        if (response.Dropped || response.StreamEnd || response.Regions.Count > 0)
            return null;
        return new(new ClipClassification(
            response.Predictions, response.Scores, response.TruncatedSentences, response.Model, response.Timings));
    }

    private static VideoRegionResult Region(RegionResult region, ClassifyStreamResponse response) => new(
        region.Id,
        new ClipClassification(
            region.Predictions, region.Scores, response.TruncatedSentences, response.Model, response.Timings))
    {
        Skipped = region.Skipped,
        SceneChange = region.SceneChange,
        Embedding = region.Embedding is { } embedding ? embedding.Values.ToArray() : default,
    };

    /// <exception cref="ClipClientException">INTERNAL: the response does not fit the request.</exception>
    public static ClipClientException Malformed(string what) =>
        new(StatusCode.Internal, $"The server's response is not valid: {what}.");

    private static ClipEmbedding Vector(EmbedResult result, ClipModelRef model, ClipTimings timings)
    {
        var tokens = WireNumbers.Int(result.TokenCount);
        var halves = result.Embedding.ValuesFloat16.Memory;
        if (halves.IsEmpty)
            return new ClipEmbedding(result.Embedding.Values.ToArray(), tokens, result.Truncated, model, timings);
        return halves.Length % HalfMemory.ElementBytes == 0
            ? new ClipEmbedding(HalfMemory.Of(halves), tokens, result.Truncated, model, timings)
            : throw Malformed($"a float16 vector has {halves.Length} bytes");
    }

    private static void CheckCount(int actual, int expected)
    {
        if (actual != expected)
            throw Malformed($"{expected} items were sent and {actual} results came back");
    }
}
