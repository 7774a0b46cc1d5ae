using ClipGrpc.V1;
using HdrHistogram;

namespace ClipGrpc.LoadTest.Cameras;

/// <summary>What became of the frames of the cameras, by the responses of the server.</summary>
internal sealed class CameraCount(int cameras)
{
    private const long LongestMicroseconds = 3_600_000_000;

    private readonly long[] _answered = new long[cameras];
    private readonly Lock _lock = new();
    private long _batchSizes;
    private long _batched;

    public long Sent { get; private set; }

    public long SentBytes { get; private set; }

    public long ReceivedBytes { get; private set; }

    public long Classified { get; private set; }

    public long Skipped { get; private set; }

    public long Failed { get; private set; }

    public Dictionary<DropReason, long> Dropped { get; } = [];

    /// <summary>From when a frame was taken until its result was there, in microseconds.</summary>
    public LongHistogram Age { get; } = new(1, LongestMicroseconds, 3);

    /// <summary>From when a frame was taken until it was sent.</summary>
    public LongHistogram Lag { get; } = new(1, LongestMicroseconds, 3);

    /// <summary>The duration of the model's batches, over frames, in microseconds.</summary>
    public LongHistogram Batch { get; } = new(1, LongestMicroseconds, 3);

    /// <summary>Memory of the server, every second of the measurement.</summary>
    public IReadOnlyList<long> ResidentBytes { get; set; } = [];

    /// <summary>The size of the model's batches, on average over frames.</summary>
    public double MeanBatch => _batched == 0 ? 0 : (double)_batchSizes / _batched;

    /// <summary>Results per camera: classified or skipped.</summary>
    public IReadOnlyList<long> Answered => _answered;

    /// <summary>Most ÷ fewest results of a camera; null: one has none.</summary>
    public double? Fairness => _answered.Min() is > 0 and var fewest ? (double)_answered.Max() / fewest : null;

    /// <summary>
    /// The camera that is farthest from the mean of all, as a part of the mean; null: there are no results.
    /// </summary>
    public double? FarthestFromMean => _answered.Average() is > 0 and var mean
        ? _answered.Max(answered => Math.Abs(answered - mean)) / mean : null;

    public void AddSent(int bytes, TimeSpan lag)
    {
        lock (_lock)
        {
            Sent++;
            SentBytes += bytes;
            Record(Lag, lag);
        }
    }

    public void AddResponse(int camera, ClassifyStreamResponse response, TimeSpan age)
    {
        lock (_lock)
        {
            ReceivedBytes += response.CalculateSize();
            if (response.Dropped)
            {
                Dropped[response.DropReason] = Dropped.GetValueOrDefault(response.DropReason) + 1;
                return;
            }

            if (response.Error is not null)
            {
                Failed++;
                return;
            }

            if (response.Skipped)
                Skipped++;
            else
                Classified++;
            _answered[camera]++;
            Record(Age, age);
            if (response.Timings is { BatchSize: > 0 } timings)
            {
                _batchSizes += timings.BatchSize;
                _batched++;
                Record(Batch, TimeSpan.FromMicroseconds(timings.InferenceUs));
            }
        }
    }

    private static void Record(LongHistogram histogram, TimeSpan time) =>
        histogram.RecordValue(Math.Clamp((long)time.TotalMicroseconds, 0, histogram.HighestTrackableValue));
}
