using System.Text.RegularExpressions;

namespace ClipGrpc.Cli.Video.Sources;

/// <summary>Where a video comes from.</summary>
/// <param name="Name">What output and errors call it; without passwords.</param>
/// <param name="Input">What ffmpeg opens.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Scheme">Of an address; empty for others.</param>
internal sealed partial record VideoSource(string Name, string Input, VideoSourceKind Kind, string Scheme = "")
{
    public const string StandardInput = "-";

    // What their servers send is of now; an address of HTTP may be a file too.
    private static readonly string[] LiveSchemes = ["rtsp", "rtsps", "rtmp", "rtmps", "srt", "udp", "rtp"];

    private static readonly string[] FileExtensions =
        [".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ogv", ".wmv", ".flv", ".gif", ".3gp"];

    public static IEnumerable<string> Schemes => ["http", "https", .. LiveSchemes];

    /// <summary>The path of a file; null for other sources.</summary>
    public string? FilePath => Kind == VideoSourceKind.File ? Input["file:".Length..] : null;

    /// <summary>Its frames come in real time, whether they are read or not.</summary>
    public bool IsLive => Kind switch
    {
        VideoSourceKind.Device => true,
        VideoSourceKind.Network => LiveSchemes.Contains(Scheme) || !HasFileExtension(Input),
        _ => false,
    };

    /// <exception cref="CliException">An address of a kind that is not supported.</exception>
    public static VideoSource Parse(string text)
    {
        if (text == StandardInput)
            return new VideoSource("standard input", "pipe:0", VideoSourceKind.Input);
        if (text.StartsWith("/dev/video", StringComparison.Ordinal))
            return new VideoSource(text, text, VideoSourceKind.Device);
        if (Address().Match(text) is not { Success: true } address)
            return File(text);

        var scheme = address.Groups["scheme"].Value.ToLowerInvariant();
        if (scheme == "file" && Uri.TryCreate(text, UriKind.Absolute, out var file) && file.IsFile)
            return File(file.LocalPath);
        return Schemes.Contains(scheme)
            ? new VideoSource(Secrets.Hide(text), text, VideoSourceKind.Network, scheme)
            : throw CliException.WrongUse(
                $"{Secrets.Hide(text)}: {scheme}:// URLs are not supported. Supported: "
                + $"{string.Join(", ", Schemes)}, files, /dev/video* and - for standard input.");
    }

    // The prefix keeps ffmpeg from reading options, protocols or patterns into the name of a file.
    private static VideoSource File(string path) => new(path, $"file:{Path.GetFullPath(path)}", VideoSourceKind.File);

    private static bool HasFileExtension(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && FileExtensions.Contains(Path.GetExtension(uri.AbsolutePath), StringComparer.OrdinalIgnoreCase);

    [GeneratedRegex("^(?<scheme>[A-Za-z][A-Za-z0-9+.-]*)://")]
    private static partial Regex Address();
}
