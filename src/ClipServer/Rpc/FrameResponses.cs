using ClipGrpc.Serving.Labels;
using ClipGrpc.Serving.Models;
using ClipGrpc.Serving.Video;
using ClipGrpc.V1;
using LabelSet = ClipGrpc.Serving.Labels.LabelSet;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// Makes the responses of one stream. Frames must come in the order of their source, because smoothing, segments and
/// what is skipped depend on earlier ones.
/// </summary>
internal sealed class FrameResponses(
    RunningModel model, VideoSettings settings, int topK, bool allScores, bool withEmbedding, bool changesOnly)
{
    /// <summary>Of the frames that need no response, one of so many has one all the same.</summary>
    private const int ProgressInterval = 32;

    private readonly CompletedFrames _completed = new();
    private readonly Dictionary<VideoSource, FrameHeader> _last = [];
    private int _silent;

    /// <returns>No response: the frame needs none.</returns>
    public (ClassifyStreamResponse? Response, FrameReport Report) Next(FrameResult frame)
    {
        var header = frame.Header;
        _completed.Add(header.Number);
        _last[header.Source] = header;
        var report = header.Source.Results.Report(
            frame.Outcome, header.TimestampUs, header.Labels, model.Info.LogitScale);
        var isSilent = changesOnly && !report.IsChange;
        if (isSilent && ++_silent < ProgressInterval)
            return (null, report);

        _silent = 0;
        var response = Start(header, report);
        if (!isSilent)
            Write(report, frame, response);
        return (response, report);
    }

    /// <summary>The segments that are open when the stream ends.</summary>
    public IEnumerable<ClassifyStreamResponse> End()
    {
        foreach (var last in _last.Values)
        {
            var report = last.Source.Results.End();
            if (report.Segments.Count == 0)
                continue;

            var response = Start(last, report);
            response.StreamEnd = true;
            response.Segments.AddRange(report.Segments.Select(ToSegment));
            yield return response;
        }
    }

    private ClassifyStreamResponse Start(FrameHeader frame, FrameReport report) => new()
    {
        FrameId = frame.FrameId,
        TimestampUs = frame.TimestampUs,
        SourceId = frame.Source.Id,
        Model = ResponseWriter.ToModelRef(model),
        TruncatedSentences = (uint)frame.Labels.TruncatedSentences,
        Counters = ToCounters(report.Counters),
        FramesCompleted = (ulong)_completed.First,
    };

    private void Write(FrameReport report, FrameResult frame, ClassifyStreamResponse response)
    {
        if (report.Dropped is { } reason)
        {
            response.Dropped = true;
            response.DropReason = ToDropReason(reason);
            return;
        }

        response.Timings = ResponseWriter.ToTimings(frame.Outcome, frame.Total);
        if (report.Error is { } error)
        {
            response.Error = StatusMapper.ToItemStatus(error);
            return;
        }

        response.Skipped = report.Skipped;
        response.SceneChange = report.BeginsScene;
        response.Segments.AddRange(report.Segments.Select(ToSegment));
        if (settings.Regions.Count > 0)
        {
            response.Regions.AddRange(report.Views.Zip(
                settings.Regions, (view, region) => ToRegion(view, region, frame.Header.Labels)));
            return;
        }

        var whole = report.Views[0];
        response.Predictions.AddRange(PredictionsOf(whole, frame.Header.Labels));
        if (allScores)
            response.Scores.AddRange(ResponseWriter.ToScores(whole.Probabilities));
        if (withEmbedding)
            response.Embedding = ResponseWriter.ToEmbedding(whole.Vector.Span);
    }

    private RegionResult ToRegion(ViewReport view, VideoRegion region, LabelSet labels)
    {
        var result = new RegionResult
        {
            Id = region.Id,
            Skipped = view.Skipped,
            SceneChange = view.BeginsScene,
            Predictions = { PredictionsOf(view, labels) },
        };
        if (allScores)
            result.Scores.AddRange(ResponseWriter.ToScores(view.Probabilities));
        if (withEmbedding)
            result.Embedding = ResponseWriter.ToEmbedding(view.Vector.Span);
        return result;
    }

    private IEnumerable<Prediction> PredictionsOf(ViewReport view, LabelSet labels) => ResponseWriter.ToPredictions(
        Similarity.Top(view.Cosines, view.Probabilities, topK), labels.Definition);

    private static Segment ToSegment(SegmentEvent segment) => new()
    {
        Label = segment.Label,
        Index = (uint)segment.Index,
        RegionId = segment.RegionId,
        StartUs = segment.Start,
        EndUs = segment.End,
        Peak = (float)segment.Peak,
        Mean = (float)segment.Mean,
        Ended = segment.Ended,
    };

    private static V1.SourceCounters ToCounters(Serving.Video.SourceCounters counters) => new()
    {
        Classified = (ulong)counters.Classified,
        Skipped = (ulong)counters.Skipped,
        Failed = (ulong)counters.Failed,
        DroppedNewerFrame = (ulong)counters.DroppedNewerFrame,
        DroppedMaxFps = (ulong)counters.DroppedMaxFps,
        DroppedMaxAge = (ulong)counters.DroppedMaxAge,
    };

    private static DropReason ToDropReason(FrameDropReason reason) => reason switch
    {
        FrameDropReason.NewerFrame => DropReason.NewerFrame,
        FrameDropReason.MaxFps => DropReason.MaxFps,
        FrameDropReason.MaxAge => DropReason.MaxAge,
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, null),
    };
}
