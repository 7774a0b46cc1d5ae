using System.Globalization;
using ClipGrpc.Cli.Video.Sources;

namespace ClipGrpc.Cli.Video.Ffmpeg;

/// <summary>
/// The command line of ffmpeg. It decodes, turns frames as their rotation says, selects them and makes RGB of them;
/// resizing is left to the client, which does it exactly as the server.
/// </summary>
internal static class FfmpegArguments
{
    // Formats that hold a video themselves. Playlists and scripts are none: they name other files and addresses.
    private static readonly string[] Containers =
    [
        "3dostr", "aiff", "amr", "anm", "apng", "asf", "av1", "avi", "avs2", "avs3", "bink", "cavsvideo", "dirac",
        "dnxhd", "dv", "evc", "flac", "flv", "gif", "gxf", "h261", "h263", "h264", "hevc", "ivf", "jpeg_pipe",
        "live_flv", "m4v", "matroska", "webm", "mjpeg", "mjpeg_2000", "mov", "mp4", "m4a", "3gp", "3g2", "mj2", "mp3",
        "mpeg", "mpegts", "mpegvideo", "mpjpeg", "mxf", "nsv", "nut", "obu", "ogg", "png_pipe", "rawvideo", "rm",
        "swf", "vc1", "vivo", "vvc", "wav", "webp_pipe", "wtv", "y4m", "yuv4mpegpipe",
    ];

    private static readonly string[] Playlists = ["hls", "applehttp", "dash", "concat", "sdp"];

    /// <summary>Slower and right, as docs/guide/parity.md has it.</summary>
    private const string FullAccuracy = "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp";

    public static List<string> Decode(VideoSource source, bool isLive, VideoOptions options) =>
    [
        "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+error",
        .. Input(source, isLive, options),
        // Not the cover of a song.
        "-map", "0:V:0", "-vf", Filters(options),
        // The encoder's clock is the frame rate otherwise, which frames of a variable rate do not keep.
        "-c:v", "rawvideo", "-enc_time_base", "1:1000000", "-flush_packets", "1", "-f", "nut", "pipe:1",
    ];

    /// <summary>Asks ffprobe for the video track of a file, as JSON.</summary>
    public static List<string> Probe(VideoSource source, VideoOptions options) =>
    [
        "-hide_banner", "-loglevel", "level+error",
        .. Permissions(source, options),
        "-select_streams", "V:0", "-show_entries",
        "format=duration:stream=width,height,pix_fmt,color_space,duration", "-of", "json", source.Input,
    ];

    /// <summary>Encodes raw RGB from standard input as JPEG.</summary>
    public static List<string> EncodeJpeg(int width, int height) =>
    [
        "-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+error",
        "-f", "rawvideo", "-pixel_format", "rgb24", "-video_size", Size(width, height), "-i", "pipe:0",
        "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "4", "-f", "nut", "pipe:1",
    ];

    private static IEnumerable<string> Input(VideoSource source, bool isLive, VideoOptions options)
    {
        List<string> arguments = [.. Permissions(source, options)];
        if (isLive)
        {
            // Not nobuffer too: it throws away the first packets, and with them the first keyframe.
            arguments.AddRange(["-flags", "low_delay"]);
        }

        if (source.Scheme is "rtsp" or "rtsps")
            arguments.AddRange(["-rtsp_transport", "tcp"]);
        if (source.Kind == VideoSourceKind.Device)
            arguments.AddRange(["-f", "v4l2"]);
        if (source.Kind == VideoSourceKind.Input && options.Raw is { } raw)
        {
            arguments.AddRange(
            [
                "-f", "rawvideo", "-pixel_format", raw.PixelFormat, "-video_size", Size(raw.Width, raw.Height),
                "-framerate", raw.FramesPerSecond,
            ]);
        }

        if (options.HardwareDecoder is { } decoder)
            arguments.AddRange(["-hwaccel", decoder]);
        return [.. arguments, .. options.InputArguments, "-i", source.Input];
    }

    private static IEnumerable<string> Permissions(VideoSource source, VideoOptions options)
    {
        var own = OwnProtocols(source);
        var formats = OwnFormats(source);
        if (own.Length > 0)
        {
            yield return "-protocol_whitelist";
            yield return string.Join(',', own.Union(options.AllowedProtocols));
        }

        yield return "-format_whitelist";
        yield return string.Join(',', options.AllowedProtocols.Count > 0 ? formats.Union(Playlists) : formats);
    }

    private static string[] OwnProtocols(VideoSource source) => source.Kind switch
    {
        VideoSourceKind.File => ["file"],
        VideoSourceKind.Input => ["pipe"],
        VideoSourceKind.Device => [],
        _ => Protocols(source.Scheme),
    };

    private static string[] OwnFormats(VideoSource source) => source.Kind switch
    {
        VideoSourceKind.Device => ["video4linux2", "v4l2"],
        VideoSourceKind.Network => ["rtsp", "rtp", "sdp", .. Containers],
        _ => Containers,
    };

    // A server may redirect to TLS or back; it cannot redirect to a file.
    private static string[] Protocols(string scheme) => scheme switch
    {
        "http" or "https" => ["http", "https", "httpproxy", "tls", "tcp"],
        "rtsp" or "rtsps" => [scheme, "rtp", "srtp", "udp", "tls", "tcp"],
        "rtmp" or "rtmps" => [scheme, "tls", "tcp"],
        "rtp" => ["rtp", "udp"],
        _ => [scheme],
    };

    private static string Filters(VideoOptions options)
    {
        List<string> filters = [];
        if (options.FramesPerSecond is { } frames)
            filters.Add(Select(frames));
        if (options.SceneThreshold is { } threshold)
            filters.Add($"select='eq(n,0)+gt(scene,{Number(threshold)})'");
        var matrix = options.ColorMatrix is { } name ? $":in_color_matrix={name}" : "";
        // Models see square pixels.
        filters.Add($"scale=w='max(1,round(iw*sar))':h=ih:{FullAccuracy}{matrix}");
        filters.Add("format=rgb24");
        return string.Join(',', filters);
    }

    // The first frame in each interval of the clock, so that the average rate is right whatever the source's is.
    private static string Select(double frames)
    {
        const string slack = "0.001";
        var rate = Number(frames);
        return $"select='isnan(prev_selected_t)+gt(floor(t*{rate}+{slack}),floor(prev_selected_t*{rate}+{slack}))'";
    }

    private static string Size(int width, int height) =>
        string.Create(CultureInfo.InvariantCulture, $"{width}x{height}");

    private static string Number(double value) => value.ToString("0.##########", CultureInfo.InvariantCulture);
}
