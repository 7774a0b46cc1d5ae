using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace ClipGrpc.Server.Configuration;

/// <summary>Converts the text of a setting to the type of its property.</summary>
internal static class SettingValue
{
    private const NumberStyles Integer = NumberStyles.AllowLeadingSign;
    private const NumberStyles Decimal = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;

    private static readonly (string Unit, double Milliseconds)[] Units =
        [("us", 1e-3), ("ms", 1), ("s", 1e3), ("m", 60e3), ("h", 3600e3)];

    /// <summary>Converts the text, or returns what it must be.</summary>
    public static bool TryRead(
        string text, Type type, [NotNullWhen(true)] out object? value, [NotNullWhen(false)] out string? problem)
    {
        type = Underlying(type);
        value = Read(text.Trim(), type);
        problem = value is not null ? null
            : text.Length == 0 ? "is empty; remove it to use the default"
            : $"must be {Describe(type)}, but is '{text}'";
        return value is not null;
    }

    /// <summary>Reads <c>0</c>, <c>2.5ms</c> (us, ms, s, m, h) or <c>hh:mm:ss.fff</c>. A number without a unit is
    /// not valid, because its unit would be ambiguous.</summary>
    public static bool TryReadDuration(string text, out TimeSpan duration)
    {
        if (text.Contains(':'))
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out duration);

        duration = TimeSpan.Zero;
        if (text == "0")
            return true;

        var unit = text.AsSpan().TrimStart("+-.0123456789");
        var number = text.AsSpan(0, text.Length - unit.Length);
        foreach (var (name, milliseconds) in Units)
        {
            if (!unit.Trim().Equals(name, StringComparison.OrdinalIgnoreCase))
                continue;

            var isNumber = double.TryParse(number, Decimal, CultureInfo.InvariantCulture, out var count);
            if (!isNumber || Math.Abs(count * milliseconds) > TimeSpan.MaxValue.TotalMilliseconds / 2)
                return false;

            duration = TimeSpan.FromMilliseconds(count * milliseconds);
            return true;
        }

        return false;
    }

    private static Type Underlying(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    private static object? Read(string text, Type type)
    {
        if (text.Length == 0)
            return null;
        if (type == typeof(string))
            return text;
        if (type == typeof(bool))
            return bool.TryParse(text, out var flag) ? flag : null;
        if (type == typeof(int))
            return int.TryParse(text, Integer, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (type == typeof(long))
            return long.TryParse(text, Integer, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (type == typeof(float))
            return float.TryParse(text, Decimal, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (type == typeof(double))
            return double.TryParse(text, Decimal, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (type == typeof(TimeSpan))
            return TryReadDuration(text, out var duration) ? duration : null;

        if (!type.IsEnum)
            throw new NotSupportedException($"A setting cannot be of type {type}.");

        // Enum.TryParse also accepts numbers and lists, which are errors in a setting.
        return char.IsAsciiLetter(text[0]) && !text.Contains(',')
            && Enum.TryParse(type, text, ignoreCase: true, out var named)
            ? named : null;
    }

    private static string Describe(Type type) =>
        type.IsEnum ? "one of " + string.Join(", ", Enum.GetNames(type).Select(name => name.ToLowerInvariant()))
        : type == typeof(bool) ? "true or false"
        : type == typeof(int) ? $"an integer of at most {int.MaxValue}"
        : type == typeof(long) ? "an integer"
        : type == typeof(TimeSpan) ? "a duration with its unit, such as 0, 2.5ms, 5ms or 1s"
        : "a number";
}
