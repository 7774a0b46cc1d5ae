using ClipGrpc.Serving.Labels;
using ClipGrpc.Serving.Models;
using ClipGrpc.V1;
using LabelSet = ClipGrpc.Serving.Labels.LabelSet;

namespace ClipGrpc.Server.Rpc;

/// <summary>Makes the replies of one video, in the order of its frames: the smoothing looks at the frame before.</summary>
internal sealed class FrameReplies(ClipVariant variant, LabelSet labels, float smoothing, int topK)
{
    private double[]? _previous;

    public ClassifyStreamResponse Next(FrameOutcome frame)
    {
        var response = new ClassifyStreamResponse
        {
            FrameId = frame.Frame.FrameId,
            TimestampUs = frame.Frame.TimestampUs,
            Model = ReplyWriter.ToModelRef(variant),
            Dropped = frame.Outcome is null,
            TruncatedSentences = (uint)labels.TruncatedSentences,
        };
        if (frame.Outcome is not { } outcome)
            return response;

        response.Timings = ReplyWriter.ToTimings(outcome.Embedding.Timings, frame.Total);
        if (outcome.Error is { } error)
        {
            response.Error = StatusMapper.ToItemStatus(error);
            return response;
        }

        var cosines = Similarity.Cosines(outcome.Embedding.Vector.Span, labels);
        var probabilities = Smooth(Similarity.Softmax(cosines, variant.Description.LogitScale));
        response.Predictions.AddRange(
            ReplyWriter.ToPredictions(Similarity.Top(cosines, probabilities, topK), labels.Definition));
        return response;
    }

    private double[] Smooth(double[] current)
    {
        if (smoothing > 0 && _previous is not null)
        {
            for (var i = 0; i < current.Length; i++)
                current[i] = smoothing * _previous[i] + (1 - smoothing) * current[i];
        }

        return _previous = current;
    }
}
