using System.Globalization;
using System.Runtime.CompilerServices;
using ClipGrpc.Cli.Video.Ffmpeg;
using ClipGrpc.Cli.Video.Sources;

namespace ClipGrpc.Cli.Video;

/// <summary>The frames of one source, decoded by one run of ffmpeg.</summary>
/// <param name="ffmpeg">The executable.</param>
/// <param name="source">Where the video comes from.</param>
/// <param name="isLive">Silence is taken for a lost connection.</param>
/// <param name="options">How it is read.</param>
/// <param name="input">Standard input, for a source that is.</param>
/// <param name="time">The clock.</param>
internal sealed class VideoDecoder(
    string ffmpeg, VideoSource source, bool isLive, VideoOptions options, Stream input, TimeProvider time)
{
    // How a terminal's Ctrl+C, which reaches ffmpeg too, looks from here.
    private const int InterruptedCode = 255;

    private static readonly TimeSpan InterruptTolerance = TimeSpan.FromSeconds(1);

    // A live source that is silent for so long is taken for gone.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(20);

    // What containers state differs from what they have by a frame or two.
    private static readonly TimeSpan DurationTolerance = TimeSpan.FromSeconds(1);

    private int _frames;
    private TimeSpan _last;

    /// <param name="probe">What is known of the source.</param>
    /// <param name="cancellationToken">Ends ffmpeg.</param>
    /// <exception cref="VideoException">The source could not be read, or not to its end.</exception>
    public async IAsyncEnumerable<DecodedFrame> ReadAsync(
        VideoProbe probe, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var effective = options with { ColorMatrix = options.ColorMatrix ?? probe.ColorMatrix };
        await using var process = FfmpegProcess.Start(ffmpeg, FfmpegArguments.Decode(source, isLive, effective));
        using var inputEnd = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var writing = process.WriteInputAsync(
            source.Kind == VideoSourceKind.Input ? input : Stream.Null, inputEnd.Token);
        var reader = new NutReader(process.Output);
        string? problem;
        while (true)
        {
            (var frame, problem) = await ReadFrameAsync(reader, process, cancellationToken);
            if (frame is null)
                break;
            _frames++;
            _last = frame.Timestamp;
            yield return frame;
        }

        if (problem is not null)
            process.Kill();
        var code = await process.WaitAsync(cancellationToken);
        await inputEnd.CancelAsync();
        await writing;
        if (code == InterruptedCode && process.Messages.Count == 0)
            await Task.Delay(InterruptTolerance, time, cancellationToken);
        if (Problem(process.Messages, code, problem, probe.Duration) is { } message)
            throw new VideoException(message);
    }

    private async ValueTask<(DecodedFrame? Frame, string? Problem)> ReadFrameAsync(
        NutReader reader, FfmpegProcess process, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(
            isLive ? LongestSilence : Timeout.InfiniteTimeSpan, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            if (await reader.ReadAsync(either.Token) is not { } frame)
                return (null, null);
            return frame.Data.Length == (long)reader.Width * reader.Height * 3
                ? (new DecodedFrame(frame.Timestamp, reader.Width, reader.Height, frame.Data), null)
                : (null, "the size of its frames has changed.");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            process.Kill();
            return (null, $"no frame arrived for {LongestSilence.TotalSeconds} s.");
        }
        catch (EndOfStreamException)
        {
            return (null, null);
        }
        catch (InvalidDataException exception)
        {
            return (null, exception.Message);
        }
    }

    private string? Problem(MessageLines messages, int code, string? problem, TimeSpan? duration)
    {
        if (problem is not null)
            return $"{problem}{After()}";
        var reason = FfmpegMessages.Explain(messages.Lines);
        if (code != 0)
            return $"{(reason is null || IsSignal(code) ? Ended(code) : reason)}{After()}";
        if (_frames == 0)
            return reason ?? "it has no frames.";
        if (FfmpegMessages.IsTruncated(messages.Lines))
            return $"it is truncated{After()}.";
        // With a select filter the last frame may be far from the end.
        return !Selects && duration is { } whole && whole - _last > DurationTolerance
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"it ends after {_last.TotalSeconds:0.##} of {whole.TotalSeconds:0.##} s.")
            : null;
    }

    private bool Selects => options.FramesPerSecond is not null || options.SceneThreshold is not null;

    private static bool IsSignal(int code) => code is > 128 and < InterruptedCode;

    private static string Ended(int code) => IsSignal(code)
        ? $"ffmpeg was terminated by signal {code - 128}"
        : $"ffmpeg exited with code {code}";

    private string After() => _frames == 0
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $" (after {_frames} frames, {_last.TotalSeconds:0.##} s)");
}
