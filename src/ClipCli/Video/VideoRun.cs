using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ClipGrpc.Client;

namespace ClipGrpc.Cli.Video;

/// <summary>
/// Classifies the frames of all sources: the recorded ones over one stream, the live ones over another.
/// </summary>
internal sealed class VideoRun(
    ClipClient client, ClipLabels labels, VideoCallOptions call, IReadOnlyList<IVideoOutput> outputs, TimeProvider time)
{
    // Decoding goes on while a frame is sent; more would only take memory.
    private const int FramesAhead = 2;

    private const int MostSegmentImages = 300;

    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<ulong, Sent> _sent = [];
    private readonly SegmentImages _images = new(
        call.Events!.LeaveThreshold ?? call.Events.EnterThreshold, MostSegmentImages);

    private ulong _frameId;

    /// <summary>Whether segments get an image.</summary>
    public required bool WithImages { get; init; }

    public required SourceFeed Feed { get; init; }

    public required Action<string> Notice { get; init; }

    /// <param name="runs">The sources.</param>
    /// <param name="cancellationToken">
    /// Ends the sources; the frames that are on their way are still classified, for a few seconds at most, so that the
    /// segments that are visible then are found.
    /// </param>
    public async Task RunAsync(IReadOnlyList<SourceRun> runs, CancellationToken cancellationToken)
    {
        using var failed = new CancellationTokenSource();
        using var late = new CancellationTokenSource();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(failed.Token, late.Token);
        using var feed = CancellationTokenSource.CreateLinkedTokenSource(failed.Token, cancellationToken);
        await using var timer = time.CreateTimer(
            source => ((CancellationTokenSource)source!).Cancel(), late, Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        await using var interruption = cancellationToken.Register(
            () => timer.Change(LongestEnd, Timeout.InfiniteTimeSpan));
        var recorded = RunRecordedAsync([.. runs.Where(run => !run.IsLive)], feed.Token, end.Token);
        var live = RunLiveAsync([.. runs.Where(run => run.IsLive)], feed.Token, end.Token);
        await Task.WhenAll(EndOthersAsync(recorded, failed), EndOthersAsync(live, failed));
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static async Task EndOthersAsync(Task work, CancellationTokenSource others)
    {
        try
        {
            await work;
        }
        catch (ClipClientException)
        {
            await others.CancelAsync();
            throw;
        }
    }

    private async Task RunRecordedAsync(SourceRun[] runs, CancellationToken feedToken, CancellationToken endToken)
    {
        if (runs.Length == 0)
            return;
        var frames = Channel.CreateBounded<VideoFrame>(FramesAhead);
        await RunAsync(
            runs,
            DropPolicy.None,
            (_, frame, token) => frames.Writer.WriteAsync(frame, token),
            () => frames.Writer.Complete(),
            frames.Reader.ReadAllAsync,
            feedToken,
            endToken);
    }

    private async Task RunLiveAsync(SourceRun[] runs, CancellationToken feedToken, CancellationToken endToken)
    {
        if (runs.Length == 0)
            return;
        var frames = new LatestFrames<VideoFrame>(runs.Length);
        await RunAsync(
            runs,
            DropPolicy.Latest,
            (source, frame, _) =>
            {
                if (frames.Put(source, frame) is { } replaced && _sent.TryRemove(replaced.Id, out var sent))
                {
                    lock (_lock)
                        sent.Run.Dropped++;
                }

                return ValueTask.CompletedTask;
            },
            frames.Complete,
            token => TakeAllAsync(frames, token),
            feedToken,
            endToken);
    }

    private static async IAsyncEnumerable<VideoFrame> TakeAllAsync(
        LatestFrames<VideoFrame> frames, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await frames.TakeAsync(cancellationToken) is { } frame)
            yield return frame;
    }

    private async Task RunAsync(
        SourceRun[] runs,
        DropPolicy dropPolicy,
        Func<int, VideoFrame, CancellationToken, ValueTask> put,
        Action complete,
        Func<CancellationToken, IAsyncEnumerable<VideoFrame>> frames,
        CancellationToken feedToken,
        CancellationToken endToken)
    {
        using var feed = CancellationTokenSource.CreateLinkedTokenSource(feedToken);
        var feeding = FeedAsync(runs, put, complete, feed.Token);
        try
        {
            var options = call with { DropPolicy = dropPolicy };
            await foreach (var result in client.ClassifyVideoAsync(frames(endToken), labels, options, endToken))
                Handle(runs, result);
        }
        finally
        {
            // Where the stream failed, ffmpeg is to end too.
            await feed.CancelAsync();
            await feeding;
        }
    }

    private async Task FeedAsync(
        SourceRun[] runs,
        Func<int, VideoFrame, CancellationToken, ValueTask> put,
        Action complete,
        CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(runs.Select((run, index) => Feed.RunAsync(
                run, frame => put(index, Send(run, frame), cancellationToken), Notice, cancellationToken)));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // What was read is classified; the run reports the interruption, or the error of the stream.
            return;
        }
        finally
        {
            complete();
        }
    }

    private VideoFrame Send(SourceRun run, DecodedFrame frame)
    {
        var id = Interlocked.Increment(ref _frameId);
        _sent[id] = new Sent(run, time.GetTimestamp(), WithImages ? Thumbnail.Create(frame) : null);
        var image = ClipImage.FromPixels(frame.Pixels, frame.Width, frame.Height, PixelFormat.Rgb24);
        return new VideoFrame(id, frame.Timestamp, image) { SourceId = run.Id };
    }

    private void Handle(SourceRun[] runs, VideoFrameResult result)
    {
        lock (_lock)
        {
            if (result.IsStreamEnd)
            {
                WriteLast(runs.First(run => run.Id == result.SourceId), result);
                return;
            }

            if (!_sent.TryRemove(result.FrameId, out var sent))
                return;
            Count(sent, result);
            // Before this frame's probabilities end the labels' images.
            var found = result.Segments.Where(segment => segment.Ended)
                .Select(segment => Find(sent.Run, segment, segment.End)).ToList();
            if (sent.Image is { } image && result.Result is { IsSuccess: true, Value.Scores: var scores })
                _images.Add(sent.Run, image, scores);
            foreach (var output in outputs)
                output.Write(new VideoMoment(sent.Run, result));
            Write(found);
        }
    }

    // What is visible in the last frame is visible until the video ends.
    private void WriteLast(SourceRun run, VideoFrameResult result) => Write(
        [.. result.Segments.Select(segment => Find(run, segment, run.End > segment.End ? run.End : segment.End))]);

    private FoundSegment Find(SourceRun run, VideoSegment segment, TimeSpan end) => new(
        run, segment.Label, segment.Index, segment.Start, end, segment.Peak, segment.Mean,
        _images.Take(run, segment));

    private void Write(IEnumerable<FoundSegment> found)
    {
        foreach (var segment in found)
        {
            foreach (var output in outputs)
                output.Write(segment);
        }
    }

    private void Count(Sent sent, VideoFrameResult result)
    {
        var run = sent.Run;
        if (result.Dropped)
        {
            run.Dropped++;
        }
        else if (result.Result is not { IsSuccess: true, Value: var classification })
        {
            run.Failed++;
            run.FirstError ??= result.Result?.Error?.Message;
        }
        else
        {
            if (result.Skipped)
                run.Skipped++;
            else
                run.Classified++;
            run.Latest = classification;
            run.LatestTimestamp = result.Timestamp;
            run.Lag = time.GetElapsedTime(sent.Arrival);
            run.LongestLag = run.Lag > run.LongestLag ? run.Lag : run.LongestLag;
        }
    }

    private sealed record Sent(SourceRun Run, long Arrival, Thumbnail? Image);
}
