using System.Globalization;
using System.Runtime.CompilerServices;
using ClipGrpc.Client;
using ClipGrpc.Examples.VideoFrames;

// Classifies the frames of a video over one stream and prints the most probable label of each. With the arguments
// WIDTH HEIGHT, raw RGB frames come from standard input; without, from a generated video of 96 × 96 pixels.

const double FramesPerSecond = 25;
var fromInput = args.Length == 2;
var width = fromInput ? int.Parse(args[0], CultureInfo.InvariantCulture) : 96;
var height = fromInput ? int.Parse(args[1], CultureInfo.InvariantCulture) : 96;
using var video = fromInput ? Console.OpenStandardInput() : GeneratedVideo.Create(width, height, frameCount: 20);

using var clip = ClipClient.ForAddress(
    Environment.GetEnvironmentVariable("CLIP_SERVER") ?? ClipClientOptions.DefaultAddress);
var labels = new ClipLabels(["sun", "apple", "globe"]);

// Smoothing averages the probabilities of each frame with those of the frames before it, so that labels do not flicker.
// For a live camera add DropPolicy.Latest: a waiting frame is then dropped when a newer one arrives.
var options = new VideoCallOptions { TopK = 1, Smoothing = 0.6f };
try
{
    await foreach (var frame in clip.ClassifyVideoAsync(ReadFramesAsync(), labels, options))
    {
        // Result is null only for dropped frames. Value throws the frame's error, if it has one.
        var top = frame.Result?.Value.Predictions[0];
        Console.WriteLine($"{frame.Timestamp.TotalSeconds:F2} s  {top?.Label ?? "dropped"} {top?.Probability:P0}");
    }

    return 0;
}
catch (Exception exception) when (exception is ClipClientException or EndOfStreamException)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}

// The stream reads the next frame only when the server has room for it, so a long video takes little memory.
async IAsyncEnumerable<VideoFrame> ReadFramesAsync(
    [EnumeratorCancellation] CancellationToken cancellationToken = default)
{
    for (var id = 0UL; ; id++)
    {
        // A buffer per frame: the client sends the pixels without copying them.
        var pixels = new byte[width * height * 3];
        var read = await video.ReadAtLeastAsync(pixels, pixels.Length, throwOnEndOfStream: false, cancellationToken);
        if (read == 0)
        {
            yield break;
        }

        var image = read == pixels.Length
            ? ClipImage.FromPixels(pixels, width, height, PixelFormat.Rgb24)
            : throw new EndOfStreamException($"Frame {id} has {read} bytes instead of {pixels.Length}.");
        yield return new VideoFrame(id, TimeSpan.FromSeconds(id / FramesPerSecond), image);
    }
}
