using System.Text;
using ClipGrpc.Server.Configuration;
using ClipGrpc.Serving.Labels;
using ClipGrpc.Serving.Video;
using Google.Protobuf;
using Microsoft.Extensions.Options;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// Refuses calls whose response could not be sent, before their work is done: an upper bound of the response's size
/// follows from counts, label lengths and <c>top_k</c>. The framework would refuse the response afterwards, with
/// RESOURCE_EXHAUSTED, although a retry cannot help.
/// </summary>
internal sealed class ResponseSizes(IOptions<ServerOptions> server)
{
    /// <summary>The model, the timings and whatever else does not grow with the request.</summary>
    private const int Envelope = 1024;

    /// <summary>Tag and length of an item's result, and its fields of fixed size.</summary>
    private const int ItemEnvelope = 32;

    /// <summary>A region's id, and its fields of fixed size.</summary>
    private const int RegionEnvelope = 96;

    /// <summary>The id of a segment's region, and its numbers.</summary>
    private const int SegmentEnvelope = 128;

    /// <summary>A float of any value, with its tag.</summary>
    private const int FloatField = 1 + sizeof(float);

    /// <summary>A tag, the most that a number of 32 bits takes, and two floats, in a message of its own.</summary>
    private const int RankedSize = 2 + 1 + 5 + 2 * FloatField;

    private const int MaxBytesPerChar = 3;

    private long Room => server.Value.MaxMessageBytes - Envelope;

    /// <returns>The upper bound, in bytes.</returns>
    /// <exception cref="ClipException">InvalidInput, with the largest number of inputs that fits.</exception>
    public long CheckEmbed(int inputs, int dimensions, bool float16)
    {
        var bytes = inputs * EmbeddingSize(dimensions, float16);
        if (bytes <= Room)
            return bytes;

        var advice = $"Send at most {Room / EmbeddingSize(dimensions, float16):N0} inputs";
        if (!float16)
            advice += $", or {Room / EmbeddingSize(dimensions, float16: true):N0} with EMBEDDING_ENCODING_FLOAT16";
        throw TooLarge("inputs", $"{inputs:N0} embeddings of {dimensions:N0} elements", bytes, $"{advice}.");
    }

    /// <summary>A response with the predictions of several images.</summary>
    /// <param name="count">Predictions per image; 0 means all labels.</param>
    /// <param name="allScores">Whether the scores of all labels are in it too.</param>
    /// <returns>The upper bound, in bytes.</returns>
    /// <exception cref="ClipException">InvalidInput, with the largest top_k or number of images that fits.</exception>
    public long CheckClassify(int images, LabelSetDefinition labels, int count, bool allScores) =>
        CheckPredictions(images, labels, count, allScores, "top_k", "images");

    /// <summary>A stream's response with the predictions of one frame.</summary>
    /// <inheritdoc cref="CheckClassify"/>
    /// <param name="dimensions">Of the embeddings that are in it too; 0: none are.</param>
    /// <param name="labelsField">Where the labels are in the request.</param>
    public long CheckFrame(
        LabelSetDefinition labels, int count, bool allScores, VideoSettings settings, int dimensions,
        string labelsField)
    {
        var views = settings.Views;
        var bytes = CheckPredictions(views, labels, count, allScores, "config.top_k", labelsField)
            + (settings.Regions.Count * RegionEnvelope)
            + (dimensions > 0 ? views * EmbeddingSize(dimensions, float16: false) : 0)
            + SegmentsSize(labels, settings);
        if (bytes <= Room)
            return bytes;

        throw TooLarge(
            labelsField, $"predictions, embeddings and segments of {views:N0} views", bytes,
            "Use fewer regions, a higher leave_threshold, a smaller top_k or shorter labels.");
    }

    /// <returns>The upper bound, in bytes.</returns>
    /// <exception cref="ClipException">InvalidInput, with the largest top_k that fits.</exception>
    public long CheckRank(int candidates, uint topK)
    {
        var ranked = Count(ResponseWriter.ToCount(topK), candidates);
        var bytes = (long)ranked * RankedSize;
        if (bytes <= Room)
            return bytes;

        var advice = $"The largest top_k that fits is {Room / RankedSize:N0}.";
        throw TooLarge("top_k", $"{ranked:N0} ranked candidates", bytes, advice);
    }

    /// <summary>
    /// The finished response: the errors of items can be larger than the results that were expected in their place.
    /// </summary>
    public void Check(IMessage response, string field)
    {
        var bytes = response.CalculateSize();
        if (bytes > server.Value.MaxMessageBytes)
            throw TooLarge(field, "the results and the errors of items", bytes, "Send fewer items per call.");
    }

    private long CheckPredictions(
        int images, LabelSetDefinition labels, int topK, bool allScores, string field, string itemsField)
    {
        var count = Count(topK, labels.Labels.Count);
        var item = ItemEnvelope + (allScores ? ScoresSize(labels.Labels.Count) : 0);
        if (BoundOf(images, labels, count, item) is var bound && bound <= Room)
            return bound;

        var sizes = labels.Labels
            .Select(label => PredictionSize(Encoding.UTF8.GetByteCount(label), labels.Labels.Count))
            .OrderDescending().ToArray();
        var largest = 0;
        var perImage = item;
        while (largest < count && images * (perImage + sizes[largest]) <= Room)
            perImage += sizes[largest++];
        if (largest == count)
            return images * perImage;

        var requested = item + sizes.Take(count).Sum();
        var what = $"{count:N0} predictions for {images:N0} images";
        var fitting = Room / requested;
        if (largest == 0)
        {
            throw TooLarge(
                itemsField, what, images * requested,
                fitting == 0 ? "Use shorter labels." : $"Send at most {fitting:N0} images.");
        }

        var advice = $"The largest top_k that fits is {largest:N0}";
        if (fitting > 0)
            advice += $"; or send at most {fitting:N0} images";
        throw TooLarge(field, what, images * requested, $"{advice}.");
    }

    /// <summary>The bound from the longest label, which nearly all calls are far below; it encodes no label.</summary>
    private static long BoundOf(int images, LabelSetDefinition labels, int count, long item)
    {
        var longest = 0;
        foreach (var label in labels.Labels)
            longest = Math.Max(longest, label.Length);
        var prediction = PredictionSize((long)longest * MaxBytesPerChar, labels.Labels.Count);
        return images * (item + count * prediction);
    }

    private static long PredictionSize(long labelBytes, int labels)
    {
        var fields = 1 + LengthSize(labelBytes) + labelBytes + 1 + LengthSize(labels) + 2 * FloatField;
        return 1 + LengthSize(fields) + fields;
    }

    /// <summary>Packed floats with their tag and length.</summary>
    private static long ScoresSize(int labels)
    {
        var bytes = (long)labels * sizeof(float);
        return 1 + LengthSize(bytes) + bytes;
    }

    /// <summary>All labels that can be visible at once end, and as many begin.</summary>
    private static long SegmentsSize(LabelSetDefinition labels, VideoSettings settings)
    {
        if (settings.Segments is not { } options)
            return 0;

        var longest = labels.Labels.Max(label => Encoding.UTF8.GetByteCount(label));
        var visible = Math.Min(labels.Labels.Count, (long)Math.Ceiling(1 / options.Leave));
        return settings.Views * 2 * visible * (SegmentEnvelope + longest);
    }

    private static long EmbeddingSize(int dimensions, bool float16) =>
        ItemEnvelope + (long)dimensions * (float16 ? sizeof(ushort) : sizeof(float));

    private static int LengthSize(long length) => CodedOutputStream.ComputeInt64Size(length);

    private static int Count(int topK, int all) => topK == 0 ? all : Math.Min(topK, all);

    private ClipException TooLarge(string field, string what, long bytes, string advice) => InputReader.OverLimit(
        ClipErrorReason.ResponseTooLarge,
        field,
        $"The response with {what} can have {bytes:N0} bytes; the maximum is {server.Value.MaxMessageBytes:N0}. "
        + advice,
        server.Value.MaxMessageBytes,
        bytes);
}
