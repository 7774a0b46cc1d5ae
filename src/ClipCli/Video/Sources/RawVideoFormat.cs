using System.Globalization;
using System.Text.RegularExpressions;

namespace ClipGrpc.Cli.Video.Sources;

/// <summary>What standard input has where it has frames without a container: <c>nv12 1280x720@25</c>.</summary>
internal sealed partial record RawVideoFormat(string PixelFormat, int Width, int Height, string FramesPerSecond)
{
    /// <returns>Null where the text is not one.</returns>
    public static RawVideoFormat? Parse(string pixelFormat, string size)
    {
        if (!Name().IsMatch(pixelFormat) || Size().Match(size) is not { Success: true } match)
            return null;
        var rate = match.Groups["rate"].Value;
        return int.TryParse(match.Groups["width"].ValueSpan, CultureInfo.InvariantCulture, out var width)
            && int.TryParse(match.Groups["height"].ValueSpan, CultureInfo.InvariantCulture, out var height)
            && width is >= 1 and <= ushort.MaxValue
            && height is >= 1 and <= ushort.MaxValue
            && double.TryParse(rate, CultureInfo.InvariantCulture, out var frames)
            && frames > 0
            ? new RawVideoFormat(pixelFormat, width, height, rate)
            : null;
    }

    [GeneratedRegex("^[a-z0-9_]+$")]
    private static partial Regex Name();

    [GeneratedRegex(@"^(?<width>\d+)x(?<height>\d+)@(?<rate>\d+(\.\d+)?)$")]
    private static partial Regex Size();
}
