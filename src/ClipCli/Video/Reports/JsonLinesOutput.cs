using ClipGrpc.Cli.Output;

namespace ClipGrpc.Cli.Video.Reports;

/// <summary>One JSON object per frame, and one per segment when it has ended.</summary>
internal sealed class JsonLinesOutput(TextWriter writer, int topK) : IVideoOutput
{
    public void Write(VideoMoment moment)
    {
        var (run, result) = (moment.Run, moment.Result);
        var predictions = result.Result is { IsSuccess: true, Value.Predictions: var all } ? all : [];
        var line = new FrameLine(
            "frame",
            run.Source.Name,
            result.Timestamp.TotalSeconds,
            predictions.Take(topK).Select(prediction =>
                new FramePrediction(prediction.Label, prediction.Probability, prediction.Cosine)),
            result.Skipped,
            result.SceneChange,
            result.Dropped,
            run.IsLive && predictions.Count > 0 ? Math.Round(run.Lag.TotalSeconds, 3) : null,
            result.Result?.Error?.Message);
        JsonOutput.WriteLine(writer, line, VideoLines.Default.FrameLine);
        FlushLive(run);
    }

    public void Write(FoundSegment segment)
    {
        var line = new SegmentLine(
            "segment",
            segment.Run.Source.Name,
            segment.Label,
            segment.Start.TotalSeconds,
            segment.End.TotalSeconds,
            segment.Peak,
            segment.Mean);
        JsonOutput.WriteLine(writer, line, VideoLines.Default.SegmentLine);
        FlushLive(segment.Run);
    }

    public Task FinishAsync(IReadOnlyList<SourceRun> runs) => Task.CompletedTask;

    // A program that acts on a camera is not to wait for the next block of lines.
    private void FlushLive(SourceRun run)
    {
        if (run.IsLive)
            writer.Flush();
    }
}
