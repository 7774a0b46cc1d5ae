using System.Globalization;

namespace ClipGrpc.Cli.Video.Sources;

/// <summary>A time of the command line: <c>500ms</c>, <c>1.5s</c>, <c>2m</c>, or seconds without a unit.</summary>
internal static class Duration
{
    private static readonly (string Unit, double Seconds)[] Units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)];

    /// <returns>Null where the text is none, is negative, or is more than a day.</returns>
    public static TimeSpan? Parse(string text)
    {
        var (unit, factor) = Units.FirstOrDefault(
            unit => text.EndsWith(unit.Unit, StringComparison.Ordinal), (Unit: "", Seconds: 1));
        return double.TryParse(
                text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
                out var number)
            && number * factor <= 86_400
            ? TimeSpan.FromMicroseconds((long)Math.Round(number * factor * 1e6))
            : null;
    }
}
