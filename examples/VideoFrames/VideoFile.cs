using System.Globalization;
using System.IO.Pipelines;
using FFMpegCore;
using FFMpegCore.Pipes;

namespace ClipGrpc.Examples.VideoFrames;

/// <summary>Decodes a video with FFMpegCore, which runs the ffmpeg executable, into a pipe.</summary>
internal static class VideoFile
{
    /// <summary>Raw RGB frames, one after the other, at a constant rate.</summary>
    public static async Task<(PipeReader Frames, int Width, int Height)> OpenAsync(string path, double framesPerSecond)
    {
        var video = (await FFProbe.AnalyseAsync(path)).PrimaryVideoStream;
        if (video is not { Width: { } storedWidth, Height: { } storedHeight })
        {
            throw new InvalidDataException($"{path} has no video track.");
        }

        // ffmpeg turns the frames of a phone held upright. Their size is that after the turn.
        var turned = Math.Abs(video.Rotation) % 180 == 90;
        var (width, height) = turned ? (storedHeight, storedWidth) : (storedWidth, storedHeight);

        // ffmpeg stops where two frames wait, so a long video takes little memory.
        var frameBytes = width * height * 3;
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 2 * frameBytes, resumeWriterThreshold: frameBytes));
        var rate = framesPerSecond.ToString(CultureInfo.InvariantCulture);
        var decoding = FFMpegArguments.FromFileInput(path).OutputToPipe(
            new StreamPipeSink(pipe.Writer.AsStream(leaveOpen: true)),
            options => options.ForceFormat("rawvideo").WithCustomArgument($"-pix_fmt rgb24 -vf fps={rate}"));
        _ = CompleteAsync(decoding, pipe.Writer);
        return (pipe.Reader, width, height);
    }

    // The reader of the pipe gets the error of ffmpeg, if there is one.
    private static async Task CompleteAsync(FFMpegArgumentProcessor decoding, PipeWriter frames)
    {
        Exception? problem = null;
        try
        {
            await decoding.ProcessAsynchronously();
        }
        catch (Exception exception)
        {
            problem = new InvalidDataException($"ffmpeg: {exception.Message}", exception);
        }

        await frames.CompleteAsync(problem);
    }
}
