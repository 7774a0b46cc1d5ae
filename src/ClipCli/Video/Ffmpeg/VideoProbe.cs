using System.Globalization;
using System.Text.Json;
using ClipGrpc.Cli.Video.Sources;

namespace ClipGrpc.Cli.Video.Ffmpeg;

/// <summary>What ffprobe knows of a file before it is decoded.</summary>
/// <param name="Duration">Of the video track, else of the file; null where neither states one.</param>
/// <param name="ColorMatrix">The matrix to assume where the video does not state one.</param>
internal sealed record VideoProbe(TimeSpan? Duration, string? ColorMatrix)
{
    // The guide's advice: video of so many lines that does not state its matrix was made with BT.709.
    private const int HighDefinitionLines = 720;

    public static readonly VideoProbe Unknown = new(null, null);

    public static async Task<VideoProbe> RunAsync(
        string ffprobe, VideoSource source, VideoOptions options, CancellationToken cancellationToken)
    {
        await using var process = FfmpegProcess.Start(ffprobe, FfmpegArguments.Probe(source, options));
        await process.WriteInputAsync(Stream.Null, cancellationToken);
        using var output = new MemoryStream();
        await process.Output.CopyToAsync(output, cancellationToken);
        // What is wrong with the source, ffmpeg reports.
        return await process.WaitAsync(cancellationToken) == 0 ? Parse(output.ToArray()) : Unknown;
    }

    public static VideoProbe Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            if (!root.TryGetProperty("streams", out var streams) || streams.GetArrayLength() == 0)
                return Unknown;
            var video = streams[0];
            var duration = Seconds(video)
                ?? (root.TryGetProperty("format", out var format) ? Seconds(format) : null);
            return new VideoProbe(duration, Matrix(video));
        }
        catch (JsonException)
        {
            return Unknown;
        }
    }

    private static TimeSpan? Seconds(JsonElement element) =>
        Text(element, "duration") is { } text
        && double.TryParse(text, CultureInfo.InvariantCulture, out var seconds)
        && seconds is > 0 and < 1e9
            ? TimeSpan.FromSeconds(seconds)
            : null;

    private static string? Matrix(JsonElement video) =>
        Text(video, "color_space") is null or "unknown"
        && Text(video, "pix_fmt")?.StartsWith("yuv", StringComparison.Ordinal) == true
        && video.TryGetProperty("height", out var height)
        && height.TryGetInt32(out var lines)
        && lines >= HighDefinitionLines
            ? "bt709"
            : null;

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
