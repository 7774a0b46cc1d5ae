using Microsoft.Extensions.Primitives;

namespace ClipGrpc.Server.Rpc;

/// <summary>
/// The header <c>grpc-timeout</c>: 1 to 8 digits and a unit. The framework ignores one that it cannot read, and one
/// that has passed already: such a call would have no deadline at all.
/// </summary>
internal static class CallTimeout
{
    public const string Header = "grpc-timeout";

    private const int MaxDigits = 8;

    /// <summary>Nanoseconds per tick: what is shorter is 0 to the framework.</summary>
    private const int NanosecondsPerTick = 100;

    /// <summary>Null: there is none, or one that the framework reads and that has not passed.</summary>
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
