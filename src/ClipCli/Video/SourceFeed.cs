using ClipGrpc.Cli.Video.Ffmpeg;
using ClipGrpc.Cli.Video.Sources;

namespace ClipGrpc.Cli.Video;

/// <summary>Reads one source to its end; a live one again and again where that is wanted.</summary>
internal sealed class SourceFeed(string ffmpeg, VideoOptions options, bool reconnect, Stream input, TimeProvider time)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    /// <param name="run">The source; what goes wrong is noted in it.</param>
    /// <param name="emit">Takes the frames.</param>
    /// <param name="notice">Takes a line about a connection that was lost.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(
        SourceRun run,
        Func<DecodedFrame, ValueTask> emit,
        Action<string> notice,
        CancellationToken cancellationToken)
    {
        if (run.Source.FilePath is { } path && !File.Exists(path))
        {
            run.Problem = Directory.Exists(path) ? "it is a folder, not a video." : "file not found.";
            return;
        }

        if (run.Source.FilePath is not null && FfmpegLocator.FindProbe(ffmpeg) is { } probe)
            run.Probe = await ProbeAsync(probe, run.Source, cancellationToken);
        var started = time.GetTimestamp();
        var delay = FirstDelay;
        while (true)
        {
            var before = run.Decoded;
            // The clock of a new connection starts at 0 again.
            var offset = before > 0 ? time.GetElapsedTime(started) : TimeSpan.Zero;
            var problem = await ReadAsync(run, offset, emit, cancellationToken);
            if (!run.IsLive || !reconnect || run.Decoded == 0)
            {
                run.Problem = problem;
                run.IsComplete = problem is null;
                return;
            }

            if (run.Decoded > before)
                delay = FirstDelay;
            notice($"{run.Source.Name}: {problem ?? "the source ended."} Reconnecting in {delay.TotalSeconds} s.");
            await Task.Delay(delay, time, cancellationToken);
            delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
        }
    }

    // Further options may select a part of the video, whose duration nobody knows.
    private async Task<VideoProbe> ProbeAsync(string ffprobe, VideoSource source, CancellationToken cancellationToken)
    {
        var probe = await VideoProbe.RunAsync(ffprobe, source, options, cancellationToken);
        return options.InputArguments.Count > 0 ? probe with { Duration = null } : probe;
    }

    private async Task<string?> ReadAsync(
        SourceRun run, TimeSpan offset, Func<DecodedFrame, ValueTask> emit, CancellationToken cancellationToken)
    {
        var decoder = new VideoDecoder(ffmpeg, run.Source, run.IsLive, options, input, time);
        try
        {
            await foreach (var frame in decoder.ReadAsync(run.Probe, cancellationToken))
            {
                var moved = frame with { Timestamp = frame.Timestamp + offset };
                run.Arrived(moved.Timestamp);
                await emit(moved);
            }

            return null;
        }
        catch (VideoException exception)
        {
            return exception.Message;
        }
    }
}
