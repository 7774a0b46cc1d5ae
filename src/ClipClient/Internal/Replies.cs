using System.Buffers.Binary;
using ClipGrpc.V1;
using Grpc.Core;

namespace ClipGrpc.Client.Internal;

/// <summary>Turns messages of the server into what the client gives out, and checks them on the way.</summary>
internal static class Replies
{
    private const int HalfBytes = 2;

    public static IReadOnlyList<ClipResult<ClipEmbedding>> Embeddings(EmbedResponse reply, int expected)
    {
        CheckCount(reply.Results.Count, expected);
        return [.. reply.Results.Select(
            (result, i) => Embedding(result, reply.Model, reply.Timings, $"inputs[{i}]"))];
    }

    /// <param name="result">The response's part for one item.</param>
    /// <param name="model">What made it.</param>
    /// <param name="timings">Where the time went.</param>
    /// <param name="field">
    /// The item's place in the request, as the server's messages write it; null in a stream.
    /// </param>
    public static ClipResult<ClipEmbedding> Embedding(
        EmbedResult? result, ModelRef? model, Timings? timings, string? field = null) =>
        result?.OutcomeCase switch
        {
            EmbedResult.OutcomeOneofCase.Embedding =>
                new(new ClipEmbedding(Vector(result.Embedding), result, model, timings)),
            EmbedResult.OutcomeOneofCase.Error => new(ClipError.From(result.Error, field)),
            _ => throw Malformed("a result is neither an embedding nor an error"),
        };

    public static IReadOnlyList<ClipResult<ClipClassification>> Classifications(ClassifyResponse reply, int expected)
    {
        CheckCount(reply.Results.Count, expected);
        return [.. reply.Results.Select((result, i) => result.Error is { } error
            ? new ClipResult<ClipClassification>(ClipError.From(error, $"images[{i}]"))
            : new ClipResult<ClipClassification>(
                new ClipClassification(result.Predictions, reply.Model, reply.Timings)))];
    }

    public static VideoFrameResult Frame(ClassifyStreamResponse reply)
    {
        var timestamp = TimeSpan.FromMicroseconds(reply.TimestampUs);
        if (reply.Dropped)
            return new VideoFrameResult(reply.FrameId, timestamp, null);

        return new VideoFrameResult(reply.FrameId, timestamp, reply.Error is { } error
            ? new ClipResult<ClipClassification>(ClipError.From(error))
            : new ClipResult<ClipClassification>(
                new ClipClassification(reply.Predictions, reply.Model, reply.Timings)));
    }

    /// <exception cref="ClipClientException">INTERNAL: the response does not fit the request.</exception>
    public static ClipClientException Malformed(string what) =>
        new(StatusCode.Internal, $"The server's reply makes no sense: {what}.");

    private static ReadOnlyMemory<float> Vector(Embedding embedding)
    {
        var halves = embedding.ValuesFloat16.Span;
        if (halves.IsEmpty)
            return embedding.Values.ToArray();
        if (halves.Length % HalfBytes != 0)
            throw Malformed($"a float16 vector has {halves.Length} bytes");

        var values = new float[halves.Length / HalfBytes];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(halves[(i * HalfBytes)..]);
        return values;
    }

    private static void CheckCount(int actual, int expected)
    {
        if (actual != expected)
            throw Malformed($"{expected} items were sent and {actual} results came back");
    }
}
