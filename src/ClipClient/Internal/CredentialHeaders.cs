using System.Text.RegularExpressions;

namespace ClipGrpc.Client.Internal;

/// <summary>The headers of a call: which are valid, and which hold secrets.</summary>
internal static partial class CredentialHeaders
{
    public const string Authorization = "authorization";

    private const int MaxKeyLength = 16 * 1024;

    private const string KeyPattern = @"\A[!-~]+\z";
    private const string NamePattern = @"\A[A-Za-z0-9._-]+\z";
    private const string ValuePattern = @"\A[ -~]*\z";

    private static readonly string[] Secret = [Authorization, "x-api-key", "proxy-authorization", "cookie"];

    public static bool IsSecret(string name) => Secret.Contains(name, StringComparer.OrdinalIgnoreCase);

    public static string Bearer(string key) => $"Bearer {key}";

    /// <summary>The errors of the options' key and headers. No value is quoted: it may be a secret.</summary>
    public static IEnumerable<string> Check(ClipClientOptions options)
    {
        if (options.ApiKey is { } key && !(key.Length <= MaxKeyLength && ValidKey().IsMatch(key)))
        {
            yield return $"ApiKey must be 1 to {MaxKeyLength} visible ASCII characters without spaces or line breaks.";
        }

        foreach (var (name, value) in options.Headers)
        {
            if (!ValidName().IsMatch(name) || name.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase)
                || name.EndsWith("-bin", StringComparison.OrdinalIgnoreCase))
            {
                yield return $"Headers: '{name}' must be letters, digits, '-', '_' and '.', and neither begin with "
                    + "'grpc-' nor end with '-bin'.";
            }
            else if (!ValidValue().IsMatch(value ?? "\0"))
            {
                yield return $"Headers: the value of '{name}' must be printable ASCII.";
            }
            else if (options.ApiKey is not null && name.Equals(Authorization, StringComparison.OrdinalIgnoreCase))
            {
                yield return $"Headers: '{name}' must not be set together with ApiKey, which is sent in it.";
            }
        }
    }

#if NET
    [GeneratedRegex(KeyPattern)]
    private static partial Regex ValidKey();

    [GeneratedRegex(NamePattern)]
    private static partial Regex ValidName();

    [GeneratedRegex(ValuePattern)]
    private static partial Regex ValidValue();
#else
    private static Regex ValidKey() => new(KeyPattern);

    private static Regex ValidName() => new(NamePattern);

    private static Regex ValidValue() => new(ValuePattern);
#endif
}
