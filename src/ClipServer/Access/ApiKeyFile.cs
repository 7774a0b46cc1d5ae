using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace ClipGrpc.Server.Access;

/// <summary>
/// Reads a file of API keys, one per line:
/// <c>name: sha256:HEX roles=infer,models:read rate=100 burst=200 concurrency=8</c>. All but name and digest may be
/// left out; <c>rate</c> is in items per second. Empty lines, and lines that begin with <c>#</c>, do not count.
/// </summary>
internal static partial class ApiKeyFile
{
    public const int MaxKeys = 10_000;

    private const string DigestPrefix = "sha256:";
    private const int MaxBurst = 1_000_000;

    /// <exception cref="ClipException">A line is not valid; the message names it, and quotes no digest.</exception>
    public static IReadOnlyList<ApiKey> Parse(ReadOnlySpan<byte> file)
    {
        var keys = new List<ApiKey>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var range in Encoding.UTF8.GetString(file).AsSpan().EnumerateLines())
        {
            number++;
            var line = range.Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;

            var key = ParseLine(line.ToString(), number);
            if (!names.Add(key.Name))
                throw Invalid(number, $"the name \"{key.Name}\" is a duplicate");
            if (keys.Count == MaxKeys)
                throw Invalid(number, $"there are more than {MaxKeys} keys");
            keys.Add(key);
        }

        return keys;
    }

    private static ApiKey ParseLine(string line, int number)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? "" : line[..colon].Trim();
        if (!Name().IsMatch(name))
        {
            throw Invalid(
                number,
                "it must begin with a name of at most 64 letters, digits, '.', '_' or '-', followed by a colon");
        }

        var words = line[(colon + 1)..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || !TryReadDigest(words[0], out var digest))
            throw Invalid(number, $"the name must be followed by {DigestPrefix} and 64 hexadecimal digits");

        var key = new ApiKey(name, digest, ApiKey.DefaultRoles, null, 0, null);
        foreach (var word in words.Skip(1))
            key = ReadSetting(key, word, number);
        return key switch
        {
            { Rate: null, Burst: > 0 } => throw Invalid(number, "burst requires a rate"),
            { Rate: { } rate, Burst: 0 } => key with { Burst = (int)Math.Clamp(Math.Ceiling(rate), 1, MaxBurst) },
            _ => key,
        };
    }

    private static ApiKey ReadSetting(ApiKey key, string word, int number)
    {
        var parts = word.Split('=', 2);
        return (parts[0], parts.Length > 1 ? parts[1] : "") switch
        {
            ("roles", var names) => RoleNames.TryParse(names.Split(','), out var roles, out var unknown)
                ? key with { Roles = roles }
                : throw Invalid(number, $"\"{Excerpt.Of(unknown)}\" is not a role; known are {RoleNames.List}"),
            ("rate", var text) => key with { Rate = ReadNumber(text, "rate", number) },
            ("burst", var text) => key with { Burst = (int)ReadNumber(text, "burst", number) },
            ("concurrency", var text) => key with { Concurrency = (int)ReadNumber(text, "concurrency", number) },
            var (setting, _) => throw Invalid(
                number,
                $"\"{Excerpt.Of(setting)}\" is not a known setting; known are roles, rate, burst and concurrency"),
        };
    }

    private static double ReadNumber(string text, string setting, int number) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
        && value is > 0 and <= MaxBurst
        && (setting == "rate" || value == Math.Floor(value))
            ? value
            : throw Invalid(number, $"{setting} must be a number above 0 and at most {MaxBurst}");

    private static bool TryReadDigest(string word, [NotNullWhen(true)] out byte[]? digest)
    {
        digest = null;
        var hex = word.AsSpan();
        if (!hex.StartsWith(DigestPrefix, StringComparison.OrdinalIgnoreCase))
            return false;

        hex = hex[DigestPrefix.Length..];
        if (hex.Length != 2 * SHA256.HashSizeInBytes || hex.ContainsAnyExcept(HexDigits))
            return false;

        digest = Convert.FromHexString(hex);
        return true;
    }

    private static readonly System.Buffers.SearchValues<char> HexDigits =
        System.Buffers.SearchValues.Create("0123456789abcdefABCDEF");

    private static ClipException Invalid(int line, string problem) =>
        new(ClipErrorReason.InvalidSetting, $"Line {line}: {problem}.");

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex Name();
}
