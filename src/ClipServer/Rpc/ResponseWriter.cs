using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using ClipGrpc.Serving.Batching;
using ClipGrpc.Serving.Labels;
using ClipGrpc.Serving.Models;
using ClipGrpc.Serving.Video;
using ClipGrpc.V1;
using Google.Protobuf;

namespace ClipGrpc.Server.Rpc;

/// <summary>Writes the engine's results into responses.</summary>
internal static class ResponseWriter
{
    /// <summary>What `clip` prints, and what fits the receive limit of every client.</summary>
    private const int DefaultPredictions = 5;

    public static ModelRef ToModelRef(RunningModel model) =>
        new() { Name = model.Name, Revision = model.Info.Revision };

    public static EmbedResult ToResult(in ItemResult outcome, EmbedSettings settings) => outcome.Error is { } error
        ? new EmbedResult { Error = StatusMapper.ToItemStatus(error) }
        : new EmbedResult
        {
            Embedding = ToEmbedding(outcome.Embedding, settings),
            TokenCount = (uint)outcome.Embedding.TokenCount,
            Truncated = outcome.Embedding.Truncated,
        };

    /// <summary>
    /// A requested number of ranked candidates; 0 stays 0 (all), and a number above the maximum becomes the maximum.
    /// </summary>
    public static int ToCount(uint topK) => (int)Math.Min(topK, int.MaxValue);

    /// <summary>A requested number of predictions; 0 means the default.</summary>
    public static int ToPredictionCount(uint topK) => topK == 0 ? DefaultPredictions : ToCount(topK);

    public static Timings ToTimings(in EmbeddingResult embedding, TimeSpan total) => new()
    {
        PreprocessUs = ToMicroseconds(embedding.Preprocess),
        QueueUs = ToMicroseconds(embedding.Queued),
        InferenceUs = ToMicroseconds(embedding.Inference),
        TotalUs = ToMicroseconds(total),
        BatchSize = (uint)embedding.BatchSize,
    };

    /// <summary>The longest of each time of a frame's views; of a skipped frame, that of its preparation.</summary>
    public static Timings ToTimings(FrameOutcome frame, TimeSpan total)
    {
        var slowest = new EmbeddingResult { Preprocess = frame.Preprocess };
        foreach (var view in frame.Views)
            slowest = slowest.SlowestWith(view.GetValueOrDefault());
        return ToTimings(slowest, total);
    }

    /// <summary>The longest of each time, for a response about several items.</summary>
    public static Timings ToTimings(ReadOnlySpan<ItemResult> results, TimeSpan total)
    {
        var slowest = default(EmbeddingResult);
        foreach (var (embedding, _) in results)
            slowest = slowest.SlowestWith(embedding);
        return ToTimings(slowest, total);
    }

    public static IEnumerable<Prediction> ToPredictions(IEnumerable<Scored> top, LabelSetDefinition labels) =>
        top.Select(scored => new Prediction
        {
            Label = labels.Labels[scored.Index],
            Index = (uint)scored.Index,
            Cosine = scored.Cosine,
            Probability = scored.Probability,
        });

    /// <summary>The probabilities in label order.</summary>
    public static IEnumerable<float> ToScores(double[] probabilities) =>
        probabilities.Select(probability => (float)probability);

    private static Embedding ToEmbedding(in EmbeddingResult item, EmbedSettings settings)
    {
        if (settings.Normalize)
            return ToEmbedding(item.Vector.Span, settings.Float16);

        var rented = ArrayPool<float>.Shared.Rent(item.Vector.Length);
        var scaled = rented.AsSpan(0, item.Vector.Length);
        TensorPrimitives.Multiply(item.Vector.Span, item.Norm, scaled);
        var embedding = ToEmbedding(scaled, settings.Float16);
        ArrayPool<float>.Shared.Return(rented);
        return embedding;
    }

    public static Embedding ToEmbedding(ReadOnlySpan<float> vector, bool float16 = false)
    {
        var embedding = new Embedding();
        if (float16)
        {
            var halves = new byte[vector.Length * sizeof(ushort)];
            TensorPrimitives.ConvertToHalf(vector, MemoryMarshal.Cast<byte, Half>(halves.AsSpan()));
            embedding.ValuesFloat16 = UnsafeByteOperations.UnsafeWrap(halves);
        }
        else
        {
            embedding.Values.AddRange(vector);
        }

        return embedding;
    }

    private static ulong ToMicroseconds(TimeSpan time) => (ulong)Math.Max(0, time.TotalMicroseconds);
}
