using ClipGrpc.Serving.Labels;
using ClipGrpc.Serving.Models;
using ClipGrpc.V1;
using LabelSet = ClipGrpc.Serving.Labels.LabelSet;

namespace ClipGrpc.Server.Rpc;

/// <summary>Makes the responses for one video, in frame order: the smoothing uses the previous frame.</summary>
internal sealed class FrameResponses(
    RunningModel model, LabelSet labels, float smoothing, int topK, bool allScores)
{
    private double[]? _previous;

    public ClassifyStreamResponse Next(FrameResult frame)
    {
        var response = new ClassifyStreamResponse
        {
            FrameId = frame.Frame.FrameId,
            TimestampUs = frame.Frame.TimestampUs,
            Model = ResponseWriter.ToModelRef(model),
            Dropped = frame.Item is null,
            TruncatedSentences = (uint)labels.TruncatedSentences,
        };
        if (frame.Item is not { } outcome)
            return response;

        response.Timings = ResponseWriter.ToTimings(outcome.Embedding, frame.Total);
        if (outcome.Error is { } error)
        {
            response.Error = StatusMapper.ToItemStatus(error);
            return response;
        }

        var cosines = Similarity.Cosines(outcome.Embedding.Vector.Span, labels);
        var probabilities = Smooth(Similarity.Softmax(cosines, model.Info.LogitScale));
        response.Predictions.AddRange(
            ResponseWriter.ToPredictions(Similarity.Top(cosines, probabilities, topK), labels.Definition));
        if (allScores)
            response.Scores.AddRange(ResponseWriter.ToScores(probabilities));
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
