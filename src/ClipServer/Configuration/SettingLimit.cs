using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace ClipGrpc.Server.Configuration;

/// <summary>Describes the limit that a value exceeds, and the value.</summary>
internal static class SettingLimit
{
    public static string Describe(ValidationAttribute attribute, object? value, ValidationResult failure) =>
        attribute is RangeAttribute range
            ? $"must be from {Format(range.Minimum)} to {Format(range.Maximum)}, but is {Format(value)}"
            : failure.ErrorMessage?.TrimEnd('.') ?? "is not valid";

    private static string Format(object? value) => value switch
    {
        TimeSpan { Ticks: 0 } => "0",
        TimeSpan time when Math.Abs(time.TotalSeconds) < 1 =>
            $"{time.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)}ms",
        TimeSpan time => $"{time.TotalSeconds.ToString(CultureInfo.InvariantCulture)}s",
        null => "missing",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
