using Microsoft.Extensions.Primitives;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// The header <c>grpc-timeout</c>: 1 to 8 digits and a unit. The framework ignores a timeout that it cannot parse and
/// one that has already passed, so such calls would have no deadline.
/// </summary>
internal static class CallTimeout
{
    public const string Header = "grpc-timeout";

    private const int MaxDigits = 8;

    /// <summary>Nanoseconds per tick. The framework rounds shorter timeouts to 0.</summary>
    private const int NanosecondsPerTick = 100;

    /// <summary>Returns null if there is no timeout, or one that the framework accepts.</summary>
    public static ClipException? Check(StringValues header)
    {
        if (header.Count == 0)
            return null;

        var value = header.ToString();
        if (header.Count > 1 || value.Length is < 2 or > MaxDigits + 1 || !"HMSmun".Contains(value[^1])
            || value.AsSpan(..^1).ContainsAnyExceptInRange('0', '9'))
        {
            return InputReader.Invalid(
                Header,
                $"\"{Excerpt.Of(value)}\" is not valid; a timeout is 1 to {MaxDigits} digits followed by a unit: "
                + "H, M, S, m, u or n.");
        }

        var amount = int.Parse(value.AsSpan(..^1));
        return amount < (value[^1] == 'n' ? NanosecondsPerTick : 1)
            ? new ClipException(ClipErrorReason.DeadlinePassed, "The deadline passed before the call arrived.")
            : null;
    }
}
