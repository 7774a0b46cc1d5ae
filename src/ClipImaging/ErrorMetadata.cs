using System.Globalization;

namespace ClipGrpc;

/// <summary>The values that errors have for programs, see <see cref="ClipException.Metadata"/>.</summary>
internal static class ErrorMetadata
{
    public const string Limit = "limit";
    public const string Value = "value";
    public const string Model = "model";
    public const string LabelSetId = "label_set_id";
    public const string Queue = "queue";
    public const string Roles = "roles";

    public static IReadOnlyDictionary<string, string> Of(string key, string value) =>
        new Dictionary<string, string> { [key] = value };

    /// <summary>A limit, and what is over it.</summary>
    public static IReadOnlyDictionary<string, string> OverLimit(long limit, long value) =>
        new Dictionary<string, string> { [Limit] = ToText(limit), [Value] = ToText(value) };

    public static string ToText(long number) => number.ToString(CultureInfo.InvariantCulture);
}
