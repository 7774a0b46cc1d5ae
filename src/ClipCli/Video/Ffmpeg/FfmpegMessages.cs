using System.Text.RegularExpressions;
using ClipGrpc.Cli.Video.Sources;

namespace ClipGrpc.Cli.Video.Ffmpeg;

/// <summary>Makes one line of what ffmpeg writes about an error.</summary>
internal static partial class FfmpegMessages
{
    private const string Permit =
        "allow it with --allow-protocols; the playlist can then access everything that these protocols can reach.";

    private static readonly (Regex Pattern, string Explanation)[] Known =
    [
        (ProtocolRefused(), $"it refers to a file or URL with the protocol $1; {Permit}"),
        (FormatRefused(), "its format is not a video format. If it is a playlist, "
            + "allow it with --allow-protocols file,http,https (those that it needs); the playlist can then access "
            + "everything that these protocols can reach."),
        (NoVideo(), "it has no video track."),
        (Unauthorized(), "the source rejected the user name or password ($0)."),
        (NotFound(), "not found (404 Not Found)."),
        (NoIndex(), "its index (moov atom) is missing: it is truncated, still being written, or not a video. From a "
            + "pipe, MP4 requires the index at the start: ffmpeg -movflags +faststart."),
        (HardwareDecoder(), "--hwaccel cannot be used here: $0."),
        (Unreachable(), "it cannot be reached: $0."),
        (Busy(), "another program uses the device."),
        (NoPermission(), "it cannot be read: permission denied."),
        (NoVideoData(), "it is damaged, or not a video that ffmpeg can read."),
    ];

    /// <summary>The reason that the lines give; null where they have none.</summary>
    public static string? Explain(IEnumerable<string> lines)
    {
        var plain = lines.Select(Plain).Where(line => line.Length > 0).ToList();
        foreach (var (pattern, explanation) in Known)
        {
            if (plain.Select(line => pattern.Match(line)).FirstOrDefault(match => match.Success) is { } match)
                return match.Result(explanation);
        }

        return plain.LastOrDefault();
    }

    /// <summary>Whether ffmpeg found that a file lacks its end, which it does not take for an error.</summary>
    public static bool IsTruncated(IEnumerable<string> lines) => lines.Any(line => Truncated().IsMatch(line));

    /// <summary>Without passwords, and without the parts of ffmpeg that the line comes from.</summary>
    public static string Plain(string line) => Secrets.Hide(Origin().Replace(line, "")).Trim();

    [GeneratedRegex(@"\[[^\]]*(@ 0x[0-9a-f]+)\]\s*|^\s*\[(error|fatal|panic|warning)\]\s*|\[(error|fatal|panic)\]\s*")]
    private static partial Regex Origin();

    [GeneratedRegex(@"Protocol '([\w-]+)' not on whitelist")]
    private static partial Regex ProtocolRefused();

    [GeneratedRegex(@"Format not on whitelist")]
    private static partial Regex FormatRefused();

    [GeneratedRegex(@"Stream map '.*' matches no streams|does not contain any stream")]
    private static partial Regex NoVideo();

    [GeneratedRegex(@"401 Unauthorized|403 Forbidden")]
    private static partial Regex Unauthorized();

    [GeneratedRegex(@"404 Not Found")]
    private static partial Regex NotFound();

    [GeneratedRegex(@"moov atom not found")]
    private static partial Regex NoIndex();

    [GeneratedRegex(@"Unrecognized hwaccel[^.:]*|Device creation failed[^.]*|No device available for decoder[^.]*")]
    private static partial Regex HardwareDecoder();

    [GeneratedRegex(
        @"Connection refused|Connection timed out|Operation timed out|Network is unreachable|No route to host|"
        + @"Connection reset by peer|Failed to resolve hostname [^:]*|Name or service not known")]
    private static partial Regex Unreachable();

    [GeneratedRegex(@"Device or resource busy")]
    private static partial Regex Busy();

    [GeneratedRegex(@"Permission denied")]
    private static partial Regex NoPermission();

    [GeneratedRegex(
        @"Invalid data found when processing input|could not find codec parameters", RegexOptions.IgnoreCase)]
    private static partial Regex NoVideoData();

    [GeneratedRegex(@"partial file|ended prematurely|Truncating packet|truncated", RegexOptions.IgnoreCase)]
    private static partial Regex Truncated();
}
