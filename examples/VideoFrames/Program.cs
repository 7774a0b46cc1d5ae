using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using ClipGrpc.Client;
using ClipGrpc.Examples.VideoFrames;

// Classifies the frames of a video over one stream and prints the most probable label of each. With the argument VIDEO,
// ffmpeg decodes a file, 25 frames per second. With WIDTH HEIGHT, raw RGB frames come from standard input. Without
// arguments, a generated video of 96 × 96 pixels needs no decoder.

const double FramesPerSecond = 25;
try
{
    var (video, width, height) = args switch
    {
        [var path] => await VideoFile.OpenAsync(path, FramesPerSecond),
        [var w, var h] => (PipeReader.Create(Console.OpenStandardInput()), Parse(w), Parse(h)),
        _ => (PipeReader.Create(GeneratedVideo.Create(96, 96, frameCount: 20)), 96, 96),
    };

    using var clip = ClipClient.ForAddress(
        Environment.GetEnvironmentVariable("CLIP_SERVER") ?? ClipClientOptions.DefaultAddress);
    var labels = new ClipLabels(["sun", "apple", "globe"]);

    // Smoothing averages the probabilities of each frame with those of the frames before it, so that labels do not
    // flicker. For a live camera add DropPolicy.Latest: a waiting frame is then dropped when a newer one arrives.
    var options = new VideoCallOptions { TopK = 1, Smoothing = 0.6f };
    await foreach (var frame in clip.ClassifyVideoAsync(ReadFramesAsync(video, width, height), labels, options))
    {
        // Result is null only for dropped frames. Value throws the frame's error, if it has one.
        var top = frame.Result?.Value.Predictions[0];
        Console.WriteLine($"{frame.Timestamp.TotalSeconds:F2} s  {top?.Label ?? "dropped"} {top?.Probability:P0}");
    }

    return 0;
}
catch (Exception exception) when (exception is ClipClientException or IOException or InvalidDataException)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}

static int Parse(string text) => int.Parse(text, CultureInfo.InvariantCulture);

// The stream reads the next frame only when the server has room for it, so a long video takes little memory.
static async IAsyncEnumerable<VideoFrame> ReadFramesAsync(
    PipeReader video, int width, int height, [EnumeratorCancellation] CancellationToken cancellationToken = default)
{
    var frameBytes = width * height * 3;
    for (var id = 0UL; ; id++)
    {
        var read = await video.ReadAtLeastAsync(frameBytes, cancellationToken);
        if (read.Buffer.IsEmpty)
        {
            yield break;
        }

        if (read.Buffer.Length < frameBytes)
        {
            throw new EndOfStreamException($"Frame {id} has {read.Buffer.Length} bytes instead of {frameBytes}.");
        }

        // A buffer per frame: the client sends the pixels without copying them.
        var pixels = read.Buffer.Slice(0, frameBytes).ToArray();
        video.AdvanceTo(read.Buffer.GetPosition(frameBytes));
        var image = ClipImage.FromPixels(pixels, width, height, PixelFormat.Rgb24);
        yield return new VideoFrame(id, TimeSpan.FromSeconds(id / FramesPerSecond), image);
    }
}
