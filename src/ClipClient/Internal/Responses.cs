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
    /// <param name="model">What made it.</param>
    /// <param name="timings">Where the time went.</param>
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
    public static long? StreamNumber(string id) =>
        long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw Malformed($"a stream had a response with the id '{id}', which was not sent");

    public static VideoFrameResult Frame(VideoFrame frame, ClassifyStreamResponse response)
    {
        if (response.FrameId != frame.Id)
            throw Malformed($"frame {response.FrameId} came where frame {frame.Id} was due");

        var timestamp = TimeSpan.FromMicroseconds(response.TimestampUs);
        if (response.Dropped)
            return new VideoFrameResult(response.FrameId, timestamp, null);

        return new VideoFrameResult(response.FrameId, timestamp, response.Error is { } error
            ? new ClipResult<ClipClassification>(ClipError.From(error, "frame"))
            : new ClipResult<ClipClassification>(new ClipClassification(
                response.Predictions, response.Scores, response.TruncatedSentences, response.Model, response.Timings)));
    }

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
