using System.Runtime.CompilerServices;

namespace ClipGrpc;

/// <summary>The checks of arguments that .NET Standard 2.0 lacks.</summary>
internal static class ArgumentExtensions
{
    extension(ArgumentNullException)
    {
        public static void ThrowIfNull(
            [System.Diagnostics.CodeAnalysis.NotNull] object? argument,
            [CallerArgumentExpression(nameof(argument))] string? name = null)
        {
            if (argument is null)
                throw new ArgumentNullException(name);
        }
    }

    extension(ArgumentException)
    {
        public static void ThrowIfNullOrEmpty(
            [System.Diagnostics.CodeAnalysis.NotNull] string? argument,
            [CallerArgumentExpression(nameof(argument))] string? name = null)
        {
            ArgumentNullException.ThrowIfNull(argument, name);
            if (argument.Length == 0)
                throw new ArgumentException("The value cannot be an empty string.", name);
        }
    }

    extension(ArgumentOutOfRangeException)
    {
        public static void ThrowIfNegative(
            long value, [CallerArgumentExpression(nameof(value))] string? name = null) =>
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 0, name);

        public static void ThrowIfLessThan(
            long value, long least, [CallerArgumentExpression(nameof(value))] string? name = null)
        {
            if (value < least)
                throw new ArgumentOutOfRangeException(name, value, $"{name} must be at least {least}.");
        }

        public static void ThrowIfGreaterThan(
            long value, long most, [CallerArgumentExpression(nameof(value))] string? name = null)
        {
            if (value > most)
                throw new ArgumentOutOfRangeException(name, value, $"{name} must be at most {most}.");
        }
    }
}
