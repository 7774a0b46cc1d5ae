using ClipGrpc.LoadTest.Reports;
using ClipGrpc.LoadTest.Serving;
using ClipGrpc.V1;

namespace ClipGrpc.LoadTest.Cameras;

/// <summary>The numbers of a run.</summary>
/// <param name="Dropped">By reason.</param>
/// <param name="Fairness">Most ÷ fewest answered frames of a camera; null: one has none.</param>
/// <param name="FarthestFromMean">
/// The answered frames of the camera that is farthest from the mean of all, as a part of the mean.
/// </param>
/// <param name="MeanBatch">Over items.</param>
/// <param name="BatchMs">Over items.</param>
/// <param name="Memory">Of the server; null: it is not known.</param>
internal sealed record CameraReport(
    int Cameras, double FramesPerSecond, string Policy, int Streams, int FrameSide, double Seconds, long Sent,
    double SentPerSecond, double BytesPerFrame, double ResponseBytesPerFrame, long Classified,
    double ClassifiedPerSecond, long Skipped, long Failed, IReadOnlyDictionary<string, long> Dropped, Quantiles AgeMs,
    Quantiles SendLagMs, long FewestAnswered, long MostAnswered, double? Fairness,
    double? FarthestFromMean, double MeanBatch, Quantiles BatchMs, MemoryUse? Memory)
{
    public static CameraReport Of(CameraLoad load, CameraCount count)
    {
        var seconds = load.Duration.TotalSeconds;
        var sent = Math.Max(count.Sent, 1);
        return new CameraReport(
            load.Cameras,
            load.FramesPerSecond,
            load.Policy == DropPolicy.Latest ? "latest" : "none",
            load.Streams,
            load.Side,
            seconds,
            count.Sent,
            count.Sent / seconds,
            (double)count.SentBytes / sent,
            (double)count.ReceivedBytes / sent,
            count.Classified,
            count.Classified / seconds,
            count.Skipped,
            count.Failed,
            count.Dropped.ToDictionary(
                reason => reason.Key switch
                {
                    DropReason.NewerFrame => "newer_frame",
                    DropReason.MaxFps => "max_fps",
                    DropReason.MaxAge => "max_age",
                    _ => "unknown",
                },
                reason => reason.Value),
            Quantiles.Of(count.Age),
            Quantiles.Of(count.Lag),
            count.Answered.Min(),
            count.Answered.Max(),
            count.Fairness,
            count.FarthestFromMean,
            count.MeanBatch,
            Quantiles.Of(count.Batch),
            MemoryUse.Of(count.ResidentBytes));
    }
}
